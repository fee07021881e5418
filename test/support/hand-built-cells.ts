/** Cells lowered by hand, so that passes are tested without the language in front of them. */
import { parseProgram } from "../../compiler/ir/graph/parse.js";
import type { GraphFunction, ValueType } from "../../compiler/ir/graph/graph-function.js";
import type { LoweredCell, LoweredTensor } from "../../compiler/program/base/lowered-cell.js";
import { cellAxes } from "../../compiler/base/types/call-axes.js";

/** Graph text of one step to a lowered cell; names of the inputs tell their kind by the first letter of a prefix. */
export function cellFromStep(
  name: string,
  step: string,
  kinds: { states: string[]; inputs: string[]; contexts?: string[]; params: string[]; runtime?: string[] },
): LoweredCell {
  const fn = parseProgram(step, cellAxes(kinds.runtime ?? [])).functions[0] as GraphFunction;
  const tensor = (input: string): LoweredTensor => {
    const id = fn.inputs.find((value) => fn.names[value] === input) as number;
    return { name: input, documentation: "", shape: (fn.types[id] as ValueType).shape };
  };
  return {
    name,
    documentation: "",
    dimensions: new Map(),
    runtimeDimensions: kinds.runtime ?? [],
    inputs: kinds.inputs.map((input) => ({ ...tensor(input), dtype: "real" })),
    contexts: (kinds.contexts ?? []).map(tensor),
    states: kinds.states.map((state) => ({ ...tensor(state), initial: "zeros" })),
    params: kinds.params.map((param) => ({ ...tensor(param), initializer: { kind: "zeros" } })),
    fixed: [],
    randoms: [],
    outputs: fn.outputNames.slice(kinds.states.length).map((output, i) => ({
      name: output,
      documentation: "",
      shape: (fn.types[fn.outputs[kinds.states.length + i] as number] as ValueType).shape,
    })),
    step: fn,
    initial: undefined,
    starts: undefined,
    declared: [],
    names: new Map(),
  };
}

const gate = (k: string, activation: string): string => `
  %w${k}: real[H] = contract [0 1] [1] -> [0] %W_${k}, %x
  %u${k}: real[H] = contract [0 1] [1] -> [0] %U_${k}, %h
  %s${k}: real[H] = add %w${k}, %u${k}
  %a${k}: real[H] = add %s${k}, %b_${k}
  %${k}: real[H] = ${activation} %a${k}`;

const gateParams = (k: string): string =>
  `%W_${k}: shared real[H, I], %U_${k}: shared real[H, H], %b_${k}: shared real[H]`;

export function handBuiltLstm(): LoweredCell {
  const gates = ["i", "f", "g", "o"];
  const text = `func step(%h: real[H], %c: real[H], %x: real[I], ${gates.map(gateParams).join(", ")}) -> (h: %hn, c: %cn, y: %hn) {
  ${gates.map((k) => gate(k, k === "g" ? "tanh" : "sigmoid")).join("\n")}
  %fc: real[H] = mul %f, %c
  %ig: real[H] = mul %i, %g
  %cn: real[H] = add %fc, %ig
  %tc: real[H] = tanh %cn
  %hn: real[H] = mul %o, %tc
}`;
  return cellFromStep("LSTM", text, {
    states: ["h", "c"],
    inputs: ["x"],
    params: gates.flatMap((k) => [`W_${k}`, `U_${k}`, `b_${k}`]),
  });
}
