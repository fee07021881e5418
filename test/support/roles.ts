/** What the inputs and outputs of hand-written functions are, by the names that roles have. */
import type { GraphFunction } from "../../compiler/ir/graph/graph-function.js";
import { type Derivation, nameOfRole, type Role, type TensorKind } from "../../compiler/program/roles.js";

const kinds: readonly TensorKind[] = [
  "input",
  "context",
  "initial",
  "final",
  "state",
  "param",
  "fixed",
  "output",
  "residual",
];
const derivations: readonly Derivation[][] = [[], ["tangent"], ["grad"], ["tangent", "grad"]];

/** The role of this name; that of an input where no role has such a name. */
function roleOf(whole: string): Role {
  for (const derived of derivations) {
    for (const streamed of [false, true]) {
      for (const kind of kinds) {
        const prefix = nameOfRole({ kind, name: "", derived, streamed });
        if (whole.startsWith(prefix))
          return { kind, name: whole.slice(prefix.length), derived, streamed, shared: kind === "param" };
      }
    }
  }
  return { kind: "input", name: whole };
}

export function rolesOf(...functions: readonly GraphFunction[]): Map<string, Role> {
  const names = functions.flatMap((fn) => [...fn.inputs.map((id) => fn.names[id] ?? String(id)), ...fn.outputNames]);
  return new Map(names.map((name) => [name, roleOf(name)]));
}

/** Is it one for all examples, as parameters are, their derivatives too? */
export const isSharedName = (name: string): boolean => roleOf(name).shared === true;

/** Is it a buffer of what forward keeps for backward? */
export const isResidual = (name: string): boolean => roleOf(name).kind === "residual";
