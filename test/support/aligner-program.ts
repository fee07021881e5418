/**
 * A program that no cell makes, written by hand: a loop over the steps `%T`, one that runs the other way, a second sequence
 * `U` of its own length that starts where the first ends, and a loss that all examples share.
 */
import { type CallAxis, cellAxes, networkAxes } from "../../compiler/base/types/call-axes.js";
import { dimConstant } from "../../compiler/base/types/dim.js";
import { parseProgram } from "../../compiler/ir/graph/parse.js";
import type { Program, ProgramTensor } from "../../compiler/program/program.js";

/** The second sequence. */
const [answer] = networkAxes(["U"]) as [CallAxis];

const step = (name: string): string => `
    func ${name}(%h: real[3], %x: real[2], %W: shared real[3, 2], %V: shared real[3, 3]) -> (h: %n, y: %n) {
      %a: real[3] = contract [0 1] [1] -> [0] %W, %x
      %b: real[3] = contract [0 1] [1] -> [0] %V, %h
      %s: real[3] = add %a, %b
      %n: real[3] = tanh %s
    }`;

const textOver = (heard: string): string => `
func forward(%initial.h: real[3], %input.x: real[${heard}, 2], %input.z: real[U, 2], %param.W: shared real[3, 2], %param.V: shared real[3, 3]) -> (output.y: %y, output.back: %back, output.loss: %loss, final.h: %end) {
  %last: real[3], %heard: real[${heard}, 3] = scan length ${heard} carried 1 sequences 1 %initial.h, %input.x, %param.W, %param.V body${step("listen")}
  %first: real[3], %back: real[${heard}, 3] = scan length ${heard} carried 1 sequences 1 reverse %last, %input.x, %param.W, %param.V body${step("look_back")}
  %end: real[3], %y: real[U, 3] = scan length U carried 1 sequences 1 %first, %input.z, %param.W, %param.V body${step("answer")}
  %squares: real[U, 3] = mul %y, %y
  %own: real[] = reduce sum axes [0 1] %squares
  %total: shared real[] = batch_sum %own
  %two: shared real[] = constant real 2
  %loss: shared real[] = mul %total, %two
}`;

const tensor = (name: string, over: readonly string[], shape: readonly number[], shared = false): ProgramTensor => ({
  name,
  documentation: "",
  over,
  shape: shape.map(dimConstant),
  shared,
});

/** @param heard the axis of the first sequence: steps, or one more that calls give by name */
export const alignerOver = (heard: CallAxis): Program => ({
  name: "Aligner",
  documentation: "",
  dimensions: new Map(),
  axes: [heard, answer],
  stream: undefined,
  inputs: [
    { ...tensor("x", [heard.symbol], [2]), dtype: "real" },
    { ...tensor("z", [answer.symbol], [2]), dtype: "real" },
  ],
  contexts: [],
  states: [{ ...tensor("h", [], [3]), initial: "zeros" }],
  params: [
    { ...tensor("W", [], [3, 2], true), initializer: { kind: "glorot_uniform" } },
    { ...tensor("V", [], [3, 3], true), initializer: { kind: "glorot_uniform" } },
  ],
  fixed: [],
  randoms: [],
  outputs: [tensor("y", [answer.symbol], [3]), tensor("back", [heard.symbol], [3]), tensor("loss", [], [], true)],
  forward: parseProgram(textOver(heard.symbol), [heard, answer]).functions[0]!,
  initial: undefined,
  starts: undefined,
  declaredDerivatives: [],
  gradientAsDeclared: [],
});

export const alignerProgram = alignerOver(cellAxes([])[0]!);
