/** What of a call has a gradient, and directions to change it in. */
import { at, ofKey } from "../../base/at.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { Random } from "../../../runtime/base/random.js";
import { wholeShape } from "../calls/sizes.js";
import { isInGradient, isVariable, ofTensor, tensorsOf, type VariableRole } from "../calls/tensors.js";
import type { DirectedCall } from "../calls/draw-call.js";
import { emptyRecord, type Tensors } from "../calls/records.js";

interface CallVariable {
  readonly role: VariableRole;
  readonly name: string;
  /** Under which `flatten` gives its gradient. */
  readonly gradient: string;
  /** Of the values, with examples and steps. */
  readonly shape: readonly number[];
  /** In the call itself: who changes it changes the call. */
  readonly values: Float64Array;
}

/** Under which group `flatten` gives gradients. */
const groups = { param: "params ", input: "", context: "", state: "initial " } as const;

/** Everything that has a gradient. */
export function variablesOf(manifest: Manifest, call: DirectedCall): CallVariable[] {
  return tensorsOf(manifest).flatMap((tensor): CallVariable[] => {
    const values = ofTensor(call, tensor);
    if (!isVariable(tensor) || !isInGradient(manifest, tensor) || values === undefined || values.length === 0)
      return [];
    const { role, name } = tensor;
    return [{ role, name, gradient: groups[role] + name, shape: wholeShape(tensor, call), values }];
  });
}

/**
 * Of which differences do not see the gradient, as a function that states its derivative or a `stop_gradient` is on their way. A
 * module that does not say which, has them everywhere.
 */
export function isDeclared({ gradientAsDeclared, declaredDerivatives = [] }: Manifest, name: string): boolean {
  return gradientAsDeclared?.includes(name) ?? declaredDerivatives.length > 0;
}

export const titleOf = ({ role, name }: CallVariable): string => `${role} ${name}`;

/** `param W[2, 3]` */
export function placeIn(variable: CallVariable, at: number): string {
  let rest = at;
  const index = [...variable.shape].reverse().map((size) => {
    const own = rest % size;
    rest = Math.floor(rest / size);
    return own;
  });
  return `${titleOf(variable)}[${index.reverse().join(", ")}]`;
}

interface Move {
  readonly variable: CallVariable;
  readonly values: Float64Array;
}

/** A change of some numbers of a call. */
export interface CallDirection {
  readonly moves: readonly Move[];
  readonly where: string;
  /** The first step of differences. */
  readonly step: number;
}

/** Each number up or down by the same amount. */
function denseMove(variable: CallVariable, random: Random): Move {
  return { variable, values: variable.values.map(() => (random.integer(2) === 0 ? 1 : -1)) };
}

function denseDirection(variables: readonly CallVariable[], random: Random): CallDirection {
  const widest = Math.max(1, ...variables.map(({ shape }) => shape[shape.length - 1] ?? 1));
  return {
    moves: variables.map((variable) => denseMove(variable, random)),
    where: `${variables.map(titleOf).join(", ")}, all numbers`,
    step: 2 ** -(3 + Math.ceil(Math.log2(widest) / 2)),
  };
}

function singleDirection(variable: CallVariable, at: number): CallDirection {
  const values = new Float64Array(variable.values.length);
  values[at] = 1;
  return { moves: [{ variable, values }], where: placeIn(variable, at), step: 2 ** -3 };
}

/** Numbers of a tensor that are tried one by one. */
const singles = 2;

/**
 * For each variable dense directions and some along single numbers; where fewer are affordable no single ones, or several
 * variables in one direction.
 */
export function drawDirections(
  variables: readonly CallVariable[],
  random: Random,
  affordable: number,
  withSingles: boolean,
): CallDirection[] {
  if (variables.length === 0) return [];
  const blocks = variables.flatMap((variable) => blocksOf(denseDirection([variable], random)));
  if (affordable < blocks.length) {
    const groups = Math.min(variables.length, affordable);
    return Array.from({ length: groups }, (_, k) =>
      denseDirection(
        variables.filter((_variable, i) => i % groups === k),
        random,
      ),
    );
  }
  if (!withSingles || affordable < blocks.length + variables.length * singles) return blocks;
  const single = variables.flatMap((variable) => {
    const { length } = variable.values;
    const places = new Set(Array.from({ length: Math.min(singles, length) }, () => random.integer(length)));
    return [...places].map((at) => singleDirection(variable, at));
  });
  return [...blocks, ...single];
}

/** A fault in one number must show in the sum over all: no more than these together. */
const blockLength = 2048;

/** A direction in parts, each of every so many numbers; as it is where it has few. */
function blocksOf(direction: CallDirection): CallDirection[] {
  const [{ variable, values }] = direction.moves as [Move];
  const count = Math.ceil(values.length / blockLength);
  if (count < 2) return [direction];
  return Array.from({ length: count }, (_, k) => ({
    moves: [{ variable, values: values.map((value, i) => (i % count === k ? value : 0)) }],
    where: `${titleOf(variable)}, every ${count}th number from ${placeIn(variable, k)}`,
    step: direction.step,
  }));
}

/** What a direction changes, in halves; undefined where it is a single number. */
export function halvesOf({ moves, step }: CallDirection): CallDirection[] | undefined {
  const places = moves.flatMap(({ values }, k) => [...values.keys()].filter((i) => values[i] !== 0).map((i) => [k, i]));
  if (places.length < 2) return undefined;
  const middle = Math.ceil(places.length / 2);
  return [places.slice(0, middle), places.slice(middle)].map((own) => {
    const parts = moves.map(({ variable, values }) => ({ variable, values: new Float64Array(values.length) }));
    for (const [k = 0, i = 0] of own) {
      const [part, move] = [at(parts, k), at(moves, k)];
      part.values[i] = move.values[i] as number;
    }
    const kept = parts.filter((_, k) => own.some(([index]) => index === k));
    const [first, last] = [own[0] as number[], own[own.length - 1] as number[]].map(([k = 0, i = 0]) =>
      placeIn(at(moves, k).variable, i),
    );
    return { moves: kept, where: first === last ? (first as string) : `${first} to ${last}`, step };
  });
}

/** A direction as `jvp` and `hvp` take it. */
export function tangentsAlong({ moves }: CallDirection): Record<string, unknown> {
  const tangents = emptyRecord<unknown>();
  const params = emptyRecord<unknown>();
  for (const { variable, values } of moves) (variable.role === "param" ? params : tangents)[variable.name] = values;
  return Object.assign(tangents, { params });
}

/** A sum, and the sum of its absolute terms. */
export interface Weighted {
  readonly sum: number;
  readonly size: number;
}

/** Of products, number by number. */
export function weigh(pairs: Iterable<readonly [ArrayLike<number>, ArrayLike<number>]>): Weighted {
  let sum = 0;
  let size = 0;
  for (const [values, weights] of pairs) {
    for (let i = 0; i < weights.length; i++) {
      const term = (values[i] as number) * (weights[i] as number);
      sum += term;
      size += Math.abs(term);
    }
  }
  return { sum, size };
}

/** `Σ cotangent · result` over what `forward` and `jvp` give. */
export function lossOf(result: Tensors, { cotangents: { outputs, final } }: DirectedCall): Weighted {
  return weigh([
    ...Object.entries(outputs).map(([name, weights]) => [ofKey(result, name), weights] as const),
    ...Object.entries(final).map(([name, weights]) => [ofKey(result, `final ${name}`), weights] as const),
  ]);
}

/** `Σ gradient · direction`. */
export const alongGradient = (gradient: Tensors, { moves }: CallDirection): Weighted =>
  weigh(moves.map(({ variable, values }) => [ofKey(gradient, variable.gradient), values] as const));

/** `a - b`, number by number. */
export function difference(a: Tensors, b: Tensors): Tensors {
  const made = emptyRecord<Float64Array>();
  for (const [name, values] of Object.entries(a)) {
    const other = ofKey(b, name);
    made[name] = values.map((value, i) => value - (other[i] as number));
  }
  return made;
}
