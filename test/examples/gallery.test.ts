/**
 * Published cells, of the library and of the gallery: each has right derivatives; every third, all when fuzzing, is
 * compared on both targets bit by bit, as are random cells elsewhere. All other files that ship are canonical, too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cell, check, checkGradients, format } from "../../compiler/index.js";
import { isFuzzing } from "../support/fuzz.js";
import { publishedCells, publishedText } from "../support/published-cells.js";
import { expectSameBitsOnTargets } from "../support/same-targets.js";

const folder = join(import.meta.dirname, "../../examples/gallery");
const gallery = readdirSync(folder).flatMap((file) => (file.endsWith(".cell") ? [file.slice(0, -".cell".length)] : []));
const names = [...Object.keys(publishedCells), ...gallery];

/** The cell of a file that is shown: those before it are its parts. */
const cellOf = (name: string): string =>
  publishedCells[name]?.cell ?? [...publishedText(name).matchAll(/^cell (\w+)/gmu)].pop()?.[1] ?? "";

/** Small, as rounds are written out. */
const gallerySizes: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  clockwork: { I: 1, G: 2, K: 1 },
  dnc: { I: 1, H: 1, N: 2, W: 1, O: 1 },
  equaliser: { B: 2 },
  exprnn: { I: 1, H: 2 },
  hyperlstm: { I: 1, H: 2, K: 1, Z: 1 },
  reverb: { A: 1, B: 2, C: 3, D: 2 },
  scornn: { I: 1, H: 2 },
  "stack-rnn": { I: 1, H: 2, R: 1 },
  titans: { I: 2, D: 2, F: 2 },
};

/** Two of everything where nothing else is told, and no dimensions that have a size of their own. */
function sizesOf(name: string, shown: string): Readonly<Record<string, number>> {
  const known = publishedCells[name]?.sizes ?? gallerySizes[name];
  const own = check(publishedText(name)).cells.find((entry) => entry.name === shown)?.dimensions ?? [];
  return known ?? Object.fromEntries(own.map((dimension) => [dimension, 2]));
}

/** What no derivative is compared of, and why. */
const uncompared: Readonly<Record<string, string>> = {
  "garch v": "a variance is drawn below 0, where it has no logarithm, or begins as the params say",
};

it("is listed", () => {
  const readme = readFileSync(join(folder, "README.md"), "utf8");
  for (const name of gallery) expect(readme).toContain(`(${name}.cell)`);
  for (const name of Object.keys(publishedCells))
    expect(readme).toContain(`(../../compiler/language/std/${name}.cell)`);
});

describe.each(names)("%s", (name) => {
  const text = publishedText(name);
  const shown = cellOf(name);
  const dimensions = sizesOf(name, shown);

  it("is right", async () => {
    expect(check(text, { file: `${name}.cell` }).diagnostics).toEqual([]);
    const report = await checkGradients(text, {
      cell: shown,
      seed: 3,
      runs: 1,
      coordinates: 1,
      precisions: ["f64"],
      dimensions,
    });
    const failed = report.tensors.filter(({ passed }) => !passed).map((tensor) => `${name} ${tensor.name}`);
    expect([failed.filter((tensor) => !Object.hasOwn(uncompared, tensor)), report.fault]).toEqual([[], undefined]);
  });

  it.skipIf(!isFuzzing && names.indexOf(name) % 3 !== 0)("is the same on both targets", async () => {
    const options = { cell: shown, gradient: true, dimensions };
    const [js, wasm] = [await cell(text, { ...options, target: "js" }), await cell(text, options)];
    expectSameBitsOnTargets(js, wasm, 7);
  });
});

/** Those that the language was worked out on. */
const workedOut = [
  ...["lru", "s4d", "rwkv7", "gated-deltanet", "ltc", "ode-rnn", "lmu", "ntm", "rhn", "kalman", "mogrifier"],
  ...["ttt-linear", "reverb", "diode-clipper"],
];

describe.skipIf(!isFuzzing).each(workedOut)("%s at three random sizes", (name) => {
  it.each(["js", "wasm"] as const)("for %s", async (target) => {
    const report = await checkGradients(publishedText(name), { cell: cellOf(name), runs: 3, coordinates: 2, target });
    const failed = report.tensors.filter(({ passed }) => !passed).map((tensor) => tensor.name);
    expect([failed, report.fault]).toEqual([[], undefined]);
  });
});

it.each(["spam/spam.cell", "pronounce/pronounce.cell", "moby-dick/letters.cell"])("%s", (name) => {
  expect(check(readFileSync(join(folder, "..", name), "utf8"), { file: name }).diagnostics).toEqual([]);
});

it.each(["examples", "compiler/language/std"])("`fmt` leaves all files of %s as they are", (house) => {
  const root = join(import.meta.dirname, "../..", house);
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    /^(?!.*node_modules).*\.cell$/u.test(file),
  );
  expect(files.length).toBeGreaterThan(30);
  const changed = files.filter((file) => {
    const text = readFileSync(join(root, file), "utf8");
    return format(text).text !== text;
  });
  expect(changed).toEqual([]);
});
