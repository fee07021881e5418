/**
 * Cuts loops where a choice by places (of a concatenation, a padding, a rotation) changes sides, so that every part has
 * one side only and runs in lanes. The elements are computed in the same order as before.
 *
 * Leaves alone: loops over sizes that a call gives, loops that sum (their partial sums count from the first element), and
 * loops with so many sides that the code would grow more than it gains.
 */
import { at } from "../../base/at.js";
import { addAffine, affineConstant, affineVariable, plainExtent, substituteAffine } from "../../ir/kernel/affine.js";
import type { Affine, KernelExpression, ForStatement, Statement } from "../../ir/kernel/kernel-program.js";
import { mapParts, mapStatement } from "../../ir/kernel/visit.js";
import { changeOf, decideChoices } from "../../ir/kernel/choices.js";
import { MadeNames } from "../../ir/kernel/fresh-names.js";
import { inRegions, type KernelPass } from "./kernel-pass.js";
import type { VectorTarget } from "./target.js";

export const splitChoices: KernelPass<VectorTarget> = {
  name: "split-choices",
  summary: "cut loops where a choice by places changes sides",
  run: (kernels, { machine }) =>
    inRegions(kernels, (body, bound) => splitAll(body, machine.sidesOfLoop, new MadeNames(bound))),
};

/** @param statements of a region */
function splitAll(statements: readonly Statement[], most: number, names: MadeNames): Statement[] {
  return statements.flatMap((statement): Statement[] => {
    if (statement.kind === "pieces") return [mapParts(statement, (part) => splitAll(part, most, names))];
    if (statement.kind !== "for") return [statement];
    const loop = { ...statement, body: splitAll(statement.body, most, names) };
    return splitLoop(loop, most, names) ?? [loop];
  });
}

/** At most `most` loops. */
function splitLoop(loop: ForStatement, most: number, names: MadeNames): Statement[] | undefined {
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
  if (cuts.size === 0 || cuts.size >= most) return undefined;
  const bounds = [0, ...[...cuts].sort((a, b) => a - b), count];
  return bounds.slice(1).map((end, part) => partOf(loop, { part, start: at(bounds, part), end }, names));
}

/** One of the parts of a loop, from an iteration to before another one. */
interface PartOfLoop {
  readonly part: number;
  readonly start: number;
  readonly end: number;
}

/** Its iterations counted from 0: loops in lanes begin there. */
function partOf(loop: ForStatement, { part, start, end }: PartOfLoop, names: MadeNames): ForStatement {
  const { variable, body } = loop;
  const renamed = (name: string): string => (part === 0 ? name : names.of(`${name}Side${part}`));
  const own = new Set(body.flatMap((statement) => ("name" in statement ? [statement.name] : [])));
  const name = (old: string): string => (own.has(old) ? renamed(old) : old);
  const indices = new Map<string, Affine>([...own].map((old) => [old, affineVariable(renamed(old))]));
  const moved = renamed(variable);
  indices.set(variable, addAffine(affineVariable(moved), affineConstant(start)));
  const statements = body.map((statement) => {
    const changed = mapStatement(decided(statement, variable, start, end), {
      affine: (value) => substituteAffine(value, indices),
      variable: name,
    });
    return changed.kind === "let_index" ? { ...changed, name: name(changed.name) } : changed;
  });
  const extent = { kind: "affine", value: affineConstant(end - start) } as const;
  return { ...loop, variable: moved, extent, body: statements };
}

function decided(statement: Statement, variable: string, start: number, end: number): Statement {
  if (statement.kind !== "let" && statement.kind !== "store") return statement;
  return { ...statement, value: decideChoices(statement.value, variable, start, end) };
}

function forEachChoice(statement: Statement, use: (left: Affine, right: Affine) => void): void {
  const visit = (value: KernelExpression): void => {
    if (value.kind === "operation") value.operands.forEach(visit);
    else if (value.kind === "choice") {
      use(value.left, value.right);
      visit(value.below);
      visit(value.otherwise);
    }
  };
  if (statement.kind === "let" || statement.kind === "store") visit(statement.value);
}
