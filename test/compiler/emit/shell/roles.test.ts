/** The shell calls buffers as the compiler does. */
import { expect, test } from "vitest";
import { extentsOf } from "../../../../compiler/base/types/call-axes.js";
import { shell } from "../../../../compiler/emit/shell/shell.generated.js";
import {
  type Derivation,
  gradName,
  nameInPart,
  nameOfRole,
  rowsName,
  type TensorKind,
} from "../../../../compiler/program/base/roles.js";
import { partsOfLoss } from "../../../../runtime/module/loss-parts.js";

/** All of them: a kind that is new does not compile here. */
const ofBuffers: Readonly<Record<Exclude<TensorKind, "residual">, true>> = {
  input: true,
  context: true,
  initial: true,
  final: true,
  state: true,
  param: true,
  fixed: true,
  output: true,
  draw: true,
  start: true,
  random: true,
  setting: true,
  found: true,
  rows: true,
  counts: true,
};
const kinds = Object.keys(ofBuffers) as (keyof typeof ofBuffers)[];
const derivations: readonly (readonly Derivation[])[] = [[], ["tangent"], ["grad"], ["tangent", "grad"]];

type BufferName = (kind: string, name: string, derived: readonly Derivation[], streamed: boolean) => string;
const bufferName = new Function(`${shell.roles}\nreturn bufferName;`)() as BufferName;

test("for every kind, derivative and stream", () => {
  const names = kinds.flatMap((kind) =>
    derivations.flatMap((derived) =>
      [false, true].map((streamed) => {
        const name = bufferName(kind, "lower.h", derived, streamed);
        expect(name).toBe(nameOfRole({ kind, name: "lower.h", derived, streamed }));
        return name;
      }),
    ),
  );
  expect(new Set(names).size).toBe(names.length);
});

test("of the rows of a gradient, and of the sizes of an axis", () => {
  expect(bufferName("rows", gradName("param.E"), [], false)).toBe(rowsName("grad.param.E"));
  const axis = { symbol: "S", name: "S", kind: "sequence" } as const;
  expect(bufferName("sizes", axis.name, [], false)).toBe(extentsOf(axis));
});

test("in a part that is called by itself", () => {
  const own = new Function(`${shell.entries}\nreturn nameInPart;`)() as typeof nameInPart;
  expect(own("next", "step.state.h")).toBe(nameInPart("next", "step.state.h"));
});

test("of the outputs of a loss", () => {
  const own = new Function(`${shell.losses}\nreturn partsOfLoss;`)() as typeof partsOfLoss;
  expect(own("miss")).toEqual(partsOfLoss("miss"));
});
