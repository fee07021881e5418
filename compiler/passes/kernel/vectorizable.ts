/** Whether the iterations of a loop may run side by side in the lanes of vectors. */
import { accessKey } from "../../ir/kernel/affine.js";
import type { Access, Affine, KernelExpression, Statement } from "../../ir/kernel/kernel-program.js";
import { forEachAccess } from "../../ir/kernel/visit.js";

/** Does `value` change with `variable`? */
export function moves(value: Affine, variable: string): boolean {
  return value.terms.some((term) => term.variable === variable);
}

/**
 * True where `body`, run for consecutive values of `variable`, may compute several of them at a time: every element that it
 * stores has its own place, nothing that it reads is stored by another iteration, and no integer and no choice between
 * pieces depends on the variable. Sums are fine where they keep partial sums by this variable.
 */
export function isVectorizable(body: readonly Statement[], variable: string): boolean {
  return body.every((statement) => isVectorStatement(statement, variable)) && !readsWhatOthersStore(body);
}

function isVectorStatement(statement: Statement, variable: string): boolean {
  switch (statement.kind) {
    case "let":
      return isVectorExpression(statement.value, variable);
    case "let_index": {
      const { value } = statement;
      if (value.kind === "size") return value.example !== variable;
      if (value.kind === "part") return value.example !== variable && !moves(value.from, variable);
      if (value.kind === "affine") return !moves(value.value, variable);
      if (value.kind === "load" || value.kind === "whole") return !moves(value.access.offset, variable);
      return !moves(value.left, variable) && !moves(value.right, variable);
    }
    case "store":
      return moves(statement.access.offset, variable) && isVectorExpression(statement.value, variable);
    case "accumulate":
      return isVectorExpression(statement.value, variable);
    default:
      return false;
  }
}

/** Does no choice by places depend on `variable`? */
export function isVectorExpression(value: KernelExpression, variable: string): boolean {
  switch (value.kind) {
    case "operation":
      return value.operands.every((operand) => isVectorExpression(operand, variable));
    case "choice":
      return (
        !moves(value.left, variable) &&
        !moves(value.right, variable) &&
        isVectorExpression(value.below, variable) &&
        isVectorExpression(value.otherwise, variable)
      );
    default:
      return true;
  }
}

/** Is a buffer read at another place than where it is stored? */
export function readsWhatOthersStore(body: readonly Statement[]): boolean {
  const stored = new Map<string, Set<string>>();
  const read: Access[] = [];
  for (const statement of body) {
    forEachAccess(statement, (access, use) => {
      if (use === "read") read.push(access);
      else stored.set(access.buffer, (stored.get(access.buffer) ?? new Set()).add(accessKey(access)));
    });
  }
  return read.some((access) => {
    const places = stored.get(access.buffer);
    return places !== undefined && !(places.size === 1 && places.has(accessKey(access)));
  });
}
