/** Spectral radius and norm of the Jacobian of the next state by the state, at steps of the first example. */
import { at } from "../../base/at.js";
import { createRandom, type Random } from "../../../runtime/base/random.js";
import type { CallGradient, CallResult } from "../../../runtime/module/compiled-module.js";
import type { JacobianProfile } from "./diagnosis.js";
import type { Turn } from "../../driver/turns.js";
import { spectralRadius } from "./eigenvalues.js";
import {
  largestSingularValue,
  type LinearMap,
  matrixMap,
  norm,
  randomDirection,
  removeComponent,
} from "./linear-algebra.js";
import { plainInstance, type PreparedRun, valuesAt } from "./prepared-run.js";
import { packStates, unpackStates } from "./state-vector.js";

/** States up to this size have all their eigenvalues computed. */
const exactSize = 400;
/** Dimensions of the subspace for larger ones. */
const subspaceSize = 120;

export async function jacobianProfile(
  run: PreparedRun,
  states: readonly Float64Array[],
  seed: number,
): Promise<JacobianProfile> {
  const { size } = run.layout;
  const steps = sampledSteps(states.length - 1, size);
  const exact = size <= exactSize;
  const random = createRandom(seed);
  const profile = exact ? wholeMatrices(run) : subspaces(run);
  const found: Measures[] = [];
  for (const t of steps) {
    found.push(await profile(at(states, t).subarray(0, size), t, random));
    await run.progress("state Jacobian", found.length, steps.length);
  }
  return { steps, radius: found.map(({ radius }) => radius), norm: found.map(({ norm }) => norm), exact };
}

interface Measures {
  readonly radius: number;
  readonly norm: number;
}

type ProfileAt = (state: Float64Array, t: number, random: Random) => Promise<Measures>;

/** All columns at once: a batch of one example with the unit vectors as tangents. */
function wholeMatrices(run: PreparedRun): ProfileAt {
  const { layout, turn } = run;
  const { size } = layout;
  const instance = plainInstance(run, size);
  const identity = new Float64Array(size * size);
  for (let i = 0; i < size; i++) identity[i * size + i] = 1;
  const tangents = unpackStates(layout, identity, size);
  return async (state, t, random) => {
    const repeated = new Float64Array(size * size);
    for (let row = 0; row < size; row++) repeated.set(state, row * size);
    const values = { ...valuesAt(run, t, size, () => 0), ...unpackStates(layout, repeated, size) };
    const result = instance.jvp?.(values, tangents) as CallResult;
    // Row j is column j of the Jacobian: this is its transpose, with the same eigenvalues and the same norm.
    const transposed = packStates(layout, result.final, size);
    if (!transposed.every(Number.isFinite)) return { radius: NaN, norm: NaN };
    await turn();
    const radius = spectralRadius(transposed, size);
    await turn();
    return { radius, norm: await largestSingularValue(matrixMap(transposed, size), random, turn) };
  };
}

/** For large states: products with vectors only. */
function subspaces(run: PreparedRun): ProfileAt {
  const { layout, turn } = run;
  const instance = plainInstance(run, 1);
  return async (state, t, random) => {
    const values = { ...valuesAt(run, t, 1, () => 0), ...unpackStates(layout, state, 1) };
    const map: LinearMap = {
      size: layout.size,
      apply: (vector) => {
        const result = instance.jvp?.(values, unpackStates(layout, vector, 1)) as CallResult;
        return packStates(layout, result.final, 1);
      },
      applyTransposed: (vector) => {
        instance.forward(values);
        const gradient = instance.backward?.({ final: unpackStates(layout, vector, 1) }) as CallGradient;
        return packStates(layout, gradient.initial, 1);
      },
    };
    const radius = await radiusInSubspace(map, subspaceSize, random, turn);
    return { radius, norm: await largestSingularValue(map, random, turn) };
  };
}

/**
 * The spectral radius of a map as seen from the space of a vector and its images (W. E. Arnoldi, 1951), which finds the
 * largest eigenvalues first.
 */
export async function radiusInSubspace(
  map: LinearMap,
  dimensions: number,
  random: Random,
  turn: Turn,
): Promise<number> {
  const basis = [randomDirection(map.size, random)];
  const hessenberg = new Float64Array(dimensions * dimensions);
  let size = 0;
  while (size < dimensions) {
    const image = map.apply(at(basis, size));
    await turn();
    const before = norm(image);
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i <= size; i++) {
        const place = i * dimensions + size;
        hessenberg[place] = (hessenberg[place] as number) + removeComponent(image, at(basis, i));
      }
    }
    size += 1;
    const length = norm(image);
    if (size === dimensions || !(length > 1e-12 * before)) break;
    hessenberg[size * dimensions + size - 1] = length;
    basis.push(image.map((entry) => entry / length));
  }
  if (!hessenberg.every(Number.isFinite)) return NaN;
  const block = Float64Array.from(
    { length: size * size },
    (_, i) => hessenberg[Math.floor(i / size) * dimensions + (i % size)] as number,
  );
  return spectralRadius(block, size);
}

/** Evenly over the run; fewer for large states, as the work for one grows with the third power of the size. */
function sampledSteps(steps: number, size: number): number[] {
  const affordable = Math.floor(2e9 / (10 * Math.min(size, exactSize) ** 3 + 1));
  const count = Math.min(steps, Math.max(8, Math.min(100, affordable)));
  return Array.from({ length: count }, (_, i) => (count === 1 ? 0 : Math.round((i * (steps - 1)) / (count - 1))));
}
