/** Cells of the references, compiled once each. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { cell, type CellOptions } from "../../compiler/driver/in-process.js";
import type { CompiledModule, FloatArray, ModuleInstance } from "../../runtime/index.js";
import type { CellKind } from "./conventions.js";

/** The text of a file of the standard library. */
export function standardCell(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../compiler/language/std/${name}.cell`, import.meta.url)), "utf8");
}

interface StandardName {
  readonly file: string;
  readonly cell: string;
}

export const standardNames: Readonly<Record<CellKind | "lstm-projection", StandardName>> = {
  rnn: { file: "simple-rnn", cell: "SimpleRNN" },
  lstm: { file: "lstm", cell: "LSTM" },
  "lstm-projection": { file: "lstm-projection", cell: "LSTMProjection" },
  gru: { file: "gru", cell: "GRU" },
  "gru-reset-before": { file: "gru-reset-before", cell: "GRUResetBefore" },
};

export const reluRNN: StandardName = { file: "simple-rnn", cell: "ReluRNN" };

/** Layers of one cell, `l0`, `l1`, …, each reading the output of the one below. `sizes` are the cell's other arguments. */
export function stackOf(
  imports: string,
  cellName: string,
  layers: number,
  inner: readonly string[],
  width: string,
): string {
  const names = ["I", ...inner].join(", ");
  const uses = Array.from({ length: layers }, (_, layer) => {
    const input = layer === 0 ? "I" : width;
    return `  use l${layer} = ${cellName}(${[input, ...inner].join(", ")})\n`;
  });
  const calls = Array.from({ length: layers }).reduce<string>((below, _, layer) => `l${layer}(${below})`, "x");
  return `${imports}\ncell Stack(${names}) {\n  input x: [I]\n${uses.join("")}  output y = ${calls}\n}\n`;
}

const compiled = new Map<string, Promise<CompiledModule>>();

/** Compiles, or takes what the same arguments gave before. */
export function compileOnce(source: string, options: CellOptions): Promise<CompiledModule> {
  const key = JSON.stringify([source, options]);
  const known = compiled.get(key) ?? cell(source, options);
  compiled.set(key, known);
  return known;
}

/** Sets all parameters; each must be given. */
export function setParams(instance: ModuleInstance, values: Readonly<Record<string, ArrayLike<number>>>): void {
  for (const [name, param] of Object.entries(instance.params)) param.set(values[name]!);
}

/** Copies a record of views, which the next call would overwrite. */
export function keep(record: Readonly<Record<string, FloatArray>>): Record<string, FloatArray> {
  return Object.fromEntries(Object.entries(record).map(([name, values]) => [name, values.slice()]));
}
