/**
 * Where a row of the derivative tables is at work, so that a fault of its rule has somewhere to show: cells with one equation `t` that
 * has the operation, and graph functions for operations that no equation becomes.
 */
import { checkRules } from "../../compiler/tools/gradcheck/check-gradients.js";
import { manifestOf } from "../../compiler/tools/gradcheck/candidates.js";
import { drawPoint } from "../../compiler/tools/gradcheck/draw-point.js";
import { graphName, graphValues, numbersOf } from "../../compiler/tools/gradcheck/graph-point.js";
import { directionLike, forwardDisagrees, reverseDisagrees } from "../../compiler/tools/gradcheck/locate/disagree.js";
import type { DerivativeMode } from "../../compiler/tools/gradcheck/fault.js";
import { locateInForwardMode, locateInReverseMode } from "../../compiler/tools/gradcheck/locate/locate.js";
import { outputsByName, type LocatedSubject } from "../../compiler/tools/gradcheck/locate/subject.js";
import { sizesAt } from "../../compiler/tools/gradcheck/point.js";
import { wholeFunctionAt } from "../../compiler/tools/gradcheck/whole-function.js";
import { GraphBuilder } from "../../compiler/ir/graph/build.js";
import type { BatchValue } from "../../compiler/ir/graph/evaluate.js";
import { printFunction } from "../../compiler/ir/graph/print.js";
import type { GraphFunction, Operation, ValueId } from "../../compiler/ir/graph/graph-function.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import type { LoweredCell } from "../../compiler/program/base/lowered-cell.js";
import { shapeContext } from "../../compiler/ir/graph/shape-rules.js";
import { type DerivativeRules, derivativeRules } from "../../compiler/passes/autodiff/derivative-rules.js";
import { gradientOf, tangentsOnly } from "../../compiler/passes/autodiff/whole-derivatives.js";
import { cellContext, programOfCell } from "../../compiler/program/cell-program.js";
import { constantOf, dimConstant } from "../../compiler/base/types/dim.js";
import { createRandom } from "../../runtime/base/random.js";
import type { LinearKind, Row } from "./mutate-rules.js";
import { cellsOfLinear, cellsOfScalar, type RuleCell } from "./rule-cells.js";
import { cellAxes } from "../../compiler/base/types/call-axes.js";

export type Mode = DerivativeMode;

export interface Host {
  /** The equation: `t = sum(A, axis = 0)`. */
  readonly name: string;
  /** Kinds of derivatives that a fault of the row shows in. */
  readonly modes: readonly Mode[];
  /** What the rules derive, as text. */
  derive(rules: DerivativeRules, mode: Mode): string;
  /** What the checker makes of the rules: nothing, a fault, or a fault at the right place. */
  check(rules: DerivativeRules, mode: Mode): "missed" | "found" | "located";
  /** How far the derivatives are from those of the true rules at random points, without any measuring. */
  effect(rules: DerivativeRules, mode: Mode): number;
}

const random = (seed: number): ReturnType<typeof createRandom> => createRandom(seed);

export function hostsOf(row: Row): readonly Host[] {
  if (row.table === "scalar") {
    const isDerived = row.op === "strong_mul" || row.op === "strong_div";
    return cellsOfScalar(row.op).map((cell) => cellHost(row, cell, isDerived ? ["second"] : ["reverse", "forward"]));
  }
  const modes: readonly Mode[] = row.rule === "cotangents" ? ["reverse"] : ["forward", "second"];
  const isDerived = ["pad", "unwindow", "scatter_add", "batch_sum"].includes(row.kind);
  const cells = isDerived && row.rule === "cotangents" ? [] : cellsOfLinear(row.kind);
  return [
    ...cells.map((cell) => cellHost(row, cell, isDerived ? ["second"] : modes)),
    ...(graphOperations[row.kind] === undefined ? [] : [graphHost(row.kind, modes[0] as Mode)]),
  ];
}

const dimensions = { N: 4 };

function cellHost(row: Row, { text, line }: RuleCell, modes: readonly Mode[]): Host {
  const { cell } = lowerSource(text, { dimensions }, "all sizes");
  if (cell === undefined) throw new Error(text);
  const operations: readonly string[] = row.table === "scalar" ? [row.op] : row.kind === "reduce" ? ["sum", "max", "min"] : [row.kind]; // prettier-ignore
  return {
    name: text.split("\n")[line - 1]?.trim() ?? "",
    modes,
    derive: (rules, mode) => printFunction(derivedOf(mode, subjectOf(cell, 1, rules))),
    check(rules, mode) {
      const { mode: wrong, fault } = checkRules(text, rules, { dimensions, runs: 6, modes: [mode] });
      if (wrong === undefined) return "missed";
      const isRight = operations.includes(fault?.operation ?? "") && fault?.place?.line === line;
      return isRight ? "located" : "found";
    },
    effect: (rules, mode) => farthest(mode, [1, 2, 3, 4, 5], (seed, own) => subjectOf(cell, seed, own), rules),
  };
}

/** A cell at a random point, with tangents for everything. */
function subjectOf(cell: LoweredCell, seed: number, rules: DerivativeRules): LocatedSubject {
  const program = programOfCell(cell);
  const point = drawPoint(manifestOf(program), random(seed), { batch: 2, steps: 3 });
  return withTangents(
    {
      fn: wholeFunctionAt(program, point),
      context: cellContext(cell),
      values: graphValues(point),
      sizes: sizesAt(point),
      rules,
    },
    point.indices.map(graphName),
  );
}

function withTangents(subject: LocatedSubject, indices: readonly string[] = []): LocatedSubject {
  const known = [...subject.values].filter(([name]) => !indices.includes(name));
  const tangents = known.map(([name, value]) => [`tangent.${name}`, directionLike(value)] as const);
  return { ...subject, values: new Map([...subject.values, ...tangents]) };
}

function derivedOf(mode: Mode, { fn, context, rules }: LocatedSubject): GraphFunction {
  if (mode === "forward") return tangentsOnly(fn, context, rules);
  const gradient = gradientOf(fn, context, rules);
  return mode === "reverse" ? gradient : tangentsOnly(gradient, context, rules);
}

/** The largest difference between what the rules give and what they should, at some points. */
function farthest(
  mode: Mode,
  seeds: readonly number[],
  at: (seed: number, rules: DerivativeRules) => LocatedSubject,
  rules: DerivativeRules,
): number {
  const distances = seeds.map((seed) => {
    const [truth, changed] = [derivativeRules, rules].map((own) => {
      const subject = at(seed, own);
      return [...outputsByName(derivedOf(mode, subject), subject.values, subject.sizes).values()].flatMap(numbersOf);
    }) as [number[], number[]];
    return truth.map((x, i) => (Object.is(x, changed[i]) ? 0 : Math.abs(x - (changed[i] as number))));
  });
  return Math.max(...distances.flat());
}

/** Operations that the compiler makes and no equation does, on `a: [4]`; or on `[4, 2]`. */
const graphOperations: Partial<Record<LinearKind, (b: GraphBuilder, a: ValueId, table: ValueId) => ValueId>> = {
  reverse: (b, a) => b.emit({ kind: "reverse", axis: 0 }, [a]),
  pad: (b, a) => b.emit({ kind: "pad", axis: 0, before: dimConstant(1), after: dimConstant(2) }, [a]),
  unwindow: (b, _, table) =>
    b.emit({ kind: "unwindow", axis: 0, size: dimConstant(5), stride: dimConstant(1), dilation: dimConstant(1) }, [
      table,
    ]),
  scatter_add: (b, _, table) => {
    const index = b.input("k", { dtype: "index", shape: [dimConstant(4)], shared: false });
    return b.emit({ kind: "scatter_add", along: 0, size: dimConstant(3) }, [index, table]);
  },
  batch_sum: (b, a) => b.emit({ kind: "batch_sum" }, [a]),
};

function graphHost(kind: LinearKind, mode: Mode): Host {
  const context = shapeContext(cellAxes([]));
  const b = new GraphBuilder("row", context);
  const [four, two] = [dimConstant(4), dimConstant(2)];
  const x = b.input("x", { dtype: "real", shape: [four], shared: false });
  const X = b.input("X", { dtype: "real", shape: [four, two], shared: false });
  const t = (graphOperations[kind] as (b: GraphBuilder, a: ValueId, table: ValueId) => ValueId)(b, b.map("sin", x), b.map("sin", X)); // prettier-ignore
  b.nameValue(t, "t");
  const fn = b.finish([{ name: "y", value: b.map("cos", t) }]);
  const at = (seed: number, rules: DerivativeRules): LocatedSubject => {
    const source = random(seed);
    const draw = (shape: readonly number[]): BatchValue => ({
      examples: [0, 1].map(() => ({
        shape,
        data: Float64Array.from({ length: shape.reduce((n, size) => n * size, 1) }, () => source.uniform(-1, 1)),
      })),
    });
    const shape = b.shapeOf(t).map((dim) => constantOf(dim) as number);
    const k = [0, 1].map((example) => ({ shape: [4], data: Float64Array.of(2, example, 0, 2) }));
    const values = new Map<string, BatchValue>([
      ["x", draw([4])],
      ["X", draw([4, 2])],
      ["k", { examples: k }],
      ["grad.y", draw(shape)],
    ]);
    return withTangents({ fn, context, values, sizes: [new Map([["%T", 1]]), new Map([["%T", 1]])], rules }, ["k"]);
  };
  return {
    name: `t = ${kind}`,
    modes: [mode],
    derive: (rules) => printFunction(derivedOf(mode, at(1, rules))),
    check(rules) {
      const subject = at(1, rules);
      if (!(mode === "reverse" ? reverseDisagrees(subject) : forwardDisagrees(subject))) return "missed";
      const found = mode === "reverse" ? locateInReverseMode(subject) : locateInForwardMode(subject);
      const operation: Operation["kind"] | undefined = found?.instruction.operation.kind;
      return operation === kind ? "located" : "found";
    },
    effect: (rules) => farthest(mode, [1, 2, 3], at, rules),
  };
}
