/** The entries of a module, made of a cell by deriving and the graph passes. */
import { invariant } from "../base/diagnostics/invariant.js";
import type { GraphFunction } from "../ir/graph/types.js";
import type { LoweredCell } from "../program/lowered-cell.js";
import type { ShapeContext } from "../ir/ops/shape-rules.js";
import type { DerivativeRules } from "../passes/autodiff/derivative-rules.js";
import { reverseMode } from "../passes/autodiff/reverse.js";
import { gradientOf, tangentsOnly } from "../passes/autodiff/whole-derivatives.js";
import { oneStep } from "../passes/graph/one-step.js";
import { type GraphPass, runPasses } from "../passes/pass.js";
import {
  derivativePasses,
  equationPasses,
  initialPasses,
  initialValuePasses,
  residualPasses,
  valuePasses,
} from "../passes/graph/passes.js";
import { deriveRole, type Derivation, nameOfRole, type Role, streamedRole } from "../program/roles.js";
import { buildForward, buildInitial, cellContext, cellRoles } from "../program/sequence.js";
import type { EntryName, SequenceProgram } from "../program/sequence-program.js";

export interface SequenceOptions {
  readonly gradient: boolean;
  readonly jvp: boolean;
  readonly hvp: boolean;
  /** The compiler's own, if left out. */
  readonly rules?: DerivativeRules;
  /** Called after each pass on each entry. */
  readonly observe?: (entry: EntryName, pass: string, fn: GraphFunction) => void;
}

/** Derivatives that are one function: of the steps, and of initial values where some are computed. */
interface Mode {
  readonly option: "jvp" | "hvp";
  readonly ofForward: EntryName;
  readonly ofInitial: EntryName;
  readonly derive: (fn: GraphFunction, context: ShapeContext, rules?: DerivativeRules) => GraphFunction;
  /** What its buffers are beside those of the values. */
  readonly derived: readonly (readonly Derivation[])[];
}

const modes: readonly Mode[] = [
  { option: "jvp", ofForward: "jvp", ofInitial: "initialJvp", derive: tangentsOnly, derived: [["tangent"]] },
  {
    option: "hvp",
    ofForward: "hvp",
    ofInitial: "initialHvp",
    derive: (fn, context, rules) => tangentsOnly(gradientOf(fn, context, rules, true), context, rules),
    derived: [["tangent"], ["grad"], ["tangent", "grad"]],
  },
];

/** All entries of the module of `cell`. */
export function buildSequenceProgram(cell: LoweredCell, options: SequenceOptions): SequenceProgram {
  const context = cellContext(cell);
  const { rules } = options;
  const functions = new Map<EntryName, GraphFunction>();
  const tensors = cellRoles(cell);
  const streamed = new Map(tensors.map((role) => [nameOfRole(role), nameOfRole(streamedRole(role))]));
  const roles: Role[] = [...tensors, ...tensors.map(streamedRole)];
  const run = (name: EntryName, fn: GraphFunction, passes: readonly GraphPass[]): GraphFunction =>
    runPasses({ ...fn, name }, passes, context, (pass, after) => options.observe?.(name, pass, after));
  const add = (name: EntryName, fn: GraphFunction, passes: readonly GraphPass[]): void => {
    functions.set(name, run(name, fn, passes));
  };

  const plain = run("forward", buildForward(cell), equationPasses);
  const initialSource = buildInitial(cell);
  const initial = initialSource && run("initial", initialSource, initialPasses);
  add("step", renamePorts(oneStep(runPasses(plain, valuePasses, context), context), streamed), residualPasses);
  if (initial !== undefined) {
    const values = runPasses(initial, initialValuePasses, context);
    functions.set("initial", values);
    functions.set("stepInitial", { ...renamePorts(values, streamed), name: "stepInitial" });
  }
  if (options.gradient) {
    const { forward, backward, residuals } = reverseMode(plain, context, rules && { rules });
    roles.push(...tensors.map((role) => deriveRole(role, ["grad"])));
    roles.push(...residuals.map((name): Role => ({ kind: "residual", name })));
    add("forward", forward, residualPasses);
    add("backward", backward, derivativePasses);
    if (initial !== undefined) add("initialBackward", gradientOf(initial, context, rules), derivativePasses);
  } else add("forward", plain, residualPasses);
  for (const { option, ofForward, ofInitial, derive, derived } of modes) {
    if (!options[option]) continue;
    roles.push(...derived.flatMap((by) => tensors.map((role) => deriveRole(role, by))));
    add(ofForward, derive(plain, context, rules), derivativePasses);
    if (initial !== undefined) add(ofInitial, derive(initial, context, rules), derivativePasses);
  }
  return { functions, roles: new Map(roles.map((role) => [nameOfRole(role), role])) };
}

/** `fn` with its inputs and outputs called as `names` says. */
function renamePorts(fn: GraphFunction, names: ReadonlyMap<string, string>): GraphFunction {
  const renamed = [...fn.names];
  const rename = (name: string): string => names.get(name) ?? name;
  for (const id of fn.inputs) renamed[id] = rename(fn.names[id] ?? String(id));
  invariant(renamed.length === fn.types.length, "a value has no name slot");
  return { ...fn, names: renamed, outputNames: fn.outputNames.map(rename) };
}
