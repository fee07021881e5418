/**
 * Derivatives of a module against differences of what they are the derivatives of, in the module's precision, and against each
 * other. For each tensor one direction changes every number by the same amount up or down, so that no number escapes; at small
 * calls there are some along single numbers. Arguments lie on a grid on which steps are exact, so float32 arguments round nothing.
 */
import { at, ofKey } from "../../base/at.js";
import { cotangentsOf, valuesOf, writeStored } from "../calls/call.js";
import type { DirectedCall } from "../calls/draw-call.js";
import { emptyRecord, type Tensors } from "../calls/records.js";
import { compareWithDifferences, type Mode, precise, runsOfDifferences } from "./compare-derivatives.js";
import type { Context } from "./context.js";
import type { CheckFindings } from "./report.js";
import { flatten, runBackward, runForward } from "./results.js";
import { type RoundedDerivative, derivativeOf, disturbedCalls, precisionOf } from "./rounding.js";
import {
  alongGradient,
  difference,
  type CallDirection,
  drawDirections,
  isDeclared,
  lossOf,
  tangentsAlong,
  variablesOf,
  type Weighted,
  weigh,
} from "./variables.js";

/** `gradient` and `jvp`, which share the differences. By tensors whose gradient is declared they are compared with each other only. */
export function checkFirstDerivatives(
  context: Context,
  findings: { readonly gradient: CheckFindings; readonly jvp: CheckFindings },
): void {
  const { manifest, instance, call, random, scale } = context;
  const { has } = manifest;
  const variables = variablesOf(manifest, call);
  const [plain, declared] = [false, true].map((wanted) => {
    const own = variables.filter(({ name }) => isDeclared(manifest, name) === wanted);
    return drawDirections(own, random, context.affordable(runsOfDifferences), scale === "small");
  }) as [CallDirection[], CallDirection[]];
  const modes: Mode[] = [];
  if (has.gradient) modes.push({ title: "the gradient", findings: findings.gradient, along: reverseMode(context) });
  if (has.jvp) modes.push({ title: "jvp", findings: findings.jvp, along: forwardMode(context) });
  if (plain.length > 0) {
    const start = runForward(manifest, instance, call);
    const loss = (at: DirectedCall): number => lossOf(difference(runForward(manifest, instance, at), start), call).sum;
    compareWithDifferences(context, modes, plain, { title: "differences", at: loss });
  }
  const [reverse, forward] = modes;
  if (reverse === undefined || forward === undefined) return;
  for (const direction of [...plain, ...declared]) {
    const [own, tangent] = [reverse.along(direction), forward.along(direction)];
    findings.jvp.measure(
      Math.abs(own.value - tangent.value),
      own.error + tangent.error,
      direction.where,
      () => `by ${direction.where} forward mode gives ${precise(tangent.value)}, reverse mode ${precise(own.value)}`,
    );
  }
}

/** The gradient, computed once. */
function reverseMode(context: Context): Mode["along"] {
  const { manifest, call, random } = context;
  const gradient = gradientAt(context, call);
  const others = disturbedCalls(manifest, call, random).map((at) => gradientAt(context, at));
  writeStored(context.instance, call.params);
  return (direction) =>
    derivativeOf(
      alongGradient(gradient, direction),
      others.map((other) => alongGradient(other, direction)),
      precisionOf(manifest.dtype),
    );
}

function gradientAt({ manifest, instance }: Context, at: DirectedCall): Tensors {
  writeStored(instance, at.params);
  runForward(manifest, instance, at);
  return runBackward(instance, at);
}

function forwardMode({ manifest, instance, call, random }: Context): Mode["along"] {
  const others = disturbedCalls(manifest, call, random);
  const along = (at: DirectedCall, direction: CallDirection): Weighted => {
    writeStored(instance, at.params);
    const result = instance.jvp?.(valuesOf(manifest, at), tangentsAlong(direction));
    return lossOf(flatten(result as Record<string, unknown>), call);
  };
  return (direction) => {
    const spread = others.map((at) => along(at, direction));
    return derivativeOf(along(call, direction), spread, precisionOf(manifest.dtype));
  };
}

/** `hvp` against differences of the gradient, weighted with a random direction; and along cotangents alone. */
export function checkSecondDerivatives(context: Context, findings: CheckFindings): void {
  const { manifest, instance, call, random } = context;
  const variables = variablesOf(manifest, call);
  if (variables.length === 0) return;
  const weights = variables.map(({ values }) => values.map(() => random.uniform(-1, 1)));
  const weighted = (gradient: Tensors): Weighted =>
    weigh(variables.map(({ gradient: name }, k) => [ofKey(gradient, name), at(weights, k)] as const));
  const others = disturbedCalls(manifest, call, random);
  const hvpAt = (
    at: DirectedCall,
    tangents: Record<string, unknown>,
    cotangentTangents?: Record<string, unknown>,
  ): Weighted => {
    writeStored(instance, at.params);
    const product = instance.hvp?.(valuesOf(manifest, at), tangents, cotangentsOf(at), cotangentTangents);
    return weighted(flatten(product as Record<string, unknown>));
  };
  const plain = variables.filter(({ name }) => !isDeclared(manifest, name));
  if (plain.length > 0) {
    const directions = drawDirections(plain, random, context.affordable(3 * runsOfDifferences), false);
    const along: Mode["along"] = (direction) => {
      const tangents = tangentsAlong(direction);
      const spread = others.map((at) => hvpAt(at, tangents));
      return derivativeOf(hvpAt(call, tangents), spread, precisionOf(manifest.dtype));
    };
    const start = gradientAt(context, call);
    const fn = {
      title: "differences of the gradient",
      at: (at: DirectedCall): number => weighted(difference(gradientAt(context, at), start)).sum,
    };
    compareWithDifferences(context, [{ title: "hvp", findings, along }], directions, fn);
  }
  checkCotangentTangents(context, findings, (at) => [
    weighted(gradientAt(context, at)),
    hvpAt(at, emptyRecord<unknown>(), cotangentsOf(at)),
  ]);
}

/** The gradient is linear in the cotangents: hvp along cotangents alone is the gradient of those. */
function checkCotangentTangents(
  { manifest, instance, call, random }: Context,
  findings: CheckFindings,
  both: (at: DirectedCall) => readonly [Weighted, Weighted],
): void {
  const others = disturbedCalls(manifest, call, random).map(both);
  const [gradient, product] = both(call).map((own, k) =>
    derivativeOf(
      own,
      others.map((pair) => pair[k as 0 | 1]),
      precisionOf(manifest.dtype),
    ),
  ) as [RoundedDerivative, RoundedDerivative];
  writeStored(instance, call.params);
  findings.measure(
    Math.abs(gradient.value - product.value),
    gradient.error + product.error,
    "all cotangents",
    () => `hvp along the cotangents is ${precise(product.value)}, the gradient ${precise(gradient.value)}`,
  );
}
