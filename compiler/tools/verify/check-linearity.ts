/**
 * Derivatives are linear, whatever they are the derivatives of: the gradient in the cotangents, `jvp` and `hvp` in the tangents.
 * Where derivatives are declared, differences say nothing, and this is what remains to be checked.
 */
import { at, ofKey } from "../../base/at.js";
import type { FloatArray } from "../../../runtime/module/compiled-module.js";
import { cotangentsOf, valuesOf, writeStored, tangentsFrom } from "../calls/call.js";
import type { DirectedCall } from "../calls/draw-call.js";
import { emptyRecord, type Tensors } from "../calls/records.js";
import type { Context } from "./context.js";
import { grid } from "./draw-directed-call.js";
import type { CheckFindings } from "./report.js";
import { flatten, runForward } from "./results.js";
import { disturbedCalls, spreadOf } from "./rounding.js";

type Group = Readonly<Record<string, unknown>>;

/** Tensors in groups of groups, each number changed. */
function mapTensors(group: Group, change: (value: number, name: string, place: number) => number): Group {
  const result = emptyRecord<unknown>();
  for (const [name, value] of Object.entries(group)) {
    result[name] = ArrayBuffer.isView(value)
      ? Float64Array.from(value as FloatArray, (number, place) => change(number, name, place))
      : mapTensors(value as Group, (number, inner, place) => change(number, `${name} ${inner}`, place));
  }
  return result;
}

/** A derivative at a call, of what it is linear in. */
type LinearDerivative = (call: DirectedCall, given: Group) => Tensors;

/** `f(a) - 2 f(b)` against `f(a - 2 b)`, for random `b`, all exact in any precision. */
function checkLinear(context: Context, what: string, given: Group, f: LinearDerivative, findings: CheckFindings): void {
  const { manifest, random, call } = context;
  const tolerance = { f32: 1e-4, f64: 1e-9 }[manifest.dtype];
  const others = new Map<string, number>();
  const other = mapTensors(given, (_, name, place) => {
    const drawn = grid(random.uniform(-1, 1));
    others.set(`${name} ${place}`, drawn);
    return drawn;
  });
  const joint = mapTensors(given, (value, name, place) => value - 2 * (others.get(`${name} ${place}`) as number));
  const terms = [joint, given, other];
  const termsAt = (one: DirectedCall): Tensors[] => terms.map((term) => f(one, term));
  const [sum = {}, left = {}, right = {}] = termsAt(call);
  let near: Tensors[][] | undefined;
  /** How far rounding moves the three: what cancels inside is of another size than what comes out. */
  const noise = (name: string, i: number): number => {
    near ??= disturbedCalls(manifest, call, random).map(termsAt);
    const known = [sum, left, right].map((values) => ofKey(values, name)[i] as number);
    // A sum of three that move on their own, the last twice.
    const [ofSum = 0, ofLeft = 0, ofRight = 0] = known.map((value, k) =>
      spreadOf(
        value,
        (near ?? []).map((moved) => ofKey(at(moved, k), name)[i] as number),
      ),
    );
    return ofSum + ofLeft + 2 * ofRight;
  };
  for (const [name, values] of Object.entries(sum)) {
    const [a, b] = [ofKey(left, name), ofKey(right, name)];
    const size = a.reduce((most, value, i) => Math.max(most, Math.abs(value), Math.abs(2 * (b[i] as number))), Number.MIN_VALUE); // prettier-ignore
    for (const [i, value] of values.entries()) {
      const wanted = (a[i] as number) - 2 * (b[i] as number);
      const distance = Math.abs(value - wanted);
      const bar = tolerance * size;
      findings.measure(
        distance,
        distance <= bar ? bar : bar + noise(name, i),
        `${what}, ${name}[${i}]`,
        () => `${what} is not linear: ${name}[${i}] is ${value} for a sum, ${wanted} for its terms`,
      );
    }
  }
}

export function checkLinearity(context: Context, findings: CheckFindings): void {
  const { manifest, instance, call } = context;
  const { gradient, jvp, hvp } = manifest.has;
  const valuesAt = (one: DirectedCall): Group => {
    writeStored(instance, one.params);
    return valuesOf(manifest, one);
  };
  if (gradient) {
    const run: LinearDerivative = (one, cotangents) => {
      writeStored(instance, one.params);
      runForward(manifest, instance, one);
      return flatten(instance.backward?.(cotangents) as Group);
    };
    checkLinear(context, "backward", cotangentsOf(call), run, findings);
  }
  if (jvp) {
    const run: LinearDerivative = (one, tangents) => flatten(instance.jvp?.(valuesAt(one), tangents) as Group);
    checkLinear(context, "jvp", tangentsFrom(call), run, findings);
  }
  if (hvp) {
    const cotangents = cotangentsOf(call);
    const run: LinearDerivative = (one, tangents) =>
      flatten(instance.hvp?.(valuesAt(one), tangents, cotangents) as Group);
    checkLinear(context, "hvp", tangentsFrom(call), run, findings);
  }
}
