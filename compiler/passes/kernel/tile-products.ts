/**
 * Expands product statements into loops over register tiles of scalar accumulators: `rows × columns` sums run side by
 * side through one loop over what is contracted. Every sum is added in the same order whatever its tile, so tiling
 * never changes a bit.
 */
import { at } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import {
  addAffine,
  affineConstant,
  affineVariable,
  plainValue,
  substituteAffine,
  subtractAffine,
} from "../../ir/kernel/affine.js";
import { MadeNames } from "../../ir/kernel/fresh-names.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import type {
  Affine,
  LoopAxis,
  KernelExpression,
  PlainProduct,
  ProductStatement,
  Statement,
} from "../../ir/kernel/kernel-program.js";
import { isPlain, mapExpression, mapParts } from "../../ir/kernel/visit.js";
import { BATCH_SYMBOL, dimSymbol } from "../../base/types/dim.js";
import { inRegions, type PlannedPass } from "./kernel-pass.js";
import type { ScalarTarget } from "./target.js";

const BATCH = affineConstant(dimSymbol(BATCH_SYMBOL));

export const tileProductsPass: PlannedPass<ScalarTarget> = {
  name: "tile-products",
  summary: "expand products into loops over tiles of sums that run side by side",
  run: (program, { machine }) => inRegions(program, (body, bound) => tileProducts(body, machine, bound)),
};

/** `statements` is the body of one region, where names are bound. */
export function tileProducts(
  statements: readonly Statement[],
  machine: ScalarTarget,
  bound: ReadonlySet<string>,
): Statement[] {
  const names = new MadeNames(bound);
  const tiled = (list: readonly Statement[]): Statement[] =>
    list.flatMap((statement): Statement[] => {
      if (statement.kind === "product") return tile(plainProduct(statement), machine, names);
      if (statement.kind === "pieces") return [mapParts(statement, tiled)];
      if (statement.kind === "for") return [{ ...statement, body: tiled(statement.body) }];
      return [statement];
    });
  return tiled(statements);
}

/** The passes of a scalar target give no product a schedule: tiles would leave it out. */
function plainProduct(product: ProductStatement): PlainProduct {
  invariant(isPlain(product), "a product that is scheduled for vectors");
  return product;
}

function tile(product: PlainProduct, { tiles }: ScalarTarget, names: MadeNames): Statement[] {
  const shapes = product.rows === undefined ? tiles.filter(({ rows }) => rows === 1) : tiles;
  return forBlocks(
    product.rows,
    shapes.map(({ rows }) => rows),
    { suffix: "", names },
    (rowCount, rows) => {
      const shape = shapes.find((candidate) => candidate.rows === rowCount);
      return forBlocks(
        product.columns,
        shape?.columns ?? [1],
        { suffix: rowCount > 1 ? `${rowCount}` : "", names },
        (_, columns) => tileBody(product, rows, columns, names),
      );
    },
  );
}

/** How what is made for a loop in blocks is called: by the axis, what tells it from another such loop, and no name that is bound. */
interface BlockNames {
  readonly suffix: string;
  readonly names: MadeNames;
}

/** Loops over an axis in blocks of each size in turn, what is left after one size goes to the next. */
function forBlocks(
  axis: LoopAxis | undefined,
  blockSizes: readonly number[],
  { suffix, names }: BlockNames,
  body: (size: number, members: readonly Affine[]) => Statement[],
): Statement[] {
  if (axis === undefined) return body(1, [affineConstant(0)]);
  const counted = countedAxis(axis, { suffix, names });
  const statements: Statement[] = [...counted.before];
  const { end, list, position } = counted;
  let from = affineConstant(0);
  for (const [i, size] of blockSizes.entries()) {
    const constant = plainValue(subtractAffine(end, from));
    if (constant !== undefined && constant < size) continue;
    let to = end;
    if (size > 1 && constant !== undefined) to = addAffine(from, affineConstant(constant - (constant % size)));
    else if (size > 1) {
      const rest = names.of(`${axis.variable}Rest${suffix}${i === 0 ? "" : String(size)}`);
      const [left, right] = [subtractAffine(end, from), affineConstant(size)];
      statements.push({ kind: "let_index", name: rest, value: { kind: "remainder", left, right } });
      to = subtractAffine(end, affineVariable(rest));
    }
    const { prologue, members } = membersOf(axis.variable, { position, list, size }, names);
    const extent = { kind: "affine", value: to } as const;
    const inside = [...prologue, ...body(size, members)];
    statements.push({ kind: "for", variable: position, extent, from, step: size, reverse: false, body: inside });
    from = to;
  }
  return statements;
}

/** An axis as a count. */
interface CountedAxis {
  /** What its end needs. */
  readonly before: readonly Statement[];
  readonly end: Affine;
  /** The examples that it counts, where they are listed. */
  readonly list: string | undefined;
  /** What is counted: the variable, or places in the list. */
  readonly position: string;
}

function countedAxis({ variable, extent }: LoopAxis, { suffix, names }: BlockNames): CountedAxis {
  const plain = { before: [], list: undefined, position: variable };
  if (extent.kind === "affine") return { ...plain, end: extent.value };
  if (extent.kind === "size" || extent.kind === "part") {
    const name = names.of(`${variable}Size${suffix}`);
    return { ...plain, before: [{ kind: "let_index", name, value: extent }], end: affineVariable(name) };
  }
  const { examples } = extent;
  if (examples.kind === "all") return { ...plain, end: BATCH };
  return {
    before: [],
    list: examples.list,
    end: affineVariable(examples.count),
    position: names.of(`${variable}Position`),
  };
}

/** What the axis is in each place of a block, and what has to be read for it. */
function membersOf(
  variable: string,
  { position, list, size }: Pick<CountedAxis, "position" | "list"> & { readonly size: number },
  made: MadeNames,
): { readonly prologue: readonly Statement[]; readonly members: readonly Affine[] } {
  const places = Array.from({ length: size }, (_, n) => addAffine(affineVariable(position), affineConstant(n)));
  if (list === undefined) return { prologue: [], members: places };
  const names = places.map((_, n) => (size === 1 ? variable : made.of(`${variable}${n}`)));
  return {
    prologue: places.map((offset, n) => {
      const value = { kind: "load", access: { buffer: list, offset } } as const;
      return { kind: "let_index", name: at(names, n), value };
    }),
    members: names.map(affineVariable),
  };
}

function tileBody(
  product: PlainProduct,
  rows: readonly Affine[],
  columns: readonly Affine[],
  names: MadeNames,
): Statement[] {
  const substitutionAt = (row: Affine | undefined, column: Affine | undefined) => {
    const replacements = new Map<string, Affine>();
    if (product.rows !== undefined && row !== undefined) replacements.set(product.rows.variable, row);
    if (product.columns !== undefined && column !== undefined) replacements.set(product.columns.variable, column);
    return {
      affine: (value: Affine) => substituteAffine(value, replacements),
    };
  };
  const name = (row: number, column: number) => {
    if (rows.length === 1) return names.of(columns.length === 1 ? "sum" : `sum${column}`);
    return names.of(columns.length === 1 ? `sum${row}` : `sum${row}${column}`);
  };
  const before: Statement[] = [];
  const inner: Statement[] = [];
  const after: Statement[] = [];
  const load = (prefix: string, access: ProductStatement["a"], members: readonly Affine[], isRow: boolean) =>
    members.map((member, n): KernelExpression => {
      const variable = names.of(members.length === 1 ? prefix : `${prefix}${n}`);
      const { affine } = isRow ? substitutionAt(member, undefined) : substitutionAt(undefined, member);
      const value: KernelExpression = {
        kind: "load",
        access: { buffer: access.buffer, offset: affine(access.offset) },
        dtype: "real",
      };
      inner.push({ kind: "let", name: variable, value });
      return { kind: "variable", name: variable, dtype: "real" };
    });
  const left = load("x", product.a, rows, true);
  const right = load("w", product.b, columns, false);
  for (const [r, row] of rows.entries()) {
    for (const [c, column] of columns.entries()) {
      const { affine } = substitutionAt(row, column);
      const zero: KernelExpression = { kind: "literal", value: 0, dtype: "real" };
      const initial = product.initial === undefined ? zero : mapExpression(product.initial, { affine });
      before.push({ kind: "accumulator", name: name(r, c), initial });
      const operands = [at(left, r), at(right, c)];
      const value: KernelExpression = { kind: "operation", op: "mul", operands, dtype: "real" };
      inner.push({ kind: "accumulate", name: name(r, c), op: "sum", value });
      const access = { buffer: product.out.buffer, offset: affine(product.out.offset) };
      const sum: KernelExpression = { kind: "variable", name: name(r, c), dtype: "real" };
      const result = product.result && mapExpression(product.result, { affine, variable: () => name(r, c) });
      after.push({ kind: "store", access, value: result ?? sum, mode: "set" });
    }
  }
  return [...before, ...loopsAround(product.contracted, inner), ...after];
}
