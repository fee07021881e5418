/**
 * Cuts loops where a choice between pieces (of a concatenation, a padding, a rotation) changes sides, so that every part has
 * one side only and runs in lanes. The elements are computed in the same order as before.
 *
 * Leaves alone: loops over sizes that a call gives, loops that sum (their partial sums count from the first element), and
 * loops with so many pieces that the code would grow more than it gains.
 */
import {
  addAffine,
  affineConstant,
  affineVariable,
  plainExtent,
  plainValue,
  substituteAffine,
  subtractAffine,
} from "../../ir/kernel/affine.js";
import type { Affine, Expression, ForStatement, Statement } from "../../ir/kernel/types.js";
import { mapStatement } from "../../ir/kernel/visit.js";
import { constantOf } from "../../types/dim.js";
import type { KernelPass } from "./kernel-pass.js";

/** Parts of one loop at most. */
const MOST_PARTS = 8;

export const splitPieces: KernelPass = {
  name: "split-pieces",
  summary: "cut loops where a choice between pieces changes sides",
  run: (kernels) => ({
    ...kernels,
    functions: kernels.functions.map((fn) => ({ ...fn, body: splitAll(fn.body) })),
  }),
};

function splitAll(statements: readonly Statement[]): Statement[] {
  return statements.flatMap((statement): Statement[] => {
    if (statement.kind === "region") return [{ ...statement, body: splitAll(statement.body) }];
    if (statement.kind !== "for") return [statement];
    const loop = { ...statement, body: splitAll(statement.body) };
    return splitLoop(loop) ?? [loop];
  });
}

function splitLoop(loop: ForStatement): Statement[] | undefined {
  const { variable, extent, body } = loop;
  const count = plainExtent(extent);
  if (count === undefined || loop.from !== undefined || loop.reverse || loop.step !== 1) return undefined;
  const simple = body.every(({ kind }) => kind === "let" || kind === "let_index" || kind === "store");
  if (!simple) return undefined;
  const cuts = new Set<number>();
  for (const statement of body) {
    forEachChoice(statement, (left, right) => {
      const cut = changeOf(left, right, variable);
      if (cut !== undefined && cut > 0 && cut < count) cuts.add(cut);
    });
  }
  if (cuts.size === 0 || cuts.size >= MOST_PARTS) return undefined;
  const bounds = [0, ...[...cuts].sort((a, b) => a - b), count];
  return bounds.slice(1).map((end, part) => partOf(loop, part, bounds[part] as number, end));
}

/** The iterations from `start` to before `end`, counted from 0: loops in lanes begin there. */
function partOf(loop: ForStatement, part: number, start: number, end: number): ForStatement {
  const { variable, body } = loop;
  const renamed = (name: string): string => (part === 0 ? name : `${name}Piece${part}`);
  const own = new Set(body.flatMap((statement) => ("name" in statement ? [statement.name] : [])));
  const name = (old: string): string => (own.has(old) ? renamed(old) : old);
  const indices = new Map<string, Affine>([...own].map((old) => [old, affineVariable(renamed(old))]));
  const moved = renamed(variable);
  indices.set(variable, addAffine(affineVariable(moved), affineConstant(start)));
  const statements = body.map((statement) => {
    const chosen = choose(statement, variable, start);
    const changed = mapStatement(chosen, { affine: (value) => substituteAffine(value, indices), variable: name });
    return changed.kind === "let_index" ? { ...changed, name: name(changed.name) } : changed;
  });
  const extent = { kind: "affine", value: affineConstant(end - start) } as const;
  return { ...loop, variable: moved, extent, body: statements };
}

/** The value of `variable` from which on the sides of `left < right` are exchanged; undefined where they may change else. */
function changeOf(left: Affine, right: Affine, variable: string): number | undefined {
  const distance = subtractAffine(left, right);
  const [term, ...others] = distance.terms;
  const slope = term && constantOf(term.coefficient);
  const constant = constantOf(distance.constant);
  if (term?.variable !== variable || others.length > 0 || slope === undefined || constant === undefined)
    return undefined;
  // slope·i + constant < 0 holds below -constant/slope, or above it.
  return slope > 0 ? Math.ceil(-constant / slope) : Math.floor(-constant / slope) + 1;
}

/** The statement with each choice that `variable` decides replaced by the side taken at `start`. */
function choose(statement: Statement, variable: string, start: number): Statement {
  const at = new Map([[variable, affineConstant(start)]]);
  const visit = (value: Expression): Expression => {
    if (value.kind === "operation") return { ...value, operands: value.operands.map(visit) };
    if (value.kind !== "piecewise") return value;
    const { left, right, below, otherwise } = value;
    if (changeOf(left, right, variable) === undefined) {
      return { ...value, below: visit(below), otherwise: visit(otherwise) };
    }
    const distance = plainValue(substituteAffine(subtractAffine(left, right), at)) as number;
    return visit(distance < 0 ? below : otherwise);
  };
  return statement.kind === "let" || statement.kind === "store"
    ? { ...statement, value: visit(statement.value) }
    : statement;
}

function forEachChoice(statement: Statement, use: (left: Affine, right: Affine) => void): void {
  const visit = (value: Expression): void => {
    if (value.kind === "operation") value.operands.forEach(visit);
    else if (value.kind === "piecewise") {
      use(value.left, value.right);
      visit(value.below);
      visit(value.otherwise);
    }
  };
  if (statement.kind === "let" || statement.kind === "store") visit(statement.value);
}
