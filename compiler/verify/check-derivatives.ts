/**
 * Derivatives of a module against differences of its own `forward`, in the module's precision.
 *
 * For each tensor a direction that changes every number by the same amount up or down, and some along single numbers. The
 * differences bring an error bar (`differences.ts`); where it is wide next to the derivative, nothing can be said and the
 * direction does not count. Arguments lie on a grid on which steps are exact, so float32 arguments round nothing.
 */
import { declares } from "../gradcheck/declared-distances.js";
import { differentiate, type Difference } from "../gradcheck/differences.js";
import type { Random } from "../../runtime/random.js";
import { type Call, cotangentsOf, flatten, grid, setParams, type Tensors, valuesOf } from "./call.js";
import type { Context } from "./context.js";
import type { Findings } from "./report.js";

interface Variable {
  readonly role: "param" | "input" | "context" | "state";
  readonly name: string;
  /** Under which `flatten` gives its gradient. */
  readonly gradient: string;
  readonly values: Float64Array;
  readonly lastAxis: number;
}

/** Everything that has a gradient. */
function variablesOf({ manifest }: Context, call: Call): Variable[] {
  const lastAxis = (shape: readonly (number | string)[]): number => {
    const size = shape[shape.length - 1];
    return typeof size === "number" ? size : size === undefined ? 1 : (call.capacities[size] as number);
  };
  const list = (
    role: Variable["role"],
    entries: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[],
    from: Tensors,
    prefix: string,
  ): Variable[] =>
    entries.map(({ name, shape }) => ({
      role,
      name,
      gradient: prefix + name,
      values: from[name] as Float64Array,
      lastAxis: lastAxis(shape),
    }));
  return [
    ...list("param", manifest.params, call.params, "params "),
    ...list(
      "input",
      manifest.inputs.filter(({ dtype }) => dtype === "real"),
      call.inputs,
      "",
    ),
    ...list("context", manifest.contexts, call.contexts, ""),
    ...list("state", manifest.states, call.states, "initial "),
  ].filter(({ values }) => values.length > 0);
}

interface Direction {
  readonly values: Float64Array;
  readonly label: string;
  /** The first step of the differences. */
  readonly step: number;
}

/** Numbers of a tensor that are tried one by one. */
const singles = 3;

function directionsFor({ values, lastAxis }: Variable, random: Random): Direction[] {
  const { length } = values;
  const dense = Float64Array.from({ length }, () => (random.integer(2) === 0 ? 1 : -1));
  const denseStep = 2 ** -(3 + Math.ceil(Math.log2(lastAxis) / 2));
  const directions: Direction[] = [{ values: dense, label: "all numbers", step: denseStep }];
  const places = new Set(Array.from({ length: Math.min(singles, length) }, () => random.integer(length)));
  for (const place of places) {
    const single = new Float64Array(length);
    single[place] = 1;
    directions.push({ values: single, label: `[${place}]`, step: 2 ** -3 });
  }
  return directions;
}

/** Of the loss along a direction, by the modes that the module has. */
interface Derivatives {
  readonly where: string;
  readonly reverse: number | undefined;
  readonly tangent: number | undefined;
  /** The sum of the absolute terms. */
  readonly size: number;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
};
const absoluteDot = (a: Float64Array, b: Float64Array): number => dot(a.map(Math.abs), b.map(Math.abs));

/** `Σ cotangent · result` over what `forward` and `jvp` give, and the sum of the absolute terms. */
function weigh(result: Tensors, { cotangents }: Call): { sum: number; size: number } {
  let sum = 0;
  let size = 0;
  const add = (values: Float64Array, weights: Float64Array): void => {
    sum += dot(values, weights);
    size += absoluteDot(values, weights);
  };
  for (const [name, weights] of Object.entries(cotangents.outputs)) add(result[name] as Float64Array, weights);
  for (const [name, weights] of Object.entries(cotangents.finals))
    add(result[`final ${name}`] as Float64Array, weights);
  return { sum, size };
}

/** What the precision of the module makes of comparisons. */
export function limits(dtype: "f32" | "f64"): { unit: number; tolerance: number; readable: number } {
  return dtype === "f64"
    ? { unit: 2 ** -53, tolerance: 1e-9, readable: 1e-4 }
    : { unit: 2 ** -24, tolerance: 1e-4, readable: 2e-2 };
}

/**
 * `gradient` and `jvp`, which share the differences. Where derivatives are declared, they are compared with each other only.
 */
export function checkFirstDerivatives(
  context: Context,
  call: Call,
  findings: { gradient: Findings; jvp: Findings },
): void {
  const { manifest, instance, random } = context;
  const { has, dtype } = manifest;
  const { unit, tolerance, readable } = limits(dtype);
  setParams(instance, call.params);
  const values = (): Record<string, unknown> => valuesOf(manifest, call);
  const start = flatten(instance.forward(values()));
  const gradient = has.gradient
    ? flatten(instance.backward?.(cotangentsOf(call)) as Record<string, unknown>)
    : undefined;
  const compareWithDifferences = (variable: Variable, direction: Direction, own: Derivatives): void => {
    const { where, size, reverse, tangent } = own;
    const numeric = alongDirection(
      context,
      call,
      variable,
      direction,
      () => {
        const here = flatten(instance.forward(values()));
        for (const [name, list] of Object.entries(here)) {
          const base = start[name] as Float64Array;
          for (let i = 0; i < list.length; i++) list[i] = (list[i] as number) - (base[i] as number);
        }
        return weigh(here, call).sum;
      },
      { precision: unit, goal: (tolerance / 4) * size },
    );
    const readableHere = numeric.kind === "smooth" && numeric.error <= readable * size + unit;
    const against = (value: number | undefined, into: Findings, what: string): void => {
      if (value === undefined) return;
      const excess = excessOf(value, numeric);
      // Where differences are too coarse to agree, they may still be precise enough to disagree.
      if (!readableHere && !(numeric.kind === "smooth" && excess > 0)) return;
      into.measure(
        excess / Math.max(size, Math.abs(numeric.value), unit),
        tolerance,
        () =>
          `${what} by ${where} is ${precise(value)}, differences give ${precise(numeric.value)} ± ${numeric.error.toExponential(1)}`,
      );
    };
    against(reverse, findings.gradient, "the gradient");
    against(tangent, findings.jvp, "jvp");
  };
  for (const variable of variablesOf(context, call)) {
    for (const direction of directionsFor(variable, random)) {
      const tangent = has.jvp ? jvpAlong(context, call, variable, direction.values) : undefined;
      const own = gradient?.[variable.gradient];
      const reverse = own === undefined ? undefined : dot(own, direction.values);
      const size = Math.max(
        finite(own === undefined ? 0 : absoluteDot(own, direction.values)),
        finite(tangent?.size ?? 0),
      );
      const where = `${variable.role} ${variable.name}, ${direction.label}`;
      if (!declares(manifest))
        compareWithDifferences(variable, direction, { where, size, reverse, tangent: tangent?.sum });
      if (reverse !== undefined && tangent !== undefined) {
        findings.jvp.measure(
          Math.abs(reverse - tangent.sum) / Math.max(size, unit),
          Math.max(tolerance, 1e3 * unit),
          () => `by ${where} forward mode gives ${precise(tangent.sum)}, reverse mode ${precise(reverse)}`,
        );
      }
    }
  }
  setParams(instance, call.params);
}

/** Terms that are not finite set no scale: they are errors themselves. */
const finite = (size: number): number => (Number.isFinite(size) ? size : 0);

/** How far a number is beyond the error bar; one that is not finite is far beyond. */
function excessOf(value: number, { value: numeric, error }: Difference): number {
  return Number.isFinite(value) ? Math.max(0, Math.abs(value - numeric) - 3 * error) : Infinity;
}

const precise = (value: number): string => String(Number(value.toPrecision(8)));

function jvpAlong({ manifest, instance }: Context, call: Call, variable: Variable, direction: Float64Array) {
  const tangents = tangentsAlong(variable, direction);
  return weigh(flatten(instance.jvp?.(valuesOf(manifest, call), tangents) as Record<string, unknown>), call);
}

function tangentsAlong({ role, name }: Variable, direction: Float64Array): Record<string, unknown> {
  const tangents = Object.create(null) as Record<string, unknown>;
  if (role === "param") tangents["params"] = Object.assign(Object.create(null), { [name]: direction });
  else tangents[name] = direction;
  return tangents;
}

/** A random change of everything that has a gradient. */
export function drawTangents(context: Context): Record<string, unknown> {
  const tangents = Object.create(null) as Record<string, unknown>;
  const params = Object.create(null) as Record<string, unknown>;
  for (const { role, name, values } of variablesOf(context, context.call)) {
    (role === "param" ? params : tangents)[name] = values.map(() => grid(context.random.uniform(-1, 1)));
  }
  return Object.assign(tangents, { params });
}

/** Differentiates what `f` gives while a tensor moves along a direction, and puts the tensor back. */
function alongDirection(
  { instance }: Context,
  call: Call,
  { role, name, values }: Variable,
  { values: direction, step }: Direction,
  f: () => number,
  options: { readonly precision: number; readonly goal: number },
): Difference {
  const original = values.slice();
  const at = (t: number): number => {
    for (let i = 0; i < values.length; i++) values[i] = (original[i] as number) + t * (direction[i] as number);
    if (role === "param") instance.params[name]?.set(values);
    return f();
  };
  try {
    return differentiate(at, { step, ...options });
  } finally {
    values.set(original);
    if (role === "param") setParams(instance, call.params);
  }
}

/** `hvp` against differences of the gradient, weighted with a random direction; and along cotangents alone. */
export function checkSecondDerivatives(context: Context, call: Call, findings: Findings): void {
  const { manifest, instance, random } = context;
  const { unit, tolerance, readable } = limits(manifest.dtype);
  setParams(instance, call.params);
  const variables = variablesOf(context, call);
  const weights = tensorsOf(variables, () => random.uniform(-1, 1));
  const weighted = (gradient: Tensors): { sum: number; size: number } => {
    let sum = 0;
    let size = 0;
    for (const { gradient: name } of variables) {
      sum += dot(gradient[name] as Float64Array, weights[name] as Float64Array);
      size += absoluteDot(gradient[name] as Float64Array, weights[name] as Float64Array);
    }
    return { sum, size };
  };
  const gradientHere = (): Tensors => {
    instance.forward(valuesOf(manifest, call));
    return flatten(instance.backward?.(cotangentsOf(call)) as Record<string, unknown>);
  };
  const start = gradientHere();
  for (const variable of declares(manifest) ? [] : variables) {
    for (const direction of directionsFor(variable, random).slice(0, 2)) {
      const tangents = tangentsAlong(variable, direction.values);
      const product = flatten(
        instance.hvp?.(valuesOf(manifest, call), tangents, cotangentsOf(call)) as Record<string, unknown>,
      );
      const { sum, size: terms } = weighted(product);
      const size = finite(terms);
      const numeric = alongDirection(
        context,
        call,
        variable,
        direction,
        () => {
          const here = gradientHere();
          for (const { gradient } of variables) {
            const [list, base] = [here[gradient] as Float64Array, start[gradient] as Float64Array];
            for (let i = 0; i < list.length; i++) list[i] = (list[i] as number) - (base[i] as number);
          }
          return weighted(here).sum;
        },
        { precision: unit, goal: (tolerance / 4) * size },
      );
      const excess = excessOf(sum, numeric);
      if (numeric.kind !== "smooth" || !(numeric.error <= readable * size + unit || excess > 0)) continue;
      findings.measure(
        excess / Math.max(size, Math.abs(numeric.value), unit),
        tolerance,
        () =>
          `hvp along ${variable.role} ${variable.name}, ${direction.label} is ${precise(sum)}, differences of the gradient give ${precise(numeric.value)} ± ${numeric.error.toExponential(1)}`,
      );
    }
  }
  checkCotangentTangents(context, call, findings, variables, weighted);
}

function tensorsOf(variables: readonly Variable[], value: () => number): Tensors {
  const made = Object.create(null) as Tensors;
  for (const { gradient, values } of variables) made[gradient] = values.map(value);
  return made;
}

/** The gradient is linear in the cotangents: hvp along cotangents alone is the gradient of those. */
function checkCotangentTangents(
  { manifest, instance }: Context,
  call: Call,
  findings: Findings,
  variables: readonly Variable[],
  weighted: (gradient: Tensors) => { sum: number; size: number },
): void {
  if (variables.length === 0) return;
  const { tolerance } = limits(manifest.dtype);
  instance.forward(valuesOf(manifest, call));
  const gradient = weighted(flatten(instance.backward?.(cotangentsOf(call)) as Record<string, unknown>));
  const product = weighted(
    flatten(instance.hvp?.(valuesOf(manifest, call), {}, {}, cotangentsOf(call)) as Record<string, unknown>),
  );
  findings.measure(
    Math.abs(gradient.sum - product.sum) / Math.max(gradient.size, Number.MIN_VALUE),
    tolerance,
    () => `hvp along the cotangents is ${precise(product.sum)}, the gradient ${precise(gradient.sum)}`,
  );
}
