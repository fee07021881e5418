/** Finds the layers in the tensors of a file, by names and shapes, as each library has them. */
import { ParamsError } from "../../base/errors.js";
import { showName, showShape } from "../../base/show.js";
import {
  apartIn,
  concatenated,
  type FoundLayer,
  gatesOf,
  numbersOf,
  type RecurrentKind,
  type StoredTensors,
  transpose,
  type WeightsLayout,
} from "./layers.js";

/** What a file does not tell of its GRUs: whether the reset gate comes after the product with the state, or before it. */
export type GruVariant = "reset-after" | "reset-before";

type Finder = (tensors: StoredTensors, gru: GruVariant | undefined) => FoundLayer[];

/** Names that end as the pattern says, with its groups. */
function matches(tensors: StoredTensors, pattern: RegExp): RegExpExecArray[] {
  return [...tensors.keys()].map((name) => pattern.exec(name)).filter((found) => found !== null);
}

const zeros = (length: number): Float64Array => new Float64Array(length);

/** By how many gates are stacked. */
function kindOf(name: string, stacked: number, units: number, gru: GruVariant): RecurrentKind {
  const kinds: Readonly<Record<number, RecurrentKind>> = {
    1: "rnn",
    3: gru === "reset-after" ? "gru" : "gru-reset-before",
    4: "lstm",
  };
  const kind = kinds[stacked / units];
  if (kind !== undefined) return kind;
  const told = `stacks ${stacked} rows for ${units} units; an RNN has 1, a GRU 3 and an LSTM 4 for each`;
  throw new ParamsError("shape-mismatch", `${showName(name)} ${told}`, name);
}

/** @throws ParamsError unless it has so many axes. */
function shapeOf(tensors: StoredTensors, name: string, axes: number): readonly number[] {
  const { shape } = tensors.get(name)!;
  if (shape.length === axes) return shape;
  throw new ParamsError("shape-mismatch", `${showName(name)} must have ${axes} axes, and has shape ${showShape(shape)}`, name); // prettier-ignore
}

const recellKinds = [
  ["lstm", ["W", "U", "b"]],
  ["gru", ["W", "U", "b", "c"]],
  ["gru-reset-before", ["W", "U", "b"]],
  ["rnn", ["W", "U", "b"]],
] as const;

function findRecell(tensors: StoredTensors): FoundLayer[] {
  const paths = new Set(matches(tensors, /^((?:.*\.)?)U(?:_\w+)?$/u).map(([, path = ""]) => path));
  return [...paths].flatMap((path) => {
    for (const [kind, letters] of recellKinds) {
      const gates = gatesOf[kind];
      const nameOf = (letter: string, gate: string): string => `${path}${letter}${gate === "" ? "" : `_${gate}`}`;
      const apart = apartIn(kind);
      const own = letters.flatMap((letter) => (letter === "c" ? [`${path}c_${apart!}`] : gates.map((gate) => nameOf(letter, gate)))); // prettier-ignore
      if (!own.every((name) => tensors.has(name))) continue;
      const [units = 0, inputs = 0] = shapeOf(tensors, nameOf("W", gates[0]!), 2);
      const all = (letter: string, shape: readonly number[]): Float64Array =>
        concatenated(gates.map((gate) => numbersOf(tensors, nameOf(letter, gate), shape)));
      const second = gates.map((gate) => (gate === apart ? numbersOf(tensors, `${path}c_${gate}`, [units]) : zeros(units))); // prettier-ignore
      const stacked = {
        inputs,
        units,
        weights: all("W", [units, inputs]),
        recurrent: all("U", [units, units]),
        bias: all("b", [units]),
        secondBias: concatenated(second),
      };
      return [{ kind, path, names: own, stacked }];
    }
    return [];
  });
}

function findPytorch(tensors: StoredTensors): FoundLayer[] {
  const projected = [...tensors.keys()].find((name) => /weight_hr(?:_l\d+(?:_reverse)?)?$/u.test(name));
  if (projected !== undefined) {
    throw new ParamsError("unknown-layout", `${showName(projected)}: LSTMs with projections have no cell in std`, projected); // prettier-ignore
  }
  const found = matches(tensors, /^(.*)weight_hh(_l(\d+)(_reverse)?)?$/u);
  return found.map(([name, before = "", suffix = "", layer, reverse]) => {
    const ofSame = found.filter(([, other]) => other === before);
    // One layer is called as the module is; several as they are numbered.
    const path = ofSame.length === 1 || suffix === "" ? before : `${before}l${layer ?? ""}${reverse ?? ""}.`;
    const [stacked = 0, units = 0] = shapeOf(tensors, name, 2);
    const input = `${before}weight_ih${suffix}`;
    if (!tensors.has(input)) throw missing(input, name);
    const [, inputs = 0] = shapeOf(tensors, input, 2);
    const biases = [`${before}bias_ih${suffix}`, `${before}bias_hh${suffix}`];
    const [bias, secondBias] = biases.map((own) => (tensors.has(own) ? numbersOf(tensors, own, [stacked]) : zeros(stacked))); // prettier-ignore
    return {
      kind: kindOf(name, stacked, units, "reset-after"),
      path,
      names: [input, name, ...biases.filter((own) => tensors.has(own))],
      stacked: {
        inputs,
        units,
        weights: numbersOf(tensors, input, [stacked, inputs]),
        recurrent: numbersOf(tensors, name, [stacked, units]),
        bias: bias!,
        secondBias: secondBias!,
      },
    };
  });
}

const missing = (name: string, beside: string): ParamsError =>
  new ParamsError("missing-tensor", `${showName(name)} is not in the file, beside ${showName(beside)}`, name);

/** Their paths are parted by slashes, and names of variables end in `:0` in older files. */
function findKeras(tensors: StoredTensors, gru: GruVariant | undefined): FoundLayer[] {
  return matches(tensors, /^((?:.*[/.])?)recurrent_kernel(:0)?$/u).map(([name, before = "", ending = ""]) => {
    const [units = 0, stacked = 0] = shapeOf(tensors, name, 2);
    const [input, biasName] = [`${before}kernel${ending}`, `${before}bias${ending}`];
    if (!tensors.has(input)) throw missing(input, name);
    const [inputs = 0] = shapeOf(tensors, input, 2);
    const bias = tensors.get(biasName);
    // Those with two rows of biases have the reset gate after the product.
    const isAfter =
      bias === undefined ? (gru ?? "reset-after") : bias.shape.length === 2 ? "reset-after" : "reset-before";
    const kind = kindOf(name, stacked, units, isAfter);
    const both = bias && numbersOf(tensors, biasName, kind === "gru" ? [2, stacked] : [stacked]);
    return {
      kind,
      path: before.replaceAll("/", "."),
      names: [input, name, ...(bias === undefined ? [] : [biasName])],
      stacked: {
        inputs,
        units,
        weights: transpose(numbersOf(tensors, input, [inputs, stacked]), inputs, stacked),
        recurrent: transpose(numbersOf(tensors, name, [units, stacked]), units, stacked),
        bias: both?.slice(0, stacked) ?? zeros(stacked),
        secondBias: kind === "gru" && both !== undefined ? both.slice(stacked) : zeros(stacked),
      },
    };
  });
}

/** The inputs W, R and B of a node; two directions are two layers. */
function findOnnx(tensors: StoredTensors, gru: GruVariant | undefined): FoundLayer[] {
  const nodes = matches(tensors, /^((?:.*[/._])?)R$/u).filter(([name]) => tensors.get(name)!.shape.length === 3);
  return nodes.flatMap(([name, before = ""]) => {
    const [directions = 0, stacked = 0, units = 0] = shapeOf(tensors, name, 3);
    const [input, biasName] = [`${before}W`, `${before}B`];
    if (!tensors.has(input)) throw missing(input, name);
    const [, , inputs = 0] = shapeOf(tensors, input, 3);
    if (stacked === 3 * units && gru === undefined) {
      const told = `${showName(name)}: a file does not tell whether the node has linear_before_reset; say gru: "reset-after" where it is 1, "reset-before" where it is 0`; // prettier-ignore
      throw new ParamsError("unknown-layout", told, name);
    }
    const kind = kindOf(name, stacked, units, gru ?? "reset-after");
    const weights = numbersOf(tensors, input, [directions, stacked, inputs]);
    const recurrent = numbersOf(tensors, name, [directions, stacked, units]);
    const biases = tensors.has(biasName)
      ? numbersOf(tensors, biasName, [directions, 2 * stacked])
      : zeros(directions * 2 * stacked);
    return Array.from({ length: directions }, (_, d) => {
      const own = (values: Float64Array): Float64Array =>
        values.slice((d * values.length) / directions, ((d + 1) * values.length) / directions);
      const path = before.replace(/[/_]$/u, ".").replaceAll("/", ".");
      return {
        kind,
        path: directions === 1 ? path : `${path}l0${d === 0 ? "" : "_reverse"}.`,
        names: [input, name, ...(tensors.has(biasName) ? [biasName] : [])],
        stacked: {
          inputs,
          units,
          weights: own(weights),
          recurrent: own(recurrent),
          bias: own(biases).slice(0, stacked),
          secondBias: own(biases).slice(stacked),
        },
      };
    });
  });
}

const recurrentFinders: Readonly<Record<WeightsLayout, Finder>> = {
  recell: findRecell,
  pytorch: findPytorch,
  keras: findKeras,
  onnx: findOnnx,
};

/** Matrices with a bias, by the ends of the names of both; as ONNX has them, names say nothing. */
const linearNames: Readonly<Record<WeightsLayout, readonly [weight: string, bias: string] | undefined>> = {
  recell: ["W", "b"],
  pytorch: ["weight", "bias"],
  keras: ["kernel", "bias"],
  onnx: undefined,
};

/** Among what is no part of another layer. */
function findLinear(tensors: StoredTensors, layout: WeightsLayout, taken: ReadonlySet<string>): FoundLayer[] {
  const names = linearNames[layout];
  if (names === undefined) return [];
  const [weight, bias] = names;
  const pattern = new RegExp(`^((?:.*[./])?)${weight}(:0)?$`, "u");
  return matches(tensors, pattern).flatMap(([name, before = "", ending = ""]) => {
    const other = `${before}${bias}${ending}`;
    const [matrix, vector] = [tensors.get(name)!.shape, tensors.get(other)?.shape];
    const units = (layout === "keras" ? matrix[1] : matrix[0]) ?? 0;
    const fits = matrix.length === 2 && vector?.length === 1 && vector[0] === units;
    if (!fits || taken.has(name) || taken.has(other)) return [];
    const inputs = (layout === "keras" ? matrix[0] : matrix[1]) ?? 0;
    const values = numbersOf(tensors, name, matrix);
    const stacked = {
      inputs,
      units,
      weights: layout === "keras" ? transpose(values, inputs, units) : values,
      recurrent: zeros(0),
      bias: numbersOf(tensors, other, [units]),
      secondBias: zeros(0),
    };
    return [{ kind: "linear", path: before.replaceAll("/", "."), names: [name, other], stacked }];
  });
}

/**
 * @param gru What a file of ONNX, or one of Keras without biases, does not tell.
 * @throws ParamsError where tensors of a layer do not fit together.
 */
export function findLayers(tensors: StoredTensors, layout: WeightsLayout, gru: GruVariant | undefined): FoundLayer[] {
  const recurrent = recurrentFinders[layout](tensors, gru);
  const taken = new Set(recurrent.flatMap(({ names }) => names));
  return [...recurrent, ...findLinear(tensors, layout, taken)];
}

const signs: readonly (readonly [WeightsLayout, (name: string, axes: number) => boolean])[] = [
  ["pytorch", (name) => /weight_hh(?:_l\d+(?:_reverse)?)?$/u.test(name)],
  ["keras", (name) => /(?:^|[/.])recurrent_kernel(?::0)?$/u.test(name)],
  ["onnx", (name, axes) => axes === 3 && /(?:^|[/._])R$/u.test(name)],
  ["recell", (name, axes) => axes === 2 && /(?:^|\.)U(?:_\w+)?$/u.test(name)],
  ["pytorch", (name, axes) => axes === 2 && /(?:^|\.)weight$/u.test(name)],
  ["keras", (name, axes) => axes === 2 && /(?:^|[/.])kernel(?::0)?$/u.test(name)],
  ["recell", (name, axes) => axes === 2 && /(?:^|\.)W$/u.test(name)],
];

/** By the first name that only one of them has; undefined where there is none. */
export function recogniseLayout(tensors: StoredTensors): WeightsLayout | undefined {
  return signs.find(([, fits]) => [...tensors].some(([name, { shape }]) => fits(name, shape.length)))?.[0];
}
