import { expect, test } from "vitest";
import { bindCell, lstmProgram } from "../../../support/lstm-program.js";
import { cellFromStep } from "../../../support/hand-built-cells.js";
import { compareEntries, compileKernels } from "../../../support/run-kernel.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { dimConstant } from "../../../../compiler/base/types/dim.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";

const examples = [4, 0, 2, 5, 3].map((steps) => new Map([["%T", steps], ["S", 1 + (steps % 3)]])); // prettier-ignore

const bounds = { f64: 1e-12, f32: 1e-4 };

function expectAgreement(errors: ReadonlyMap<string, number>, bound: number): void {
  expect(errors.size).toBeGreaterThan(3);
  expect([...errors].filter(([, error]) => !(error < bound))).toEqual([]);
}

test.each(["f64", "f32"] as const)("all entries of an LSTM agree with the evaluator, %s", (dtype) => {
  expectAgreement(compareEntries(lstmProgram(3, 5), examples, { dtype }), bounds[dtype]);
});

test("merged projections cost no copies: parameters and their gradients lie in the merged order", () => {
  const { text, kernel } = compileKernels(lstmProgram(3, 5), "f64");
  const places = ["W_i", "W_f", "W_g", "W_o"].map((name) => {
    const find = (prefix: string) => kernel.buffers.find((buffer) => buffer.name === `${prefix}.${name}`)?.place;
    return [find("param"), find("grad.param")];
  });
  for (const side of [0, 1]) {
    expect(new Set(places.map((pair) => pair[side]?.slot)).size).toBe(1);
    expect(places.map((pair) => pair[side]?.offset)).toEqual([0, 15, 30, 45].map(dimConstant));
  }
  expect(text).not.toMatch(/\bMath\.(exp|tanh)\b/);
});

const attention = `func step(%h: real[H], %x: real[I], %m: real[S, H], %W: shared real[H, I], %v: shared real[H]) -> (h: %hn, y: %y) {
  %wx: real[H] = contract [0 1] [1] -> [0] %W, %x
  %q: real[H] = add %wx, %h
  %score: real[S] = contract [0 1] [1] -> [0] %m, %q
  %top: real[] = reduce max axes [0] %score
  %tops: real[S] = broadcast [S] axes [] %top
  %less: real[S] = sub %score, %tops
  %e: real[S] = exp %less
  %z: real[] = reduce sum axes [0] %e
  %zs: real[S] = broadcast [S] axes [] %z
  %p: real[S] = div %e, %zs
  %r: real[H] = contract [0] [0 1] -> [1] %p, %m
  %vr: real[H] = mul %v, %r
  %hn: real[H] = tanh %vr
  %y: real[H] = mul %hn, %q
}`;

test.each(["f64", "f32"] as const)("attention over a context of each example's own size, %s", (dtype) => {
  const cell = cellFromStep("Attend", attention, {
    states: ["h"],
    inputs: ["x"],
    contexts: ["m"],
    params: ["W", "v"],
    runtime: ["S"],
  });
  const program = buildEntries(programOfCell(bindCell(cell, { I: 3, H: 4 })), { gradient: true, jvp: true, hvp: true });
  expectAgreement(compareEntries(program, examples, { dtype, runtimeDimensions: ["S"] }), bounds[dtype] * 10);
});

const embedding = `func step(%h: real[H], %k: index[], %E: shared real[V, H], %U: shared real[H, H]) -> (h: %hn, y: %y) {
  %e: real[H] = gather %E, %k
  %u: real[H] = contract [0 1] [1] -> [0] %U, %h
  %s: real[H] = add %e, %u
  %hn: real[H] = tanh %s
  %y: real[V] = contract [0 1] [1] -> [0] %E, %hn
}`;

test.each(["f64", "f32"] as const)("an embedding shared with the output, %s", (dtype) => {
  const cell = cellFromStep("Tied", embedding, { states: ["h"], inputs: ["k"], params: ["E", "U"] });
  const indexed = { ...cell, inputs: cell.inputs.map((input) => ({ ...input, dtype: "index" as const })) };
  const program = buildEntries(programOfCell(bindCell(indexed, { V: 6, H: 4 })), {
    gradient: true,
    jvp: true,
    hvp: false,
  });
  expectAgreement(compareEntries(program, examples, { dtype, indexBound: 6 }), bounds[dtype]);
});

const started = `func step(%h: real[H], %x: real[I], %W: shared real[H, I], %h0: shared real[H]) -> (h: %hn, y: %hn) {
  %wx: real[H] = contract [0 1] [1] -> [0] %W, %x
  %s: real[H] = add %wx, %h
  %hn: real[H] = tanh %s
}`;

test.each(["f64", "f32"] as const)("a learned initial state is repeated for every example, %s", (dtype) => {
  const cell = cellFromStep("Started", started, { states: ["h"], inputs: ["x"], params: ["W", "h0"] });
  const initial = parseProgram(`func initial(%W: shared real[H, I], %h0: shared real[H]) -> (h: %s) {
    %s: shared real[H] = tanh %h0
  }`).functions[0]!;
  const computed = { ...cell, states: cell.states.map((s) => ({ ...s, initial: "computed" as const })), initial };
  const program = buildEntries(programOfCell(bindCell(computed, { I: 3, H: 4 })), {
    gradient: true,
    jvp: true,
    hvp: true,
  });
  expect([...program.entries.keys()]).toContain("initialBackward");
  expectAgreement(compareEntries(program, examples, { dtype }), bounds[dtype]);
});
