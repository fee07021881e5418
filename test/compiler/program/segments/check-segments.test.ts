/** Gradients that are not what their last segment gives are refused when a module is made. */
import { expect, it } from "vitest";
import { networkAxes } from "../../../../compiler/base/types/call-axes.js";
import { compile } from "../../../../compiler/index.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { nameOfRole, type Role } from "../../../../compiler/program/base/roles.js";
import { type EntryDerivation, entryOf, type EntryProgram } from "../../../../compiler/program/entry.js";
import { checkSegments } from "../../../../compiler/program/segments/check-segments.js";

const build = (text: string) => compile(`network A(H; T) { input x: [T, H] param l: [H] ~ zeros ${text} }`, { dimensions: { H: 2 }, segments: true }); // prettier-ignore

it("names the gradient that would be wrong", () => {
  const { diagnostics, files } = build("s = sum(x, axis = 0) loss = sum(l * s)");
  expect(files).toEqual([]);
  const message = "the gradient cannot be computed in segments: the gradient by `l` is made of what all T steps make together";
  expect(diagnostics.map(({ code, message: own }) => [code, own])).toEqual([["no-segments", message]]);
}); // prettier-ignore

it.each(["loss = sum(tanh(x @ l))", "loss main = sum(tanh(x @ l)) per T loss small = sum(l * l)", "output y = x * l"])("%s can be", (text) => {
  const { diagnostics, manifest } = build(text);
  expect(diagnostics).toEqual([]);
  expect(manifest!.has.segments!.axis).toBe("T");
}); // prettier-ignore

/** A gradient that is the last state of a loop over the steps, which goes on from `grad.final.h`. */
function lastStateOf(direction: string): EntryProgram {
  const entry = (by: EntryDerivation["by"], text: string) =>
    entryOf({ of: "forward", by, streamed: false }, parseProgram(text, networkAxes(["T"])).functions[0]!);
  const forward = entry("value", "func forward(%input.x: real[T]) -> (output.y: %input.x) {\n}");
  const backward = entry(
    "gradient",
    `func backward(%grad.output.y: real[T], %grad.final.h: real[]) -> (grad.initial.h: %last) {
      %last: real[] = scan length T carried 1 sequences 1${direction} %grad.final.h, %grad.output.y body
        func step(%h: real[], %d: real[]) -> (h: %next) {
          %next: real[] = add %h, %d
        }
    }`,
  );
  const names: readonly Role[] = [
    { kind: "input", name: "x" },
    { kind: "output", name: "y" },
    { kind: "output", name: "y", derived: ["grad"] },
    { kind: "final", name: "h", derived: ["grad"] },
    { kind: "initial", name: "h", derived: ["grad"] },
  ];
  const roles = new Map(names.map((role) => [nameOfRole(role), role]));
  return { entries: new Map([forward, backward].map((own) => [own.name, own])), roles } as unknown as EntryProgram;
}

it("a state that goes backwards is one before the first step in the end, and one that goes on belongs to a segment", () => {
  expect(() => checkSegments(lastStateOf(" reverse"), "T", [])).not.toThrow();
  expect(() => checkSegments(lastStateOf(""), "T", [])).toThrow("the gradient by `h` is made of what all T steps make together"); // prettier-ignore
});
