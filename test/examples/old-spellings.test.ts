/**
 * Published cells against the same cells in the language as it was at first (entries written out, pairs of real numbers, constants from outside): the same
 * numbers. Fourteen of those are among the fixtures, the others lie beside the repository. And how many of them are whole.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile, check } from "../../compiler/index.js";
import { publishedText } from "../support/published-cells.js";
import { loadModule, type CompiledModule, type ModuleInstance } from "../../runtime/index.js";

type Numbers = Readonly<Record<string, Float64Array>>;
type Sizes = Readonly<Record<string, number>>;

interface OldSpelling {
  readonly file: string;
  readonly sizes: Sizes;
  /** Where they are others. */
  readonly oldSizes?: Sizes;
  /** Run-time dimensions. */
  readonly runtime?: Sizes;
  /** What params of the old spelling are that are not called the same: by those of the new one. */
  readonly params?: Readonly<Record<string, string | ((params: Numbers) => ArrayLike<number>)>>;
  /** A number is that of every step. */
  readonly inputs?: Readonly<Record<string, string | number>>;
  /** What inputs are multiplied by, where small ones change nothing. */
  readonly loudness?: number;
  /** Where the formulas differ by an epsilon. */
  readonly tolerance?: number;
  /** Where the old one is another variant. */
  readonly edit?: (text: string) => string;
}

const folder = join(import.meta.dirname, "../../../shared/cells");
const isThere = existsSync(folder);
const fixtures = join(import.meta.dirname, "../fixtures/old-spellings");

/** The file of an old spelling, among the fixtures or beside the repository. */
const placeOf = (file: string): string | undefined =>
  [fixtures, folder].map((where) => join(where, `${file}.cell`)).find((path) => existsSync(path));

const joined =
  (...names: string[]) =>
  (params: Numbers): number[] =>
    names.flatMap((name) => [...params[name]!]);
const sizesOfValues =
  (name: string) =>
  (params: Numbers): number[] =>
    [...params[name]!].map(Math.abs);
/** One head of the memory, in the order of the old spelling. */
const headOf = (head: string, kind: string): ((params: Numbers) => number[]) =>
  joined(...["key", "strength", "gate", "shift", "sharpness"].map((part) => `${head}.${part}.${kind}`));

/** Rows in the other order: the newest first, which was the last. */
const reversedRows =
  (name: string, rows: number) =>
  (params: Numbers): number[] => {
    const all = [...params[name]!];
    const width = all.length / rows;
    return Array.from({ length: rows }, (_, i) => all.slice((rows - 1 - i) * width, (rows - i) * width)).flat();
  };
const scaled =
  (name: string, by: number) =>
  (params: Numbers): number[] =>
    [...params[name]!].map((value) => by * value);
const constant =
  (...values: number[]) =>
  (): number[] =>
    values;
const gates = (inner: string, old: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(old).flatMap(([from, to]) =>
      ["i", "f", "g", "o"].map((gate) => [`${from}_${gate}`, `${inner}.${to}_${gate}`]),
    ),
  );

const spellings: Readonly<Record<string, OldSpelling>> = {
  alif: { file: "49_alif", sizes: { I: 3, H: 4 } },
  antisymmetric: { file: "30_antisymmetric", sizes: { I: 2, H: 3 } },
  cfc: {
    file: "23_cfc",
    sizes: { I: 2, B: 3, H: 2 },
    params: { W_1: "W_f", W_2: "W_g", W_ta: "W_a", W_tb: "W_t", b_1: "b_f", b_2: "b_g", b_ta: "b_a", b_tb: "b_t" },
    inputs: { ts: "elapsed" },
  },
  clockwork: {
    file: "19_clockwork",
    sizes: { I: 2, G: 3, K: 2 },
    params: { period: constant(1, 2, 4), mask: constant(1, 1, 1, 0, 1, 1, 0, 0, 1) },
  },
  cornn: { file: "26_cornn", sizes: { I: 2, H: 3 } },
  deltanet: { file: "08_deltanet", sizes: { I: 3, K: 2, V: 3 }, tolerance: 1e-4 },
  equaliser: {
    file: "61_biquad",
    sizes: { B: 1 },
    oldSizes: {},
    params: { f: "band.0.f", Q: "band.0.Q", gain: "band.0.gain" },
  },
  esn: { file: "33_esn", sizes: { I: 2, H: 3, O: 2 } },
  exprnn: { file: "31_exprnn", sizes: { I: 2, H: 3 } },
  "fast-weights": { file: "37_fast_weights", sizes: { I: 2, H: 3 }, params: { g: "gain", o: "shift" } },
  fastgrnn: { file: "74_fastgrnn", sizes: { I: 3, H: 4, R: 2 } },
  garch: { file: "68_garch", sizes: {} },
  gla: { file: "77_gla", sizes: { I: 3, N: 2, K: 2, V: 3, R: 2 } },
  "gru-d": { file: "20_grud", sizes: { I: 2, H: 3 } },
  hawk: {
    file: "12_hawk",
    sizes: { D: 2, E: 3 },
    params: { K: reversedRows("taps", 4), b_K: "b_c", Lambda: scaled("Lambda", -1) },
  },
  hgrn2: { file: "13_hgrn2", sizes: { I: 3, N: 2, D: 2 } },
  "holt-winters": { file: "67_holt_winters", sizes: { M: 3 }, params: { l0: "level_0", b0: "trend_0" } },
  hopfield: { file: "36_hopfield", sizes: { D: 3, K: 2 }, runtime: { S: 3 } },
  householder: { file: "91_householder", sizes: { I: 2, H: 3, R: 3 }, oldSizes: { I: 2, H: 3 } },
  hyperlstm: { file: "45_hyperlstm", sizes: { I: 2, H: 2, K: 2, Z: 2 } },
  indylstm: { file: "52_indylstm", sizes: { I: 2, H: 3 } },
  izhikevich: { file: "88_izhikevich", sizes: { I: 2, H: 3 }, loudness: 40 },
  janet: { file: "55_janet", sizes: { I: 2, H: 3 } },
  lem: { file: "28_lem", sizes: { I: 2, H: 3 } },
  "linear-attention": { file: "11_linear_attention", sizes: { I: 3, K: 2, V: 3 } },
  "local-level": { file: "69_local_level", sizes: {} },
  mamba: {
    file: "03_mamba",
    sizes: { D: 2, E: 3, N: 2, R: 2 },
    params: { K: reversedRows("taps", 4), b_K: "b_c" },
  },
  mlstm: { file: "02_mlstm", sizes: { I: 3, H: 2 } },
  "moog-ladder": { file: "63_moog_ladder", sizes: {}, inputs: { res: "resonance" } },
  "multiplicative-lstm": { file: "42_multiplicative_lstm", sizes: { I: 2, H: 3 } },
  nbrc: { file: "73_brc", sizes: { I: 2, H: 3 } },
  "nested-lstm": {
    file: "43_nested_lstm",
    sizes: { I: 2, H: 3 },
    params: gates("inner", { V: "W", R: "U", d: "b" }),
  },
  "on-lstm": { file: "71_on_lstm", sizes: { I: 2, H: 3 }, params: { lower: constant(1, 0, 0, 1, 1, 0, 1, 1, 1) } },
  "phased-lstm": { file: "18_phased_lstm", sizes: { I: 2, H: 3 } },
  qrnn: {
    file: "15_qrnn",
    sizes: { I: 2, H: 3 },
    // The newest first, which was the last.
    params: Object.fromEntries(
      ["Z", "F", "O"].map((gate) => [
        gate,
        (params: Numbers) => {
          const W = [...params[`W_${gate.toLowerCase()}`]!];
          return [0, 4, 8].flatMap((row) => [...W.slice(row + 2, row + 4), ...W.slice(row, row + 2)]);
        },
      ]),
    ),
  },
  kalman: { file: "47_kalman", sizes: { N: 2, M: 1 }, oldSizes: { N: 2 }, params: { P0: constant(1, 0, 0, 1) } },
  lmu: { file: "34b_lmu_formula", sizes: { I: 2, N: 3, H: 2 } },
  lru: {
    file: "05_lru",
    sizes: { I: 2, N: 3, O: 2 },
    inputs: { x: "u" },
    params: {
      nu_log: "nu",
      theta_log: "theta",
      gamma_log: "gamma",
      B_re: "B.re",
      B_im: "B.im",
      C_re: "C.re",
      C_im: "C.im",
    },
  },
  ltc: {
    file: "22_ltc",
    sizes: { I: 2, H: 3 },
    params: { mask: sizesOfValues("wiring"), s_mask: sizesOfValues("senses") },
  },
  mogrifier: { file: "50_mogrifier", sizes: { I: 2, H: 3, K: 2 }, params: gates("lstm", { W: "W", U: "U", b: "b" }) },
  ntm: {
    file: "38_ntm",
    sizes: { I: 2, H: 3, N: 4, M: 2, O: 2 },
    edit: (text) => text.replace("add(h))", "tanh(add(h)))"),
    params: {
      P_w: headOf("writer", "W"),
      b_w: headOf("writer", "b"),
      P_r: headOf("reader", "W"),
      b_r: headOf("reader", "b"),
      P_e: "erase.W",
      b_e: "erase.b",
      P_a: "add.W",
      b_a: "add.b",
    },
  },
  "ode-rnn": {
    file: "25_ode_rnn",
    sizes: { I: 2, H: 3, F: 2 },
    params: Object.fromEntries(
      ["W", "U", "b"].flatMap((kind) => ["r", "z", "n"].map((gate) => [`${kind}_${gate}`, `gru.${kind}_${gate}`])),
    ),
  },
  reverb: { file: "65_fdn_reverb", sizes: { A: 1, B: 2, C: 3, D: 4 } },
  rhn: { file: "41_rhn", sizes: { I: 2, H: 3, L: 4 }, oldSizes: { I: 2, H: 3 } },
  rwkv7: { file: "07_rwkv7", sizes: { N: 2, D: 2, L: 2 } },
  s4d: {
    file: "04_s4d",
    sizes: { H: 2, N: 3 },
    params: { A_log_re: "log_a", A_im: "omega", C_re: "C.re", C_im: "C.im" },
  },
  "ttt-linear": { file: "53_ttt_linear", sizes: { I: 3, D: 3 } },
  "diode-clipper": { file: "64_diode_clipper", sizes: {}, tolerance: 1e-6 },
  "gated-deltanet": { file: "09_gated_deltanet", sizes: { I: 3, N: 2, K: 2, V: 3 }, tolerance: 1e-4 },
  retnet: {
    file: "10_retnet",
    sizes: { I: 3, N: 2, D: 2 },
    params: { gamma: constant(1 - 2 ** -5, 1 - 2 ** -6), theta: constant(1, 0.01) },
  },
  rls: { file: "79_rls", sizes: { N: 3 }, params: { eye: constant(1, 0, 0, 0, 1, 0, 0, 0, 1) } },
  rwkv4: { file: "06_rwkv4", sizes: { D: 3, F: 4 } },
  s5: {
    file: "78_s5",
    sizes: { H: 2, N: 3 },
    params: { log_L_re: "log_re", L_im: "im", B_re: "B.re", B_im: "B.im", C_re: "C.re", C_im: "C.im" },
  },
  set2set: { file: "75_set2set", sizes: { D: 2 }, runtime: { S: 3 } },
  slstm: { file: "01_slstm", sizes: { I: 3, N: 2, D: 2 } },
  sru: { file: "16_sru", sizes: { H: 3 } },
  "stack-rnn": { file: "40_stack_rnn", sizes: { I: 2, H: 3, R: 2 } },
  titans: { file: "54_titans", sizes: { I: 3, D: 2, F: 3 }, params: { A0: "A_0", B0: "B_0" } },
  scornn: {
    file: "32_cayley",
    sizes: { I: 2, H: 3 },
    params: { Id: constant(1, 0, 0, 0, 1, 0, 0, 0, 1), D: "signs", V: "T" },
  },
  "zoneout-lstm": {
    file: "46_zoneout",
    sizes: { I: 2, H: 3 },
    // Where nothing is trained.
    inputs: { zone_h: 0.05, zone_c: 0.5, drop_x: 1, drop_h: 1 },
  },
  unicornn: { file: "27_unicornn", sizes: { I: 2, H: 3 } },
};

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
