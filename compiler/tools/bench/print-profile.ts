/** A profile as text for a terminal. */
import { significant } from "../../base/diagnostics/significant.js";
import type { EntryParts, ProfilePart, Profile } from "./profile-program.js";

export function printProfile(profile: Profile): string {
  return [headOf(profile), functionsTable(profile), ...profile.parts.map(partsTable), footnoteOf(profile)].join("\n");
}

const footnoteOf = ({
  steps,
}: Profile): string => `Times are medians and minima of turns; ${steps === undefined ? "" : "per step, "}rates, shares and parts are from minima. Operations are those of
products and all others, where each tanh, exp and the like counts as one. Moved is what the parts of the program
read and write, each number once wherever it is named; what caches keep comes cheaper. Each part was timed alone, in
a module that has nothing else, and activations as what is saved where they are replaced by clamps: so shares need
not add up to the whole.
`;

function headOf({ cell, dimensions, dtype, fma, kernels, batch, steps, sizes, ceiling }: Profile): string {
  const all = Object.entries({ ...dimensions, ...sizes }).map(([name, size]) => `${name}=${size}`);
  return [
    `${[cell, ...all].join(" ")}, ${dtype}, ${kernels}; ${[plural(batch, "example"), ...(steps === undefined ? [] : [plural(steps, "step")])].join(", ")}`,
    `this machine, one thread of WebAssembly: ${giga(ceiling.arithmetic)} GFLOP/s in registers, ${giga(ceiling.copy)} GB/s copying ${quantity(ceiling.copied, "B")}`,
    ...(fma && kernels === "wasm" ? ["this host runs no fused multiply-add: the kernels without it were timed"] : []),
    "",
  ].join("\n");
}

function functionsTable({ functions, gradient, steps }: Profile): string {
  const inSteps = <Column>(column: Column): Column[] => (steps === undefined ? [] : [column]);
  const rows = functions.map(
    ({ name, median, minimum, perStep, products, operations, speed, shareOfArithmetic, bytes, flow, shareOfCopy }) => [
      name,
      time(median),
      time(minimum),
      ...inSteps(time(perStep ?? 0)),
      quantity(products + operations, ""),
      giga(speed),
      percent(shareOfArithmetic),
      quantity(bytes, "B"),
      giga(flow),
      percent(shareOfCopy),
    ],
  );
  return [
    table(["", "median", "least", ...inSteps("per step"), ...ratesHead], rows),
    `gradient / forward: ${gradient.toFixed(2)}`,
    "",
  ].join("\n");
}

const ratesHead = ["operations", "GFLOP/s", "of registers", "moved", "GB/s", "of copying"];

const titles: Readonly<Record<ProfilePart["name"], string>> = {
  before: "before the loop",
  loop: "in the loop",
  after: "after the loop",
  around: "calls and copies",
};

function partsTable({ entry, time: whole, parts, activations }: EntryParts): string {
  const rows = parts.map(({ name, time: own, share, products, operations }) => {
    const work = products + operations;
    return [titles[name], percent(share), time(own), work === 0 || own === 0 ? "" : giga(work / (own * 1e-6))];
  });
  if (activations !== undefined)
    rows.push(["of these, activations", percent(activations.share), time(activations.time), ""]);
  return table([`where ${entry} goes, ${time(whole)}`, "share", "time", "GFLOP/s"], rows);
}

/** The first column to the left, the others to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join("  ");
  return `${[head, ...rows].map((row) => `${line(row).trimEnd()}\n`).join("")}`;
}

const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const giga = (value: number): string => {
  const number = value / 1e9;
  return number >= 100 ? number.toFixed(0) : significant(number, 2);
};

const time = (microseconds: number): string => scaled(microseconds * 1000, ["ns", "µs", "ms", "s"]);
const quantity = (value: number, unit: string): string => scaled(value, ["", "k", "M", "G", "T"], unit);

/** With three digits, but whole numbers of the least unit as they are, and the prefix that fits: `19.7 M`. */
function scaled(value: number, prefixes: readonly string[], unit = ""): string {
  let scale = 0;
  let rest = value;
  while (Math.abs(rest) >= 999.5 && scale + 1 < prefixes.length) {
    rest /= 1000;
    scale++;
  }
  const digits = Number.isInteger(rest) && scale === 0 ? String(rest) : significant(rest, 3);
  return `${digits} ${prefixes[scale] ?? ""}${unit}`.trimEnd();
}
