/** What `recell weights` says, in words and columns. */
import { showShape, showText } from "../../../runtime/base/show.js";
import type { ConvertedWeights } from "../../../runtime/io/layouts/convert-weights.js";
import type { WeightsDifference } from "./compare-weights.js";
import type { TensorFigures, WeightsSummary } from "./inspect-weights.js";

/** Names in other libraries have slashes and colons. */
const nameOf = (name: string): string => (/^[\w./:-]{1,60}$/u.test(name) ? name : showText(name));

const short = (value: number): string => String(Number(value.toPrecision(5)));
const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;

/** Columns of texts, numbers to the right. */
function columns(rows: readonly (readonly string[])[], right: ReadonlySet<number>): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((text, i) => (right.has(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd(),
  );
}

const kinds: Readonly<Record<WeightsSummary["kind"], string>> = {
  safetensors: "safetensors",
  npz: "NumPy arrays",
  parameters: "parameters of a module of recell",
  checkpoint: "a checkpoint of training",
};

export function printSummary(file: string, summary: WeightsSummary): string {
  const { kind, count, bytes, tensors, texts, progress = {} } = summary;
  const lines = [`${file}: ${kinds[kind]}, ${plural(tensors.length, "tensor")}, ${plural(count, "number")}, ${plural(bytes, "byte")}`]; // prettier-ignore
  const told = new Map(Object.entries(texts).map(([name, text]) => [name, showText(text)]));
  for (const [name, value] of Object.entries(progress)) told.set(name, short(value));
  if (told.size > 0) {
    lines.push("", kind === "checkpoint" ? "its run:" : "texts in it:");
    lines.push(
      ...columns(
        [...told].map(([name, text]) => [`  ${nameOf(name)}`, text]),
        new Set(),
      ),
    );
  }
  if (tensors.length > 0) {
    const head = ["name", "shape", "type", "min", "max", "mean", "deviation", "NaN", "infinite"];
    lines.push("", ...columns([head, ...tensors.map(rowOf)], new Set([3, 4, 5, 6, 7, 8])));
  }
  return `${lines.join("\n")}\n`;
}

function rowOf({ name, shape, dtype, figures, nan, infinite }: TensorFigures): string[] {
  const { min, max, mean, deviation } = figures ?? {};
  const numbers = [min, max, mean, deviation].map((value) => (value === undefined ? "-" : short(value)));
  return [nameOf(name), showShape(shape), dtype, ...numbers, String(nan), String(infinite)];
}

export function printDifference(first: string, second: string, found: WeightsDifference): string {
  const { onlyFirst, onlySecond, shapes, numbers, same, largest } = found;
  const lines: string[] = [];
  const group = (title: string, rows: readonly (readonly string[])[]): void => {
    if (rows.length > 0) lines.push(title, ...columns(rows.map(([name = "", ...rest]) => [`  ${name}`, ...rest]), new Set())); // prettier-ignore
  };
  group(
    `only in ${first}:`,
    onlyFirst.map((name) => [nameOf(name)]),
  );
  group(
    `only in ${second}:`,
    onlySecond.map((name) => [nameOf(name)]),
  );
  group("of different shapes:", shapes.map((one) => [nameOf(one.name), `${showShape(one.first)} and ${showShape(one.second)}`])); // prettier-ignore
  group(
    "with different numbers:",
    numbers.map((one) => [
      nameOf(one.name),
      `${one.count} of ${one.of}`,
      `most by ${short(one.largest)}`,
      `at ${showShape(one.at)}: ${one.first} and ${one.second}`,
    ]),
  );
  const rest = `${plural(same, "tensor")} the same`;
  lines.push(numbers.length === 0 ? rest : `${rest}; largest difference ${short(largest)}`);
  return `${lines.join("\n")}\n`;
}

export function printConversion({ from, layers, kept }: ConvertedWeights, to: string): string {
  const rows = layers.map(({ kind, inputs, units, names, became }) => [
    `  ${kind}`,
    `${inputs} to ${units}`,
    `${names.map(nameOf).join(", ")} → ${became.map(nameOf).join(", ")}`,
  ]);
  const rest = kept.length === 0 ? [] : [`as they were: ${kept.map(nameOf).join(", ")}`];
  return `${[`from ${from} to ${to}:`, ...columns(rows, new Set()), ...rest].join("\n")}\n`;
}
