/** The entries of a module, made of a program by deriving and the graph passes. */
import { invariant } from "../base/diagnostics/invariant.js";
import type { GraphFunction, ValueType } from "../ir/graph/graph-function.js";
import { nameOf, typeOf } from "../ir/graph/values.js";
import type { ShapeContext } from "../ir/ops/shape-rules.js";
import type { DerivativeRules } from "../passes/autodiff/derivative-rules.js";
import { reverseMode } from "../passes/autodiff/reverse.js";
import { type Boundary, gradientOf, tangentsOnly } from "../passes/autodiff/whole-derivatives.js";
import { oneStep } from "../passes/graph/one-step.js";
import { splitContexts } from "../passes/graph/split-contexts.js";
import { type GraphPass, runPasses } from "../passes/pass.js";
import {
  derivativePasses,
  equationPasses,
  initialPasses,
  initialValuePasses,
  portPasses,
  residualPasses,
  sequencePasses,
  valuePasses,
  windowPasses,
} from "../passes/graph/passes.js";
import {
  type EntryDerivation,
  type EntryObserver,
  entryOf,
  type EntryProgram,
  type EntrySource,
  type ProgramEntry,
} from "../program/entry.js";
import {
  contextRoles,
  type NetworkPart,
  type Program,
  programBoundary,
  programContext,
  programRoles,
  startRoles,
  streamedRoles,
} from "../program/program.js";
import { type ComputedSizes, computedSizes } from "../program/computed-sizes.js";
import { problemsOf } from "../program/verify-program.js";
import {
  deriveRole,
  type Derivation,
  nameInEntry,
  nameOfRole,
  type Role,
  roleInEntry,
  streamedRole,
} from "../program/roles.js";
import { withGradientRows } from "./gradient-rows.js";
import { partsOfLoss } from "../../runtime/module/loss-parts.js";

/** What makes entries, before passes run on them and between. */
export const entryStages = {
  equations: "equations",
  derive: "derive",
  oneStep: "one-step",
  splitContexts: "split-contexts",
} as const;

type EntryStage = (typeof entryStages)[keyof typeof entryStages];

export interface EntryOptions {
  /** `"params"`: not by inputs and contexts. */
  readonly gradient: boolean | "params";
  readonly jvp: boolean;
  readonly hvp: boolean;
  /** The compiler's own, if left out. */
  readonly rules?: DerivativeRules;
  /** Called with what `entryStages` make of each entry, and after each of the passes on it. */
  readonly observe?: EntryObserver;
}

interface DerivedHow {
  readonly rules: DerivativeRules | undefined;
  readonly boundary: Boundary;
}

/** Derivatives that are one function: of the steps, and of initial values where some are computed. */
interface DirectionalMode {
  readonly by: "jvp" | "hvp";
  readonly derive: (fn: GraphFunction, context: ShapeContext, how: DerivedHow) => GraphFunction;
  /** What its buffers are beside those of the values. */
  readonly derived: readonly (readonly Derivation[])[];
}

const directionalModes: readonly DirectionalMode[] = [
  {
    by: "jvp",
    derive: (fn, context, { rules, boundary }) => tangentsOnly(fn, context, rules, boundary),
    derived: [["tangent"]],
  },
  {
    by: "hvp",
    derive: (fn, context, { rules, boundary }) =>
      tangentsOnly(gradientOf(fn, context, rules, true, boundary), context, rules, boundary),
    derived: [["tangent"], ["grad"], ["tangent", "grad"]],
  },
];

/** What nothing is derived of. */
interface OwnEntry {
  readonly of: EntrySource;
  /** @param forward as it is derived from; undefined where the program has no such entry. */
  readonly from: (program: Program, forward: GraphFunction) => GraphFunction | undefined;
  /** Those of its buffers alone. */
  readonly roles: (program: Program) => readonly Role[];
  readonly passes: readonly GraphPass[];
  /** Only beside gradients. */
  readonly ofGradient?: true;
  /** Its buffers are laid out after those of all derivatives. */
  readonly isLast: boolean;
}

const ownEntries: readonly OwnEntry[] = [
  {
    of: "weights",
    // What several losses are divided by, which must be known of a whole batch before the gradient of any part of it.
    from: (program, forward) => ((program.losses ?? []).length > 1 ? weightsOf(program, forward) : undefined),
    roles: () => [],
    passes: [...valuePasses, ...residualPasses],
    ofGradient: true,
    isLast: false,
  },
  {
    of: "lengths",
    from: ({ found }) => found?.fn,
    roles: ({ found }) => (found?.dimensions ?? []).map(({ symbol }) => ({ kind: "found", name: symbol })),
    passes: [...valuePasses, ...residualPasses],
    isLast: false,
  },
  {
    of: "start",
    from: ({ starts }) => starts?.fn,
    roles: startRoles,
    passes: [...initialPasses, ...initialValuePasses],
    isLast: true,
  },
];

/** Beside forward and initial, the functions that entries of a program are of, as they are written. */
export const ownFunctions = (program: Program): [of: EntrySource, fn: GraphFunction][] =>
  ownEntries.flatMap(({ of, from }): [EntrySource, GraphFunction][] => {
    const fn = from(program, program.forward);
    return fn === undefined ? [] : [[of, fn]];
  });

/** All entries of the module of `program`. */
export function buildEntries(program: Program, options: EntryOptions): EntryProgram {
  const [problem] = problemsOf(program);
  invariant(problem === undefined, `${program.name}: ${problem ?? ""}`);
  const { entries, roles } = new EntryBuilder(program, options).build();
  const parts = (program.parts ?? []).map((part) => entriesOfPart(part, options));
  const all = new Map([entries, ...parts.map((part) => part.entries)].flatMap((own) => [...own]));
  const allRoles = [...roles, ...parts.flatMap((part) => part.roles)];
  const made = {
    axes: program.axes,
    sizes: sizesIn(program, all),
    ...(parts.length > 0 && { sizesOfParts: new Map(parts.map((part) => [part.name, part.sizes])) }),
    entries: all,
    roles: new Map(allRoles.map((role) => [nameOfRole(role), role])),
  };
  return withGradientRows(made, options.observe);
}

const sizesIn = (program: Program, entries: ReadonlyMap<string, ProgramEntry>): ComputedSizes =>
  computedSizes(program, [...entries.values()].map(({ fn }) => fn)); // prettier-ignore

interface PartEntries {
  readonly name: string;
  readonly entries: ReadonlyMap<string, ProgramEntry>;
  readonly roles: readonly Role[];
  readonly sizes: ComputedSizes;
}

/** Of a part that is called by itself: it has values and streams, and its buffers and kernels have its name before theirs. */
function entriesOfPart({ name, program }: NetworkPart, { observe }: EntryOptions): PartEntries {
  const { entries, roles } = new EntryBuilder(program, {
    gradient: false,
    jvp: false,
    hvp: false,
    ...(observe && { observe: (entry, pass, fn) => observe(nameInEntry(name, entry), pass, fn) }),
  }).build();
  const names = new Map(roles.map((role) => [nameOfRole(role), nameOfRole(roleInEntry(role, name))]));
  const renamed = [...entries.values()].map((entry): [string, ProgramEntry] => {
    const own = nameInEntry(name, entry.name);
    return [own, { ...entry, name: own, part: name, fn: { ...renamePorts(entry.fn, names), name: own } }];
  });
  const own = { entries: new Map(renamed), roles: roles.map((role) => roleInEntry(role, name)) };
  return { name, ...own, sizes: sizesIn(program, entries) };
}

class EntryBuilder {
  readonly entries = new Map<string, ProgramEntry>();
  readonly roles: Role[];
  private readonly program: Program;
  private readonly options: EntryOptions;
  private readonly context: ShapeContext;
  private readonly tensors: readonly Role[];
  private readonly boundary: Boundary;

  constructor(program: Program, options: EntryOptions) {
    this.program = program;
    this.options = options;
    this.context = programContext(program);
    this.tensors = programRoles(program);
    this.roles = [...this.tensors];
    this.boundary = programBoundary(program);
  }

  /** In the order of the entries, in which buffers are laid out. */
  build(): this {
    const { program, options } = this;
    const equations = (of: EntrySource, fn: GraphFunction): ProgramEntry =>
      this.made(derivation(of), entryStages.equations, fn);
    const whole = this.run(equations("forward", program.forward), equationPasses);
    const windowed = this.run(whole, sequencePasses);
    const plain = (windowed.fn === whole.fn ? whole : this.run(windowed, windowPasses)).fn;
    const initial = program.initial && this.run(equations("initial", program.initial), initialPasses);
    const values = initial && this.run(initial, initialValuePasses);
    if (program.stream !== undefined) this.addStream(program.stream, whole.fn, values);
    else if (values !== undefined) this.keep(values);
    if (options.gradient) this.addGradient(plain, initial?.fn);
    else this.keep(this.run(entryOf(derivation("forward"), plain), residualPasses));
    const own = ownEntries.filter(({ ofGradient }) => ofGradient !== true || options.gradient !== false);
    const add = ({ of, from, roles, passes }: OwnEntry): void => {
      const fn = from(program, plain);
      if (fn === undefined) return;
      this.roles.push(...roles(program));
      this.keep(this.run(equations(of, fn), passes));
    };
    own.filter(({ isLast }) => !isLast).forEach(add);
    for (const mode of directionalModes) if (options[mode.by]) this.addDirectional(mode, plain, initial?.fn);
    own.filter(({ isLast }) => isLast).forEach(add);
    return this;
  }

  private addStream(stream: string, plain: GraphFunction, initialValues: ProgramEntry | undefined): void {
    const { context, program } = this;
    const tensors = streamedRoles(program);
    const names = new Map(tensors.map((role) => [nameOfRole(role), nameOfRole(streamedRole(role))]));
    this.roles.push(...tensors.map(streamedRole));
    const how = { ...derivation("forward"), streamed: true };
    const isHere = (name: string): boolean => names.has(name);
    const others = new Set(plain.outputNames.filter((name) => !isHere(name)));
    const isWhole = others.size === 0 && plain.inputs.every((id) => isHere(nameOf(plain, id)));
    const part = isWhole ? plain : this.part(how, withoutOutputs(plain, others), isHere);
    const whole = this.run(entryOf(how, part), valuePasses).fn;
    const single = this.made(how, entryStages.oneStep, renamePorts(oneStep(whole, stream, context), names));
    const step = this.run(single, residualPasses).fn;
    const isContext = new Set(contextRoles(program).map((role) => nameOfRole(streamedRole(role))));
    const split = splitContexts(step, context, (name) => isContext.has(name), (i) => nameOfRole(keptRole(i))); // prettier-ignore
    this.keep(this.made(how, entryStages.splitContexts, split.step));
    if (split.contexts !== undefined) {
      this.roles.push(...split.contexts.outputs.map((_, i) => keptRole(i)));
      const ofContexts = { of: "contexts", by: "value", streamed: true } as const;
      const contexts = this.part(ofContexts, split.contexts, (name, { shared }) => isContext.has(name) || shared); // prettier-ignore
      this.keep(this.made(ofContexts, entryStages.splitContexts, contexts));
    }
    if (initialValues === undefined) return;
    this.keep(initialValues);
    const ofInitial = { ...derivation("initial"), streamed: true };
    this.keep(this.made(ofInitial, entryStages.oneStep, renamePorts(initialValues.fn, names)));
  }

  private addGradient(plain: GraphFunction, initial: GraphFunction | undefined): void {
    const { context, tensors, boundary } = this;
    const { rules, gradient: of } = this.options;
    const { forward, backward, residuals } = reverseMode(plain, context, { ...(rules && { rules }), ...boundary });
    const given = tensors.filter(({ kind }) => kind === "input" || kind === "context");
    const unwanted = new Set(of === "params" ? given.map((role) => nameOfRole(deriveRole(role, ["grad"]))) : []);
    this.roles.push(...tensors.map((role) => deriveRole(role, ["grad"])));
    this.roles.push(...residuals.map((name): Role => ({ kind: "residual", name })));
    const derived = (how: EntryDerivation, fn: GraphFunction): ProgramEntry => this.made(how, entryStages.derive, fn);
    this.keep(this.run(derived(derivation("forward"), forward), residualPasses));
    const ofForward = derived(derivation("forward", "gradient"), withoutOutputs(backward, unwanted));
    this.keep(this.run(ofForward, derivativePasses));
    if (initial === undefined) return;
    const gradient = withoutOutputs(gradientOf(initial, context, rules, false, boundary), unwanted);
    this.keep(this.run(derived(derivation("initial", "gradient"), gradient), derivativePasses));
  }

  private addDirectional(mode: DirectionalMode, plain: GraphFunction, initial: GraphFunction | undefined): void {
    const { context, tensors, boundary } = this;
    const how = { rules: this.options.rules, boundary };
    this.roles.push(...mode.derived.flatMap((each) => tensors.map((role) => deriveRole(role, each))));
    for (const [of, fn] of [
      ["forward", plain],
      ["initial", initial],
    ] as const) {
      if (fn === undefined) continue;
      const derived = this.made(derivation(of, mode.by), entryStages.derive, mode.derive(fn, context, how));
      this.keep(this.run(derived, derivativePasses));
    }
  }

  private keep(entry: ProgramEntry): void {
    const { stream } = this.program;
    const isOfOne = entry.streamed && stream !== undefined;
    this.entries.set(entry.name, isOfOne ? { ...entry, oneOf: stream } : entry);
  }

  /** What a stage that is no pass gives. */
  private made(how: EntryDerivation, stage: EntryStage, fn: GraphFunction): ProgramEntry {
    const entry = entryOf(how, fn);
    this.options.observe?.(entry.name, stage, entry.fn);
    return entry;
  }

  /** With those of its inputs alone that are here, which are all that its outputs need. */
  private part(
    how: EntryDerivation,
    fn: GraphFunction,
    isHere: (input: string, type: ValueType) => boolean,
  ): GraphFunction {
    const part = this.run(entryOf(how, fn), portPasses).fn;
    return { ...part, inputs: part.inputs.filter((id) => isHere(nameOf(part, id), typeOf(part, id))) };
  }

  private run(entry: ProgramEntry, passes: readonly GraphPass[]): ProgramEntry {
    const observe = (pass: string, after: GraphFunction): void => this.options.observe?.(entry.name, pass, after);
    return { ...entry, fn: runPasses(entry.fn, passes, this.context, observe) };
  }
}

const derivation = (of: EntrySource, by: EntryDerivation["by"] = "value"): EntryDerivation => ({
  of,
  by,
  streamed: false,
});

/** What a stream computes of its contexts. */
const keptRole = (place: number): Role => ({ kind: "residual", name: `context.${place}`, streamed: true });

/** Those of the outputs of `forward` that losses are divided by. */
function weightsOf({ losses = [] }: Program, forward: GraphFunction): GraphFunction {
  const wanted = new Set(losses.map(partsOfLoss).map(([, , weight]) => nameOfRole({ kind: "output", name: weight })));
  return withoutOutputs(forward, new Set(forward.outputNames.filter((name) => !wanted.has(name))));
}

/** What only they need is left to the passes. */
function withoutOutputs(fn: GraphFunction, unwanted: ReadonlySet<string>): GraphFunction {
  const wanted = fn.outputNames.map((name) => !unwanted.has(name));
  const kept = <Item>(list: readonly Item[]): Item[] => list.filter((_, i) => wanted[i]);
  return { ...fn, outputs: kept(fn.outputs), outputNames: kept(fn.outputNames) };
}

/** `fn` with its inputs and outputs called as `names` says. */
function renamePorts(fn: GraphFunction, names: ReadonlyMap<string, string>): GraphFunction {
  const renamed = [...fn.names];
  const rename = (name: string): string => names.get(name) ?? name;
  for (const id of fn.inputs) renamed[id] = rename(fn.names[id] ?? String(id));
  invariant(renamed.length === fn.types.length, "a value has no name slot");
  return { ...fn, names: renamed, outputNames: fn.outputNames.map(rename) };
}
