/**
 * Published cells against the same cells in the language as it was at first (entries written out, pairs of real numbers, constants from outside): the same
 * numbers. Fourteen of those are among the fixtures, the others lie beside the repository. And how many of them are whole.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile, check } from "../../compiler/index.js";
import { type Numbers, type Sizes, spellings } from "../support/old-spellings.js";
import { publishedText } from "../support/published-cells.js";
import { loadModule, type CompiledModule, type ModuleInstance } from "../../runtime/index.js";

const folder = join(import.meta.dirname, "../../../shared/cells");
const isThere = existsSync(folder);
const fixtures = join(import.meta.dirname, "../fixtures/old-spellings");

/** The file of an old spelling, among the fixtures or beside the repository. */
const placeOf = (file: string): string | undefined =>
  [fixtures, folder].map((where) => join(where, `${file}.cell`)).find((path) => existsSync(path));

const steps = 5;

type Built = Pick<CompiledModule, "manifest"> & { readonly cell: ModuleInstance };

const lastCell = (text: string): string => [...text.matchAll(/^cell (\w+)/gmu)].pop()?.[1] ?? "";

const readFile = (path: string): string | undefined => {
  const place = placeOf(basename(path, ".cell"));
  return place === undefined ? undefined : readFileSync(place, "utf8");
};

async function built(text: string, dimensions: Sizes, runtime: Sizes): Promise<Built> {
  const name = lastCell(text);
  const { files, diagnostics } = compile(text, {
    cell: name,
    dimensions,
    target: "js",
    dtype: "f64",
    gradient: false,
    readFile,
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const { manifest, instantiate } = await loadModule(files[0]!.text);
  return { manifest, cell: instantiate({ batch: 1, steps, sizes: runtime }) };
}

const sizeOf = (axes: readonly (number | string)[], sizes: Sizes): number =>
  axes.reduce<number>((product, axis) => product * (typeof axis === "number" ? axis : (sizes[axis] ?? 1)), 1);

/** Values of a call, and what the cell gives first. */
function run({ cell }: Built, values: Numbers): number[] {
  const results = cell.forward({ ...values });
  const [first] = Object.values(results);
  return [...(first as Float64Array)];
}

describe("the old spellings of", () => {
  const known = Object.entries(spellings).filter(([, { file }]) => placeOf(file) !== undefined);

  it("fourteen cells are among the fixtures", () => {
    const files = readdirSync(fixtures).filter((file) => /^\d.*\.cell$/u.test(file));
    expect(known.filter(([, { file }]) => files.includes(`${file}.cell`))).toHaveLength(14);
  });

  it.each(known)("%s give the same", async (name, spelling) => {
    const {
      file,
      sizes,
      oldSizes = sizes,
      runtime = {},
      params = {},
      inputs = {},
      loudness = 1,
      tolerance = 1e-9,
      edit = (text: string) => text,
    } = spelling;
    const own = await built(edit(publishedText(name)), sizes, runtime);
    const old = await built(readFile(`${file}.cell`) ?? "", oldSizes, runtime);
    own.cell.init(3);
    let count = 0;
    const stored = { ...own.cell.params, ...own.cell.fixed };
    const values = Object.fromEntries(
      // What begins at one number for all has several.
      Object.keys(stored).map((param) => [
        param,
        (stored[param] as Float64Array).map((v) => v + 0.1 * Math.sin(1.7 * ++count)),
      ]),
    );
    own.cell.setParams(values);
    const known: Numbers = values;
    const names = Object.keys(old.cell.params);
    old.cell.setParams(
      Object.fromEntries(
        names.map((param) => {
          const from = params[param] ?? param;
          return [param, typeof from === "string" ? known[from]! : Float64Array.from(from(known))];
        }),
      ),
    );
    const { manifest } = own;
    const given = Object.fromEntries(
      [...manifest.inputs, ...manifest.contexts].map(({ name: tensor, axes, shape }) => {
        const length = sizeOf([...axes, ...shape], { ...runtime, B: 1, T: steps });
        return [tensor, Float64Array.from({ length }, () => loudness * Math.abs(Math.sin(2.3 * ++count)))];
      }),
    );
    const renamed = Object.fromEntries(
      [...old.manifest.inputs, ...old.manifest.contexts].map(({ name: tensor, axes, shape }) => {
        const from = inputs[tensor] ?? tensor;
        if (typeof from === "string") return [tensor, given[from]!];
        return [tensor, new Float64Array(sizeOf([...axes, ...shape], { ...runtime, B: 1, T: steps })).fill(from)];
      }),
    );
    const [now, then] = [run(own, given), run(old, renamed)];
    expect(now.length).toBe(then.length);
    expect(now.some((value) => value !== 0 && value !== now[0])).toBe(true);
    for (const [i, value] of now.entries())
      expect(Math.abs(value - then[i]!)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value)));
  });
});

/** Cells of the collection of which something is missing, and why. */
const partly: Readonly<Record<string, string>> = {
  "17_srupp": "attention over the whole past needs a memory without bound",
  "56_ligru": "statistics across a batch",
  "57_bn_lstm": "statistics across a batch",
  "93_neural_stack": "a stack without bound",
};

it.runIf(isThere)("nearly all published cells of the collection are whole", () => {
  const files = readdirSync(folder).filter((file) => /^[a\d]\d*b?_\w+\.cell$/u.test(file));
  const whole = files.filter((file) => {
    const { diagnostics } = check(readFileSync(join(folder, file), "utf8"), { file, readFile });
    return !(file.replace(".cell", "") in partly) && diagnostics.every(({ severity }) => severity !== "error");
  });
  console.log(
    `${whole.length} of ${files.length} published cells are whole; ${Object.keys(spellings).length} of the gallery are compared with their old spelling`,
  );
  expect(files.filter((file) => !whole.includes(file)).map((file) => file.replace(".cell", ""))).toEqual(
    Object.keys(partly),
  );
});

it.skipIf(isThere)(
  "old spellings beside the repository are not here: cells were compared with those among the fixtures only",
  () => undefined,
);
