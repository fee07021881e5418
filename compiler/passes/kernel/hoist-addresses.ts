/** Computes the parts of addresses that a loop does not change once before it: `const row = (b * T + t) * 512;`. */
import { addAffine, affineKey, affineVariable } from "../../ir/kernel/affine.js";
import { collectNames } from "../../ir/kernel/bound-names.js";
import { TakenNames } from "../../ir/kernel/fresh-names.js";
import type { Access, Affine, ForStatement, Statement } from "../../ir/kernel/kernel-program.js";
import { mapParts, mapStatement } from "../../ir/kernel/visit.js";
import { constantOf, dimConstant } from "../../base/types/dim.js";
import { inRegions, type PlannedPass } from "./kernel-pass.js";

/** Needs products as loops: the axes of one would be left without a name around them. */
export const hoistAddressesPass: PlannedPass = {
  name: "hoist-addresses",
  summary: "compute the parts of addresses that a loop does not change before it",
  run: (program) => inRegions(program, hoistAddresses),
};

/** `statements` is the body of one region, where names are bound. */
export function hoistAddresses(statements: readonly Statement[], bound: ReadonlySet<string>): Statement[] {
  const taken = new TakenNames(bound);
  return hoist(statements, () => taken.pick("row"));
}

function hoist(statements: readonly Statement[], fresh: () => string): Statement[] {
  const result: Statement[] = [];
  for (const statement of statements) {
    if (statement.kind === "pieces") {
      result.push(mapParts(statement, (part) => hoist(part, fresh)));
      continue;
    }
    if (statement.kind !== "for") {
      result.push(statement);
      continue;
    }
    const { lets, loop } = hoistOutOf(statement, fresh);
    result.push(...lets, { ...loop, body: hoist(loop.body, fresh) });
  }
  return result;
}

function hoistOutOf(loop: ForStatement, fresh: () => string): { lets: Statement[]; loop: ForStatement } {
  const inside = new Set<string>([loop.variable]);
  collectNames(loop.body, inside);
  const bases = new Map<string, string>();
  const lets: Statement[] = [];
  const rewrite = (access: Access): Access => {
    const { offset } = access;
    const moving = offset.terms.filter((term) => inside.has(term.variable));
    const fixed = offset.terms.filter((term) => !inside.has(term.variable));
    const plainConstant = constantOf(offset.constant);
    if (fixed.length === 0 && plainConstant !== undefined) return access;
    // Plain numbers stay where they are, `[base + i + 128]`, so that accesses side by side share a base.
    const base: Affine = { constant: plainConstant === undefined ? offset.constant : dimConstant(0), terms: fixed };
    const trivial = fixed.length === 1 && plainConstant !== undefined && constantOf(fixed[0]!.coefficient) === 1;
    if (trivial) return access;
    const key = affineKey(base);
    let name = bases.get(key);
    if (name === undefined) {
      name = fresh();
      bases.set(key, name);
      lets.push({ kind: "let_index", name, value: { kind: "affine", value: base } });
    }
    const rest: Affine = { constant: plainConstant === undefined ? dimConstant(0) : offset.constant, terms: moving };
    return { buffer: access.buffer, offset: addAffine(rest, affineVariable(name)) };
  };
  const body = loop.body.map((statement) => mapStatement(statement, { access: rewrite }));
  return { lets, loop: { ...loop, body } };
}
