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

type Sizes = Readonly<Record<string, number>>;

/** Small, as rounds are written out. */
const gallerySizes: Readonly<Record<string, Sizes>> = {
  clockwork: { I: 1, G: 2, K: 1 },
  dnc: { I: 1, H: 1, N: 2, W: 1, O: 1 },
  equaliser: { B: 2 },
  exprnn: { I: 1, H: 2 },
  hyperlstm: { I: 1, H: 2, K: 1, Z: 1 },
  "pf-gru": { I: 1, H: 2, K: 2 },
  scornn: { I: 1, H: 2 },
  "stack-rnn": { I: 1, H: 2, R: 1 },
  titans: { I: 2, D: 2, F: 2 },
};

/**
 * Those that the language was worked out on, at two sizes where no long axis of a cell can stand for another: the first for what each cell is
 * asked, in WebAssembly, the second in JavaScript.
 */
const workedOut: Readonly<Record<string, readonly [Sizes, Sizes]>> = {
  lru: [{ I: 2, N: 3, O: 4 }, { I: 3, N: 5, O: 2 }],
  s4d: [{ H: 2, N: 3 }, { H: 3, N: 2 }],
  rwkv7: [{ N: 1, D: 3, L: 2 }, { N: 3, D: 2, L: 1 }],
  "gated-deltanet": [{ I: 4, N: 1, K: 2, V: 3 }, { I: 2, N: 3, K: 4, V: 5 }],
  ltc: [{ I: 2, H: 3, unfolds: 1 }, { I: 3, H: 2, unfolds: 4 }],
  "ode-rnn": [{ I: 2, H: 3, F: 4, K: 1 }, { I: 4, H: 2, F: 3, K: 1 }],
  lmu: [{ I: 1, N: 2, H: 3 }, { I: 3, N: 2, H: 1 }],
  ntm: [{ I: 2, H: 1, N: 4, M: 3, O: 1, R: 1 }, { I: 3, H: 1, N: 5, M: 2, O: 1, R: 1 }],
  rhn: [{ I: 2, H: 3, L: 4 }, { I: 3, H: 4, L: 2 }],
  kalman: [{ N: 2, M: 1 }, { N: 3, M: 2 }],
  mogrifier: [{ I: 2, H: 3, K: 1, R: 4 }, { I: 3, H: 2, K: 4, R: 1 }],
  "ttt-linear": [{ I: 2, D: 3 }, { I: 3, D: 2 }],
  reverb: [{ A: 1, B: 2, C: 3, D: 4 }, { A: 5, B: 3, C: 2, D: 1 }],
  // It has none.
  "diode-clipper": [{}, {}],
}; // prettier-ignore

/** Two of everything where nothing else is told, and no dimensions that have a size of their own. */
function sizesOf(name: string, shown: string): Sizes {
  const known = workedOut[name]?.[0] ?? publishedCells[name]?.sizes ?? gallerySizes[name];
  const own = check(publishedText(name)).cells.find((entry) => entry.name === shown)?.dimensions ?? [];
  return known ?? Object.fromEntries(own.map((dimension) => [dimension, 2]));
}

/** What no derivative is compared of, and why. */
const uncompared: Readonly<Record<string, string>> = {
  "garch v": "a variance is drawn below 0, where it has no logarithm, or begins as the params say",
};

/** What no result changes with: `--no-influence` of `recell gradcheck`. */
const noInfluence: Readonly<Record<string, readonly string[]>> = {
  "pf-gru": ["w_o", "b_o"],
};

it("has fourteen cells that the language was worked out on, whose axes have no length in common but 1", () => {
  expect(Object.keys(workedOut)).toHaveLength(14);
  for (const sizes of Object.values(workedOut).flat()) {
    const lengths = Object.values(sizes).filter((length) => length > 1);
    expect(new Set(lengths).size, JSON.stringify(sizes)).toBe(lengths.length);
  }
});

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
      noInfluence: noInfluence[name] ?? [],
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

describe.each(Object.entries(workedOut))("%s", (name, [, other]) => {
  async function expectRight(options: Parameters<typeof checkGradients>[1]): Promise<void> {
    const report = await checkGradients(publishedText(name), { cell: cellOf(name), ...options });
    const failed = report.tensors.filter(({ passed }) => !passed).map((tensor) => tensor.name);
    expect([failed, report.fault]).toEqual([[], undefined]);
  }

  it("is right where sizes are others, in JavaScript", async () => {
    await expectRight({ seed: 5, runs: 1, coordinates: 1, precisions: ["f64"], target: "js", dimensions: other });
  });

  it.skipIf(!isFuzzing).each(["js", "wasm"] as const)("is right at three random sizes, for %s", async (target) => {
    await expectRight({ runs: 3, coordinates: 2, target });
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
