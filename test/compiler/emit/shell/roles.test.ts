/** The shell calls buffers as the compiler does. */
import { expect, test } from "vitest";
import { shell } from "../../../../compiler/emit/shell/shell.generated.js";
import { type Derivation, nameOfRole, type TensorKind } from "../../../../compiler/program/roles.js";
import { partsOfLoss } from "../../../../runtime/module/loss-parts.js";

const kinds: readonly Exclude<TensorKind, "residual">[] = ["input", "context", "initial", "final", "state", "param", "fixed", "output", "draw", "start"]; // prettier-ignore
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

test("of the outputs of a loss", () => {
  const own = new Function(`${shell.losses}\nreturn partsOfLoss;`)() as typeof partsOfLoss;
  expect(own("miss")).toEqual(partsOfLoss("miss"));
});
