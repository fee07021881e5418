/**
 * Expands sums in four parts for targets without vectors: four scalar accumulators, the innermost loop in rounds of four
 * elements, and what is left after it. Each part takes the same elements in the same order as a lane of a vector would.
 */
import { addAffine, affineConstant, affineVariable, substituteAffine, subtractAffine } from "../../ir/kernel/affine.js";
import {
  type Affine,
  type KernelExpression,
  type ForStatement,
  PARTIALS,
  type Statement,
} from "../../ir/kernel/kernel-program.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { mapParts, mapStatement } from "../../ir/kernel/visit.js";
import { constantOf } from "../../base/types/dim.js";
import { MadeNames } from "../../ir/kernel/fresh-names.js";
import { inRegions, type PlannedPass } from "./kernel-pass.js";

type Accumulator = Extract<Statement, { kind: "accumulator" }>;

export const interleaveSumsPass: PlannedPass = {
  name: "interleave-sums",
  summary: "expand sums in four parts into four sums side by side",
  run: (program) => inRegions(program, interleaveSums),
};

/** `statements` is the body of one region, where names are bound. */
function interleaveSums(statements: readonly Statement[], bound: ReadonlySet<string>): Statement[] {
  return expandBody(statements, new Map(), new MadeNames(bound));
}

/** `open` holds the accumulators in parts that are declared around the statements. */
function expandBody(
  statements: readonly Statement[],
  open: ReadonlyMap<string, Accumulator>,
  names: MadeNames,
): Statement[] {
  const known = new Map(open);
  return statements.flatMap((statement): Statement[] => {
    if (statement.kind === "accumulator" && statement.lanes !== undefined) {
      known.set(statement.name, statement);
      const { name, initial } = statement;
      return parts(name, names).map((part) => ({ kind: "accumulator", name: part, initial }));
    }
    if (statement.kind === "for") {
      const counts = [...known.values()].some(({ lanes }) => lanes?.variable === statement.variable);
      return counts
        ? inRounds(statement, known, names)
        : [{ ...statement, body: expandBody(statement.body, known, names) }];
    }
    if (statement.kind === "pieces") return [mapParts(statement, (part) => expandBody(part, known, names))];
    if (
      statement.kind === "store" ||
      statement.kind === "let" ||
      statement.kind === "accumulate" ||
      statement.kind === "assign"
    ) {
      return [{ ...statement, value: combined(statement.value, known, names) }];
    }
    return [statement];
  });
}

function parts(name: string, names: MadeNames): string[] {
  return Array.from({ length: PARTIALS }, (_, part) => names.of(`${name}${part}`));
}

/** Replaces reads of accumulators in parts by `(p0 + p2) + (p1 + p3)`. */
function combined(
  value: KernelExpression,
  known: ReadonlyMap<string, Accumulator>,
  names: MadeNames,
): KernelExpression {
  if (value.kind === "variable" && known.has(value.name)) {
    const [p0, p1, p2, p3] = parts(value.name, names).map((name): KernelExpression => ({
      kind: "variable",
      name,
      dtype: "real",
    }));
    return plus(plus(p0, p2), plus(p1, p3));
  }
  if (value.kind === "operation") {
    return { ...value, operands: value.operands.map((operand) => combined(operand, known, names)) };
  }
  if (value.kind === "choice") {
    return { ...value, below: combined(value.below, known, names), otherwise: combined(value.otherwise, known, names) };
  }
  return value;
}

function plus(a: KernelExpression | undefined, b: KernelExpression | undefined): KernelExpression {
  return { kind: "operation", op: "add", operands: [a as KernelExpression, b as KernelExpression], dtype: "real" };
}

function inRounds(loop: ForStatement, known: ReadonlyMap<string, Accumulator>, names: MadeNames): Statement[] {
  const { variable, extent } = loop;
  invariant(loop.from === undefined, "parts are counted from 0");
  const result: Statement[] = [];
  let end: Affine;
  if (extent.kind === "affine") end = extent.value;
  else {
    const name = names.of(`${variable}Size`);
    invariant(extent.kind !== "examples", "examples are added one after the other");
    result.push({ kind: "let_index", name, value: extent });
    end = affineVariable(name);
  }
  const count = end.terms.length === 0 ? constantOf(end.constant) : undefined;
  let rounds: Affine;
  if (count !== undefined) rounds = affineConstant(count - (count % PARTIALS));
  else {
    const name = names.of(`${variable}Rest`);
    result.push({
      kind: "let_index",
      name,
      value: { kind: "remainder", left: end, right: affineConstant(PARTIALS) },
    });
    rounds = subtractAffine(end, affineVariable(name));
  }
  const round = (from: Affine, to: Affine, members: readonly number[]): Statement => ({
    kind: "for",
    variable,
    extent: { kind: "affine", value: to },
    from,
    step: PARTIALS,
    reverse: false,
    body: members.flatMap((part, n) => member(loop.body, { variable, part, offset: n }, known, names)),
  });
  const all = Array.from({ length: PARTIALS }, (_, part) => part);
  if (count === undefined || count >= PARTIALS) result.push(round(affineConstant(0), rounds, all));
  for (const part of all.slice(0, count === undefined ? PARTIALS - 1 : count % PARTIALS)) {
    // Runs once at most: fewer than four elements are left.
    result.push({
      ...round(addAffine(rounds, affineConstant(part)), end, [part]),
      body: member(loop.body, { variable, part, offset: 0 }, known, names),
    } as ForStatement);
  }
  return result;
}

/** The element `offset` after the variable, whose sums go to `part`. */
interface RoundMember {
  readonly variable: string;
  readonly part: number;
  readonly offset: number;
}

/** The body for one of them. */
function member(
  body: readonly Statement[],
  { variable, part, offset }: RoundMember,
  known: ReadonlyMap<string, Accumulator>,
  made: MadeNames,
): Statement[] {
  const names = new Map<string, string>();
  for (const statement of body) {
    if (statement.kind === "let" || statement.kind === "let_index") {
      names.set(statement.name, offset === 0 ? statement.name : made.of(`${statement.name}Part${offset}`));
    }
  }
  const indices = new Map([...names].map(([name, renamed]): [string, Affine] => [name, affineVariable(renamed)]));
  indices.set(variable, addAffine(affineVariable(variable), affineConstant(offset)));
  return body.map((statement) => {
    const moved = mapStatement(statement, {
      affine: (value) => substituteAffine(value, indices),
      variable: (name) => names.get(name) ?? name,
    });
    if (moved.kind === "let_index") return { ...moved, name: names.get(moved.name) ?? moved.name };
    if (moved.kind === "accumulate" && known.get(moved.name)?.lanes?.variable === variable) {
      return { ...moved, name: made.of(`${moved.name}${part}`) };
    }
    return moved;
  });
}
