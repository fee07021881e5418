/**
 * Published cells against the same cells in the language as it was at first (entries written out, pairs of real numbers, constants from outside): the same
 * outputs, final states and gradients. Fourteen of those are among the fixtures, the others lie beside the repository and are skipped where they are not.
 * And what the table of the gallery says of all of them.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile, check } from "../../compiler/index.js";
import { type Sizes, spellings } from "../support/old-spellings.js";
import { publishedText } from "../support/published-cells.js";
import { type Built, type Compared, SpellingPair } from "../support/spelling-pair.js";
import { loadModule } from "../../runtime/index.js";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "../shared/cells");
const isThere = existsSync(folder);
const fixtures = join(root, "test/fixtures/old-spellings");
const cellsIn = (where: string): string[] =>
  readdirSync(where).flatMap((file) => (/^a?\d+b?_\w+\.cell$/u.test(file) ? [basename(file, ".cell")] : []));

/** The file of an old spelling, among the fixtures or beside the repository. */
const placeOf = (file: string): string | undefined =>
  [fixtures, folder].map((where) => join(where, `${file}.cell`)).find((path) => existsSync(path));

const readFile = (path: string): string | undefined => {
  const place = placeOf(basename(path, ".cell"));
  return place === undefined ? undefined : readFileSync(place, "utf8");
};

const steps = 5;

const lastCell = (text: string): string => [...text.matchAll(/^cell (\w+)/gmu)].pop()?.[1] ?? "";

async function built(text: string, dimensions: Sizes, runtime: Sizes): Promise<Built> {
  const name = lastCell(text);
  const { files, diagnostics } = compile(text, {
    cell: name,
    dimensions,
    target: "js",
    dtype: "f64",
    readFile,
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const { manifest, instantiate } = await loadModule(files[0]!.text);
  return { manifest, cell: instantiate({ batch: 1, steps, sizes: runtime }) };
}

function expectClose({ now, then }: Compared, tolerance: number): void {
  const far = Object.entries(now).flatMap(([name, values]) => {
    expect(values.length, name).toBe(then[name]!.length);
    const isFar = [...values].some((value, i) => !(Math.abs(value - then[name]![i]!) <= tolerance * Math.max(1, Math.abs(value)))); // prettier-ignore
    return isFar ? [[name, [...values], [...then[name]!]]] : [];
  });
  expect(far).toEqual([]);
}

/** Old states that no state of today is like, and what today's cell says besides. */
const apart: Readonly<Record<string, readonly string[]>> = {
  srupp: ["final seen"],
  "window-attention": ["final seen"],
};

describe("the old spellings of", () => {
  it("fourteen cells are among the fixtures", () => {
    const files = Object.values(spellings).map(({ file }) => file);
    expect(cellsIn(fixtures).filter((file) => files.includes(file))).toHaveLength(14);
  });

  describe.each(Object.entries(spellings))("%s", (name, spelling) => {
    const { file, sizes, oldSizes = sizes, runtime = {}, tolerance = 1e-9, edit = (text: string) => text } = spelling;
    const place = placeOf(file);
    let pair: SpellingPair | undefined;

    it.skipIf(place === undefined)("give the same outputs and states", async () => {
      const own = await built(edit(publishedText(name)), sizes, runtime);
      const old = await built(readFile(`${file}.cell`) ?? "", oldSizes, runtime);
      pair = new SpellingPair(spelling, own, old, steps);
      expect(pair.apart).toEqual(apart[name] ?? []);
      const results = pair.forward();
      const isMoved = (values: Float64Array): boolean => values.some((value) => value !== 0 && value !== values[0]);
      expect(old.manifest.outputs.some((output) => isMoved(results.now[output.name]!))).toBe(true);
      expectClose(results, tolerance);
    });

    it.skipIf(place === undefined)("have the same gradients", () => {
      const { now, then } = pair!.backward();
      expect(Object.values(now).some((values) => values.some((value) => value !== 0))).toBe(true);
      expectClose({ now, then }, tolerance);
    });
  });
});

/** Rows of the table that no old spelling is compared with, and why; what they say is held by `test/numerics/published` and `gallery.test.ts`. */
const otherwise: Readonly<Record<string, string>> = {
  "10b_retnet_formula": "the same as 10, without its gate and norm",
  "19b_clockwork_formula": "the same as 19",
  "34_lmu": "its matrices come from outside; 34b has them",
  "39_dnc": "allocates by comparisons, without an order of what is used equally",
  "61_biquad": "compared as the only filter of the equaliser",
  "62_biquad_cascade": "filters by other coefficients",
  "70_tied_lm": "the same text",
  "83_vrnn": "its noise comes from outside",
  a3_second_order: "two cells in one, with one sum as output",
  a8_bias_free_gates: "both candidates read both inputs",
};

describe("the table of the gallery", () => {
  const gallery = join(root, "examples/gallery");
  const text = readFileSync(join(gallery, "TABLE.md"), "utf8");
  const rows = [...text.matchAll(/^\| (a?\d+b?_\w+) +\| ([^|]+?) +\| \[[^\]]+\]\(([^)]+)\) +\| ([^|]+?) +\|/gmu)].map(
    ([, old = "", , path = "", isWhole = ""]) => ({ old, path, isWhole }),
  );

  it("counts its rows", () => {
    const count = (answer: string): number => rows.filter(({ isWhole }) => isWhole === answer).length;
    const [all, whole, part] = [/(\d+) files/u, /(\d+) read like their papers/u, /(\d+) are there in part/u].map(
      (pattern) => Number(pattern.exec(text)?.[1]),
    );
    expect([rows.length, count("yes"), count("in part")]).toEqual([all, whole, part]);
    expect(part).toBe(all! - whole!);
  });

  it("names each file once, those among the fixtures among them", () => {
    const names = rows.map(({ old }) => old);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(cellsIn(fixtures)));
  });

  it("names cells that there are today, without an error or a warning", () => {
    const paths = new Set(rows.map(({ path }) => join(gallery, path)));
    const wrong = [...paths].filter((path) => {
      const { cells, diagnostics } = check(readFileSync(path, "utf8"), { file: path });
      return cells.length === 0 || diagnostics.length > 0;
    });
    expect(wrong).toEqual([]);
  });

  it("has each row compared with its old spelling, or a reason why not", () => {
    const compared = Object.entries(spellings).map(([name, { file }]) => `${file} ${name}`);
    const left = rows.filter(({ old, path }) => !compared.includes(`${old} ${basename(path, ".cell")}`));
    expect(left.map(({ old }) => old)).toEqual(Object.keys(otherwise));
    console.log(`${rows.length - left.length} of ${rows.length} rows are compared with their old spelling`);
  });

  it.skipIf(!isThere)("is of all files of the collection, which still compile", () => {
    const files = cellsIn(folder);
    expect(rows.map(({ old }) => old).sort()).toEqual([...files].sort());
    const wrong = files.filter((file) =>
      check(readFile(file) ?? "", { file: `${file}.cell`, readFile }).diagnostics.some(
        ({ severity }) => severity === "error",
      ),
    );
    expect(wrong).toEqual([]);
  });
});
