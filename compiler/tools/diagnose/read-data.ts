/** Files of data: safetensors and comma-separated values. */
import { showName, showText } from "../../../runtime/base/show.js";
import { readSafetensors } from "../../../runtime/io/safetensors.js";
import { toNumbers } from "../../../runtime/io/tensor-numbers.js";
import { refuse } from "../../../runtime/base/arguments.js";
import { asBytes, type FileBytes } from "../../../runtime/io/bytes.js";
import { SafetensorsError } from "../../../runtime/base/errors.js";
import { DataError, type DataTensor, type DataTensors } from "./data.js";

/**
 * The tensors of a safetensors file: inputs `[T, …]` or `[B, T, …]`, contexts and initial states `[…]` or `[B, …]`, each
 * under its name in the cell. Floats of 16 to 64 bits and integers of up to 32.
 *
 * @throws TypeError for anything but bytes; DataError `invalid-file` where the bytes are no safetensors file, `invalid-value` for other element types.
 */
export function dataFromSafetensors(file: FileBytes): DataTensors {
  const bytes = asBytes(file);
  try {
    const { tensors } = readSafetensors(bytes);
    return new Map([...tensors].map(([name, tensor]) => [name, { shape: tensor.shape, values: toNumbers(tensor) }]));
  } catch (error) {
    if (error instanceof SafetensorsError) throw new DataError("invalid-file", error.message, error.tensor);
    if (error instanceof TypeError) throw new DataError("invalid-value", error.message);
    throw error;
  }
}

/**
 * One sequence of comma-separated values: a line for each step, under a line of names. A column is called as the input, `k`,
 * or as one of its numbers, `x[0]`, `x[1]`, … in row-major order: an input `x: [2]` has the two columns `x[0]` and `x[1]`.
 *
 * @param shapes What the inputs of the cell look like; columns of other names are an error of `takeData`.
 * @throws TypeError where the arguments are no text and no map; DataError `invalid-file`, naming the line.
 * @example
 *     dataFromCsv("x[0],x[1]\n0.5,1\n0.25,-1\n", new Map([["x", [2]]]))
 */
export function dataFromCsv(text: string, shapes: ReadonlyMap<string, readonly number[]>): DataTensors {
  if (typeof text !== "string") refuse("dataFromCsv", "the first argument", "the text of a file", text);
  if (!(shapes instanceof Map)) refuse("dataFromCsv", "the second argument", "a map of shapes by name", shapes);
  const lines = text.replace(/^\ufeff/u, "").split(/\r\n|\n|\r/u);
  while (lines.length > 0 && lines[lines.length - 1]?.trim() === "") lines.pop();
  const [header, ...rows] = lines;
  if (header === undefined || rows.length === 0) {
    throw new DataError("invalid-file", "the data needs a line of names and a line for each step");
  }
  const separator = [";", "\t"].find((sign) => header.includes(sign) && !header.includes(","));
  if (separator !== undefined) {
    const found = separator === ";" ? "semicolons" : "tabs";
    throw new DataError("invalid-file", `names and values are separated by commas, line 1 has ${found}`);
  }
  const columns = header.split(",").map((column) => column.trim());
  const places = new Map<string, Map<number, number>>();
  for (const [index, column] of columns.entries()) {
    const [, name = "", place] = /^(.+?)(?:\[(\d+)\])?$/u.exec(column) ?? [];
    if (name === "") throw new DataError("invalid-file", `column ${index + 1} has no name`);
    const own = places.get(name) ?? new Map<number, number>();
    places.set(name, own);
    const at = place === undefined ? 0 : Number(place);
    if (own.has(at)) throw new DataError("invalid-file", `there are two columns ${showName(column)}`, name);
    own.set(at, index);
  }
  // A value takes a character and a comma or line end, so that a file of right lines has no more.
  const numbers = new Float64Array(Math.min(rows.length * columns.length, text.length));
  for (const [i, row] of rows.entries()) numbers.set(parseRow(row, columns, i + 2), i * columns.length);
  const table = { numbers, rows: rows.length, columns: columns.length };
  return new Map([...places].map(([name, own]) => [name, tensorOf(name, own, shapes.get(name), table)]));
}

function parseRow(row: string, columns: readonly string[], line: number): number[] {
  const cells = row.split(",").map((cell) => cell.trim());
  if (cells.length !== columns.length) {
    throw new DataError(
      "invalid-file",
      `line ${line} has ${cells.length} values, the first line ${columns.length} names`,
    );
  }
  return cells.map((cell, i) => {
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$|^[+-]?Infinity$/iu.test(cell)) {
      const column = showName(columns[i]!);
      throw new DataError("invalid-file", `line ${line}, column ${column}: ${showText(cell)} is no number`);
    }
    return Number(cell);
  });
}

/** What stands under the names, row by row. */
interface Table {
  readonly numbers: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** @param places For each number of a step the column that has it. */
function tensorOf(
  name: string,
  places: ReadonlyMap<number, number>,
  shape: readonly number[] | undefined,
  { numbers, rows, columns: stride }: Table,
): DataTensor {
  const width = shape?.reduce((product, size) => product * size, 1) ?? places.size;
  const refuse = (at: number, problem: string): never => {
    const shown = showName(name);
    const message = `${shown} has ${width} numbers in each step: column ${shown}[${at}] is ${problem}`;
    throw new DataError("shape-mismatch", message, name);
  };
  const columns: number[] = [];
  for (let at = 0; at < width; at++) columns.push(places.get(at) ?? refuse(at, "missing"));
  for (const at of places.keys()) if (at >= width) refuse(at, "too many");
  const values = new Float64Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < width; i++) values[row * width + i] = numbers[row * stride + columns[i]!]!;
  }
  return { shape: [rows, ...(shape ?? [width])], values };
}
