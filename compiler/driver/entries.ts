/** The entries of a module, made of a program by deriving and the graph passes. */
import { invariant } from "../base/diagnostics/invariant.js";
import type { GraphFunction } from "../ir/graph/types.js";
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
import {
  type EntryDerivation,
  entryOf,
  type EntryProgram,
  type EntrySource,
  type ProgramEntry,
} from "../program/entry.js";
import { type Program, programContext, programRoles } from "../program/program.js";
import { problemsOf } from "../program/verify-program.js";
import { deriveRole, type Derivation, nameOfRole, type Role, streamedRole } from "../program/roles.js";

export interface EntryOptions {
  readonly gradient: boolean;
  readonly jvp: boolean;
  readonly hvp: boolean;
  /** The compiler's own, if left out. */
  readonly rules?: DerivativeRules;
  /** Called after each pass on each entry. */
  readonly observe?: (entry: string, pass: string, fn: GraphFunction) => void;
}

interface DerivedHow {
  readonly rules: DerivativeRules | undefined;
  readonly sharedOutputs: ReadonlySet<string>;
}

/** Derivatives that are one function: of the steps, and of initial values where some are computed. */
interface DirectionalMode {
  readonly by: "jvp" | "hvp";
  readonly derive: (fn: GraphFunction, context: ShapeContext, how: DerivedHow) => GraphFunction;
  /** What its buffers are beside those of the values. */
  readonly derived: readonly (readonly Derivation[])[];
}

const directionalModes: readonly DirectionalMode[] = [
  { by: "jvp", derive: (fn, context, { rules }) => tangentsOnly(fn, context, rules), derived: [["tangent"]] },
  {
    by: "hvp",
    derive: (fn, context, { rules, sharedOutputs }) =>
      tangentsOnly(gradientOf(fn, context, rules, true, sharedOutputs), context, rules),
    derived: [["tangent"], ["grad"], ["tangent", "grad"]],
  },
];

/** All entries of the module of `program`. */
export function buildEntries(program: Program, options: EntryOptions): EntryProgram {
  const { axes, stream } = program;
  const [problem] = problemsOf(program);
  invariant(problem === undefined, `${program.name}: ${problem ?? ""}`);
  const context = programContext(program);
  const { rules } = options;
  const entries = new Map<string, ProgramEntry>();
  const tensors = programRoles(program);
  const roles: Role[] = [...tensors];
  const sharedOutputs = new Set(
    tensors.flatMap((role) => (role.kind === "output" && role.shared === true ? [nameOfRole(role)] : [])),
  );
  const keep = (entry: ProgramEntry): ProgramEntry => {
    entries.set(entry.name, entry);
    return entry;
  };
  const run = (
    of: EntrySource,
    by: EntryDerivation["by"],
    fn: GraphFunction,
    passes: readonly GraphPass[],
    streamed = false,
  ): ProgramEntry => {
    const { name } = entryOf({ of, by, streamed }, fn);
    const observe = (pass: string, after: GraphFunction): void => options.observe?.(name, pass, after);
    return entryOf({ of, by, streamed }, runPasses({ ...fn, name }, passes, context, observe));
  };

  const plain = run("forward", "value", program.forward, equationPasses).fn;
  const initial = program.initial && run("initial", "value", program.initial, initialPasses).fn;
  const values =
    initial &&
    entryOf({ of: "initial", by: "value", streamed: false }, runPasses(initial, initialValuePasses, context));
  if (stream !== undefined) {
    const streamed = new Map(tensors.map((role) => [nameOfRole(role), nameOfRole(streamedRole(role))]));
    roles.push(...tensors.map(streamedRole));
    const step = renamePorts(oneStep(runPasses(plain, valuePasses, context), stream, context), streamed);
    keep(run("forward", "value", step, residualPasses, true));
    if (values !== undefined) {
      keep(values);
      keep(entryOf({ of: "initial", by: "value", streamed: true }, renamePorts(values.fn, streamed)));
    }
  } else if (values !== undefined) keep(values);
  if (options.gradient) {
    const { forward, backward, residuals } = reverseMode(plain, context, { ...(rules && { rules }), sharedOutputs });
    roles.push(...tensors.map((role) => deriveRole(role, ["grad"])));
    roles.push(...residuals.map((name): Role => ({ kind: "residual", name })));
    keep(run("forward", "value", forward, residualPasses));
    keep(run("forward", "gradient", backward, derivativePasses));
    if (initial !== undefined) keep(run("initial", "gradient", gradientOf(initial, context, rules), derivativePasses));
  } else keep(run("forward", "value", plain, residualPasses));
  for (const { by, derive, derived } of directionalModes) {
    if (!options[by]) continue;
    roles.push(...derived.flatMap((each) => tensors.map((role) => deriveRole(role, each))));
    keep(run("forward", by, derive(plain, context, { rules, sharedOutputs }), derivativePasses));
    if (initial !== undefined)
      keep(run("initial", by, derive(initial, context, { rules, sharedOutputs }), derivativePasses));
  }
  return { axes, stream, entries, roles: new Map(roles.map((role) => [nameOfRole(role), role])) };
}

/** `fn` with its inputs and outputs called as `names` says. */
function renamePorts(fn: GraphFunction, names: ReadonlyMap<string, string>): GraphFunction {
  const renamed = [...fn.names];
  const rename = (name: string): string => names.get(name) ?? name;
  for (const id of fn.inputs) renamed[id] = rename(fn.names[id] ?? String(id));
  invariant(renamed.length === fn.types.length, "a value has no name slot");
  return { ...fn, names: renamed, outputNames: fn.outputNames.map(rename) };
}
