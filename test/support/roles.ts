/** What the inputs and outputs of hand-written functions are, by their types. */
import type { GraphFunction } from "../../compiler/ir/graph/graph-function.js";
import { nameOf, outputName, typeOf } from "../../compiler/ir/graph/values.js";
import type { Role } from "../../compiler/program/base/roles.js";

/** Shared inputs are params; a result that is shared is one for all examples, as the gradient by a param and a loss are. */
export function rolesOf(...functions: readonly GraphFunction[]): Map<string, Role> {
  const roles = new Map<string, Role>();
  for (const fn of functions) {
    const set = (name: string, role: Omit<Role, "name">): void => {
      // What is read and replaced has one role.
      if (!roles.has(name)) roles.set(name, { name, ...role });
    };
    for (const id of fn.inputs) {
      const { shared } = typeOf(fn, id);
      set(nameOf(fn, id), { kind: shared ? "param" : "input", shared });
    }
    for (const [i, id] of fn.outputs.entries())
      set(outputName(fn, i), { kind: "output", shared: typeOf(fn, id).shared });
  }
  return roles;
}

/** Of these functions: is it one for all examples? */
export function sharedIn(...functions: readonly GraphFunction[]): (name: string) => boolean {
  const roles = rolesOf(...functions);
  return (name) => roles.get(name)?.shared === true;
}
