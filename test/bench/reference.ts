/** What every peer's results are checked against, in double precision, before it is timed. */
import { createRandom } from "../../runtime/index.js";
import { cells } from "./cells.js";
import { type Data, get, stepCount } from "./data.js";
import type { Floats } from "./naive-cells.js";
import { instantiateCell, joinGradients, lossCotangent, setWeights } from "./peers/recell.js";
import type { Tensors } from "./peers/peer.js";
import type { Workload } from "./workloads.js";

/** Of its own: the loops that the peer runs should see arrays of one kind only, as they would alone. */
const { naiveForward } = (await import(
  new URL("./naive-cells.js?reference", import.meta.url).href
)) as typeof import("./naive-cells.js");

/** Largest error, as a share of the largest value of its tensor, that counts as the same result. */
export const tolerance = 1e-4;

const doubled = (values: Readonly<Record<string, Float32Array>>): Record<string, Float64Array> =>
  Object.fromEntries(Object.entries(values).map(([name, array]) => [name, Float64Array.from(array)]));

/** Hidden states from plain loops; gradients from recell's in double precision, checked by differences of those loops. */
export async function referenceOf(workload: Workload, data: Data): Promise<Tensors> {
  const weights = doubled(data.weights);
  const x = Float64Array.from(data.x);
  if (workload.kind === "gradient") return gradientReference(workload, weights, x);
  if (workload.kind === "step") return { y: naiveOutputs({ ...workload, T: stepCount }, weights, x).y };
  const out = naiveOutputs(workload, weights, x);
  return { y: out.y, ...Object.fromEntries(cells[workload.cell].states.map((name) => [name, out[name]])) };
}

function naiveOutputs(
  workload: Workload,
  weights: Readonly<Record<string, Float64Array>>,
  x: Float64Array,
): Record<"y" | "h" | "c", Float64Array> {
  const { cell, H, B, T } = workload;
  const out = { y: new Float64Array(B * T * H), h: new Float64Array(B * H), c: new Float64Array(B * H) };
  naiveForward(cell, weights, x, workload, out);
  return out;
}

async function gradientReference(
  workload: Workload,
  weights: Readonly<Record<string, Float64Array>>,
  x: Float64Array,
): Promise<Tensors> {
  const { B, T, H } = workload;
  const instance = await instantiateCell(workload, { target: "js", dtype: "f64" });
  setWeights(instance, cells[workload.cell], weights, workload);
  const dy = new Float64Array(B * T * H);
  lossCotangent(instance.forward({ x })["y"]!, dy, workload);
  const gradients = joinGradients(instance.backward!({ y: dy }).params, cells[workload.cell]);

  const random = createRandom(1);
  const direction = doubled(
    Object.fromEntries(
      Object.entries(weights).map(([name, values]) => [name, Float32Array.from(values, () => random.normal())]),
    ),
  );
  const lossAt = (distance: number): number => {
    const moved = Object.entries(weights).map(([name, values]): [string, Float64Array] => [
      name,
      values.map((value, i) => value + distance * get(direction, name)[i]!),
    ]);
    const { y } = naiveOutputs(workload, Object.fromEntries(moved), x);
    return y.reduce((sum, h) => sum + h * h, 0) / (B * T);
  };
  const distance = 1e-5;
  const slope = (lossAt(distance) - lossAt(-distance)) / (2 * distance);
  const expected = Object.entries(gradients).reduce(
    (sum, [name, values]) => sum + dot(values, get(direction, name)),
    0,
  );
  if (!(Math.abs(slope - expected) <= 1e-6 * Math.max(1, Math.abs(slope)))) {
    throw new Error(`the reference gradient is ${expected} in a direction where differences give ${slope}`);
  }
  return gradients;
}

function dot(a: Floats, b: Floats): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The largest error of any tensor, as a share of the largest value in it. @throws Where a tensor is missing or short. */
export function worstError(actual: Tensors, expected: Tensors): number {
  let worst = 0;
  for (const [name, values] of Object.entries(expected)) {
    const given = actual[name];
    if (given === undefined) throw new Error(`it gives no ${name}`);
    if (given.length !== values.length) throw new Error(`its ${name} has ${given.length} of ${values.length} numbers`);
    let largest = 0;
    let error = 0;
    for (let i = 0; i < values.length; i++) {
      largest = Math.max(largest, Math.abs(values[i]!));
      error = Math.max(error, Math.abs(given[i]! - values[i]!));
    }
    worst = Math.max(worst, error / largest);
  }
  return worst;
}
