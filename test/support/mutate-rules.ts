/**
 * Derivative rules with one planted fault each. Every call that a rule makes is a step: the operations it emits, the values
 * it reads, the numbers it uses, and what it returns. A dry run lists the steps, and each is then broken in every way that still
 * gives a well-typed graph: sign, factor, a term left out, a wrong operand, a wrong axis.
 */
import type { GraphBuilder } from "../../compiler/ir/graph/build.js";
import type { Operation, ValueId, ValueType } from "../../compiler/ir/graph/graph-function.js";
import { inferTypes } from "../../compiler/ir/graph/shape-rules.js";
import { type ScalarOp, scalarArity } from "../../compiler/ir/ops/scalar-ops.js";
import { type DerivativeRules, derivativeRules } from "../../compiler/passes/autodiff/derivative-rules.js";
import type { Contribution, LinearRule, Site, StructuralKind } from "../../compiler/passes/autodiff/linear-rules.js";
import type { TangentMap, ScalarSite } from "../../compiler/passes/autodiff/scalar-derivatives.js";
import { constantOf, type Dim, dimConstant, equalDims, subtractDims } from "../../compiler/base/types/dim.js";
import { equalShapes, type Shape } from "../../compiler/base/types/shape.js";

/** A row of the tables: a scalar operation, or one direction of another operation. */
export type Row =
  | { readonly table: "scalar"; readonly op: ScalarOp }
  | { readonly table: "linear"; readonly kind: LinearKind; readonly rule: "tangent" | "cotangents" };

export type LinearKind = StructuralKind;

export const rowName = (row: Row): string => (row.table === "scalar" ? row.op : `${row.kind} ${row.rule}`);

/** Every row of the tables. */
export const allRows: readonly Row[] = [
  ...(Object.keys(scalarArity) as ScalarOp[]).map((op): Row => ({ table: "scalar", op })),
  ...(Object.keys(derivativeRules.linear) as LinearKind[]).flatMap((kind): Row[] => [
    { table: "linear", kind, rule: "tangent" },
    { table: "linear", kind, rule: "cotangents" },
  ]),
];

/** The rules with every step of a row under the eyes of `hand`. */
function rulesWith(row: Row, hand: Hand): DerivativeRules {
  if (row.table === "scalar") {
    const original = derivativeRules.scalar[row.op];
    const changed: typeof original = (site) => changedScalar(original, site, scalarArity[row.op], hand);
    return { ...derivativeRules, scalar: { ...derivativeRules.scalar, [row.op]: changed } };
  }
  const original = derivativeRules.linear[row.kind] as LinearRule<LinearKind>;
  const changed: LinearRule<LinearKind> =
    row.rule === "tangent"
      ? {
          ...original,
          tangent: (operation, site, tangents) => changedTangent(original, operation, site, tangents, hand),
        }
      : { ...original, cotangents: (operation, site, v) => changedCotangents(original, operation, site, v, hand) };
  return { ...derivativeRules, linear: { ...derivativeRules.linear, [row.kind]: changed } };
}

/** Sees the steps of a rule, each by its name, and may put something else in a step's place. */
interface Hand {
  /** @param variants What the step can become, by name, instead of `original`. */
  step<T>(name: string, original: T, variants: Readonly<Record<string, () => T>>): T;
}

/** One planted fault. */
export interface Mutation {
  readonly row: Row;
  /** `operand 1, mul: sign`. */
  readonly name: string;
  readonly rules: DerivativeRules;
}

/**
 * @param use Derives something with the rules in which the row is asked for, so that its steps show.
 */
export function mutationsOf(row: Row, use: (rules: DerivativeRules) => void): Mutation[] {
  const names = new Set<string>();
  use(
    rulesWith(row, {
      step(name, original, variants) {
        for (const variant of Object.keys(variants)) names.add(`${name}: ${variant}`);
        return original;
      },
    }),
  );
  return [...names].map((name) => ({
    row,
    name,
    rules: rulesWith(row, {
      step(own, original, variants) {
        const variant = name.startsWith(`${own}: `) ? variants[name.slice(own.length + 2)] : undefined;
        return variant === undefined ? original : variant();
      },
    }),
  }));
}

const another = 1.5;

/** What is wrong with a real value as a whole. */
function wholeVariants(b: GraphBuilder, value: ValueId): Record<string, () => ValueId> {
  const { shape, dtype } = b.typeOf(value);
  if (dtype !== "real") return {};
  return {
    sign: () => b.map("neg", value),
    factor: () => b.map("mul", value, b.constantOf(another, shape)),
  };
}

/** Wrong axes and places of a value as a whole. */
function orderVariants(b: GraphBuilder, value: ValueId): Record<string, () => ValueId> {
  const { shape, dtype } = b.typeOf(value);
  if (dtype !== "real" || shape.length === 0) return {};
  const [rows, columns] = shape;
  const isSquare = shape.length === 2 && rows !== undefined && columns !== undefined && equalDims(rows, columns);
  return {
    "wrong place": () => b.emit({ kind: "reverse", axis: 0 }, [value]),
    ...(isSquare ? { "wrong axis": () => b.transpose(value, [1, 0]) } : {}),
  };
}

const isSameType = (a: ValueType, b: ValueType): boolean => a.dtype === b.dtype && equalShapes(a.shape, b.shape);

/** An operation the rule emits: what it could emit instead, of the same type. */
function emitVariants(
  b: GraphBuilder,
  operation: Operation,
  operands: readonly ValueId[],
  result: ValueId,
): Record<string, () => ValueId> {
  const type = b.typeOf(result);
  const variants: Record<string, () => ValueId> = { ...wholeVariants(b, result) };
  for (const [i, operand] of operands.entries()) {
    const replaced = `term missing, operand ${i + 1} left`;
    if (type.dtype === "real" && isSameType(b.typeOf(operand), type)) variants[replaced] = () => operand;
  }
  const rank = b.typeOf(operands[0] ?? result).shape.length;
  for (const [name, other, order] of [
    ...otherOrders(operation, operands),
    ...otherOperations(operation, rank).map(([name, other]) => [name, other, operands] as const),
  ]) {
    const types = inferTypes(
      other,
      order.map((id) => b.typeOf(id)),
      b.context,
    );
    // What is not well-typed is found by the builder itself.
    if (typeof types === "string" || types[0] === undefined || !isSameType(types[0], type)) continue;
    variants[name] = () => b.emit(other, order);
  }
  if (type.dtype === "bool") variants["opposite"] = () => b.map("not", result);
  return variants;
}

type Other = readonly [name: string, operation: Operation, operands: readonly ValueId[]];

const commutative: ReadonlySet<string> = new Set(["add", "mul", "strong_mul", "min", "max", "eq", "ne", "and", "or"]);

/** The same operation with operands in another order. */
function otherOrders(operation: Operation, operands: readonly ValueId[]): Other[] {
  if (operation.kind !== "map" || commutative.has(operation.op)) return [];
  const [x, y, z] = operands;
  if (operation.op === "select") return [["wrong operand", operation, [x, z, y] as ValueId[]]];
  return operands.length === 2 ? [["wrong operand", operation, [y, x] as ValueId[]]] : [];
}

/** The same operands along other axes; where one is not well-typed it is not planted. */
function otherOperations(operation: Operation, rank: number): [name: string, operation: Operation][] {
  const wrong = (changed: readonly Operation[]): [string, Operation][] =>
    changed.map((other, i) => [`wrong axis ${i + 1}`, other]);
  switch (operation.kind) {
    case "reduce":
    case "broadcast": {
      const count = operation.kind === "reduce" ? rank : operation.shape.length;
      const axes = subsets(count, operation.axes.length).filter((set) => set.join() !== operation.axes.join());
      return wrong(axes.map((set): Operation => ({ ...operation, axes: set })));
    }
    case "contract":
      return wrong(
        (["a", "b", "result"] as const).flatMap((side): Operation[] =>
          operation[side].length < 2 ? [] : [{ ...operation, [side]: [...operation[side]].reverse() }],
        ),
      );
    default:
      return [];
  }
}

function subsets(count: number, size: number): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: count }, (_, last) => last).flatMap((last) =>
    subsets(last, size - 1).map((rest) => [...rest, last]),
  );
}

/** A builder whose operations are steps. Its helpers emit through `emit`, so that nothing goes past. */
function watched(b: GraphBuilder, hand: Hand, prefix: string, structural: boolean): GraphBuilder {
  let count = 0;
  const inner = Object.create(b) as GraphBuilder;
  inner.emit = (operation, operands) => {
    const result = b.emit(operation, operands);
    const name = operation.kind === "map" ? operation.op : operation.kind;
    const variants = emitVariants(b, operation, operands, result);
    // A number is a step before it is repeated.
    if (operation.kind === "broadcast" && operation.axes.length === 0) return result;
    const own = structural ? orderVariants(b, result) : {};
    return hand.step(`${prefix}${++count} ${name}`, result, { ...variants, ...own });
  };
  return inner;
}

/** What the rule reads: another operand of the same type instead. */
function watchedReads(site: Site, hand: Hand, prefix: string): Pick<Site, "x" | "y"> {
  const { b } = site;
  const others = (value: ValueId, from: readonly [string, () => ValueId][]): Record<string, () => ValueId> =>
    Object.fromEntries(
      from.flatMap(([name, read]) => {
        const other = read();
        return other !== value && isSameType(b.typeOf(other), b.typeOf(value))
          ? [[`wrong operand, ${name}`, () => other]]
          : [];
      }),
    );
  const all = (): [string, () => ValueId][] => [
    ...Array.from({ length: site.operandCount }, (_, i): [string, () => ValueId] => [
      `operand ${i + 1}`,
      () => site.x(i),
    ]),
    ["result", () => site.y()],
  ];
  return {
    x: (i) => hand.step(`${prefix}reads operand ${i + 1}`, site.x(i), others(site.x(i), all())),
    y: () => hand.step(`${prefix}reads the result`, site.y(), others(site.y(), all())),
  };
}

function changedScalar(
  original: (site: ScalarSite) => readonly (TangentMap | undefined)[],
  site: ScalarSite & Partial<Site>,
  arity: number,
  hand: Hand,
): readonly (TangentMap | undefined)[] {
  const { b } = site;
  const full = { ...site, operandCount: arity } as ScalarSite & Site;
  return Array.from({ length: arity }, (_, operand): TangentMap | undefined => {
    const prefix = `operand ${operand + 1}, `;
    const own = original({
      ...site,
      ...watchedReads(full, hand, prefix),
      b: watched(b, hand, prefix, false),
      c: (value) => hand.step(`${prefix}number ${value}`, site.c(value), value === 0 ? { "another number": () => site.c(1) } : { "another number": () => site.c(value * another), sign: () => site.c(-value) }), // prettier-ignore
    });
    const others = original(site);
    // Undefined is known to whoever asks for the row, before there is a cotangent.
    const nothing: TangentMap = (v) => v;
    const chosen = hand.step<TangentMap | undefined>(`${prefix}all`, own[operand], {
      ...(own[operand] === undefined
        ? b.typeOf(full.x(operand)).dtype === "real" && b.typeOf(full.y()).dtype === "real"
          ? { "something instead of nothing": () => nothing }
          : {}
        : { "term missing": () => undefined, "factor missing": () => nothing }),
      ...Object.fromEntries(
        others.flatMap((other, i) =>
          i === operand || other === undefined || own[operand] === undefined
            ? []
            : [[`wrong operand, that of ${i + 1}`, () => other] as const],
        ),
      ),
    });
    if (chosen === undefined) return undefined;
    return (v) => {
      const result = chosen(v);
      return hand.step(`${prefix}result`, result, wholeVariants(b, result));
    };
  });
}

function changedTangent(
  original: LinearRule<LinearKind>,
  operation: Operation,
  site: Site,
  tangents: readonly (ValueId | undefined)[],
  hand: Hand,
): ValueId | undefined {
  const { b } = site;
  const inner: Site = { ...site, ...watchedReads(site, hand, ""), b: watched(b, hand, "", true) };
  const known = tangents.filter((v) => v !== undefined).length;
  const kept = hand.step("tangents", tangents, {
    ...Object.fromEntries(
      tangents.flatMap((v, i) =>
        v === undefined || known < 2
          ? []
          : [[`term missing, that of operand ${i + 1}`, () => tangents.map((w, j) => (i === j ? undefined : w))]],
      ),
    ),
  });
  const result = original.tangent(operation as never, inner, kept);
  if (result === undefined) return undefined;
  return hand.step<ValueId | undefined>("all", result, {
    ...wholeVariants(b, result),
    ...orderVariants(b, result),
    "term missing": () => undefined,
  });
}

function changedCotangents(
  original: LinearRule<LinearKind>,
  operation: Operation,
  site: Site,
  v: ValueId,
  hand: Hand,
): readonly (Contribution | undefined)[] {
  const { b } = site;
  const inner: Site = { ...site, ...watchedReads(site, hand, ""), b: watched(b, hand, "", true) };
  const contributions = original.cotangents(operation as never, inner, v);
  return contributions.map((contribution, i) => {
    if (contribution === undefined) return undefined;
    const step = `operand ${i + 1}`;
    const typeOf = (c: Contribution): ValueType => b.typeOf(typeof c === "number" ? c : c.part);
    const swapped = contributions.flatMap((other, j) =>
      j !== i && other !== undefined && isSameType(typeOf(other), typeOf(contribution))
        ? [[`wrong operand, that of ${j + 1}`, () => other] as const]
        : [],
    );
    const change = (part: () => ValueId): (() => Contribution) =>
      typeof contribution === "number" ? part : () => ({ ...contribution, part: part() });
    const whole = typeof contribution === "number" ? contribution : contribution.part;
    const values = Object.entries({ ...wholeVariants(b, whole), ...orderVariants(b, whole) });
    return hand.step<Contribution | undefined>(step, contribution, {
      ...Object.fromEntries(values.map(([name, part]) => [name, change(part)])),
      ...Object.fromEntries(swapped),
      ...otherPlaces(contribution, site.shape(i), typeOf(contribution).shape),
      "term missing": () => undefined,
    });
  });
}

/** A slice handed back to another place. */
function otherPlaces(contribution: Contribution, shape: Shape, length: Shape): Record<string, () => Contribution> {
  if (typeof contribution === "number") return {};
  const { axis, start } = contribution;
  const last = subtractDims(shape[axis] as Dim, length[axis] as Dim);
  const other = constantOf(start) === 0 ? last : dimConstant(0);
  return equalDims(other, start) ? {} : { "wrong place": () => ({ ...contribution, start: other }) };
}
