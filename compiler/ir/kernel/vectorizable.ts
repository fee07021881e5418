/** Whether the iterations of a loop may run side by side in the lanes of vectors. */
import { accessKey, moves, plainExtent } from "./affine.js";
import type { Access, ForStatement, KernelExpression, Statement } from "./kernel-program.js";
import { forEachAccess } from "./visit.js";

/**
 * May the rounds of a loop be computed side by side? Those of one that goes on from 0 one by one, or all steps of an example before the
 * next one, with states in variables: where all examples have as many steps, those of several run side by side.
 *
 * @param partsOf the variable by which an accumulator keeps partial sums
 */
export function mayRunInLanes(loop: ForStatement, partsOf: (accumulator: string) => string | undefined): boolean {
  const { body, extent, from, reverse, step, variable } = loop;
  if (reverse || step !== 1 || from !== undefined) return false;
  const isOfExamples = extent.kind === "examples" && extent.examples.kind === "all";
  if (isOfExamples && body.some(({ kind }) => kind === "accumulator") && runSideBySide(body, variable)) return true;
  if (plainExtent(extent) === 1) return false;
  // Sums keep their order in lanes only where they are kept by this variable; extremes have no order.
  const keepsOrder = body.every(
    (statement) => statement.kind !== "accumulate" || statement.op !== "sum" || partsOf(statement.name) === variable,
  );
  return keepsOrder && isVectorizable(body, variable);
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
function readsWhatOthersStore(body: readonly Statement[]): boolean {
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

/**
 * True where `body`, run for consecutive examples, may compute several of them at a time, with loops inside that run as often for
 * each: every example has a part of its own of what is stored, and no integer and no choice between pieces depends on it.
 */
export function runSideBySide(body: readonly Statement[], example: string): boolean {
  const stored = new Set<string>();
  const strides = new Map<string, Set<string>>();
  for (const statement of body) {
    forEachAccess(statement, ({ buffer, offset }, use) => {
      if (use !== "read") stored.add(buffer);
      const stride = offset.terms.find(({ variable }) => variable === example)?.coefficient.key ?? "";
      strides.set(buffer, (strides.get(buffer) ?? new Set()).add(stride));
    });
  }
  const isApart = [...stored].every((buffer) => strides.get(buffer)?.size === 1);
  return isApart && body.every((statement) => isSideBySide(statement, example));
}

function isSideBySide(statement: Statement, example: string): boolean {
  if (statement.kind === "accumulator") {
    return statement.lanes === undefined && isVectorExpression(statement.initial, example);
  }
  if (statement.kind === "assign") return isVectorExpression(statement.value, example);
  if (statement.kind !== "for") return statement.kind !== "accumulate" && isVectorStatement(statement, example);
  const { extent, from, body } = statement;
  if (from !== undefined && moves(from, example)) return false;
  const isSame = extent.kind === "affine" ? !moves(extent.value, example) : extent.kind === "size";
  return isSame && body.every((inner) => isSideBySide(inner, example));
}
