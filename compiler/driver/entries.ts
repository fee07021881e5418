/** The entries of a module, made of a program by deriving and the graph passes. */
import { invariant } from "../base/diagnostics/invariant.js";
import type { GraphFunction, ValueType } from "../ir/graph/graph-function.js";
import { at } from "../base/at.js";
import { nameOf, typeOf } from "../ir/graph/values.js";
import type { ShapeContext } from "../ir/graph/shape-rules.js";
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
  type EntryVersion,
  type ProgramEntry,
} from "../program/entry.js";
import {
  contextRoles,
  type NetworkPart,
  type Program,
  programBoundary,
  programContext,
  programRoles,
  streamedRoles,
} from "../program/program.js";
import { type ComputedSizes, computedSizes } from "../program/computed-sizes.js";
import { problemsOf } from "../program/verify-program.js";
import {
  deriveRole,
  type Derivation,
  nameInPart,
  nameOfRole,
  type Role,
  roleInPart,
  streamedRole,
} from "../program/base/roles.js";
import { lastEntries, type OwnEntry, ownEntries } from "./own-entries.js";
import { checkSegments } from "../program/segments/check-segments.js";
import { segmentsOf } from "../program/segments/find-segments.js";
import { withoutOutputs } from "../ir/graph/without-outputs.js";
import { gradientRowsStage, withGradientRows } from "./gradient-rows.js";

/** What makes entries, before passes run on them and between. */
export const entryStages = {
  equations: "equations",
  deriveGradient: "derive-gradient",
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
  /** Whether gradients can be computed in segments of a sequence, of which each goes on with the sums of the one after it. */
  readonly segments?: boolean;
  /** The compiler's own, if left out. */
  readonly rules?: DerivativeRules;
  /** Called with what `entryStages` make of each entry, and after each of the passes on it. */
  readonly observe?: EntryObserver;
}

/** Derivatives that are one function: of the steps, and of initial values where some are computed. */
interface DirectionalMode {
  readonly by: "jvp" | "hvp";
  /** Of the gradient, which is derived first, rather than of the values. */
  readonly ofGradient: boolean;
  /** What its buffers are beside those of the values. */
  readonly derived: readonly (readonly Derivation[])[];
}

const directionalModes: readonly DirectionalMode[] = [
  { by: "jvp", ofGradient: false, derived: [["tangent"]] },
  { by: "hvp", ofGradient: true, derived: [["tangent"], ["grad"], ["tangent", "grad"]] },
];

/**
 * All entries of the module of `program`.
 *
 * @throws SegmentsError where a gradient is wanted in segments and cannot be computed so.
 */
export function buildEntries(program: Program, options: EntryOptions): EntryProgram {
  const [problem] = problemsOf(program);
  invariant(problem === undefined, `${program.name}: ${problem ?? ""}`);
  const segments = options.segments === true ? segmentsOf(program) : undefined;
  const builder = new EntryBuilder(program, options, { keptAlong: segments?.symbol }).build();
  const { entries, roles } = builder;
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
  if (segments !== undefined) {
    checkSegments(made, segments.symbol, program.losses ?? []);
    return { ...made, segments }; // Rows of a part of the steps are not those of all.
  }
  return withGradientRows(made, (entry, fn) => {
    builder.observed(entry, gradientRowsStage, fn, builder.kept.get(entry));
  });
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
  const options = { gradient: false, jvp: false, hvp: false, ...(observe && { observe }) };
  const { entries, roles } = new EntryBuilder(program, options, { part: name }).build();
  const names = new Map(roles.map((role) => [nameOfRole(role), nameOfRole(roleInPart(role, name))]));
  const renamed = [...entries.values()].map((entry): [string, ProgramEntry] => {
    const own = nameInPart(name, entry.name);
    return [own, { ...entry, name: own, part: name, fn: { ...renamePorts(entry.fn, names), name: own } }];
  });
  const own = { entries: new Map(renamed), roles: roles.map((role) => roleInPart(role, name)) };
  return { name, ...own, sizes: sizesIn(program, entries) };
}

/** An entry on its way. */
interface Made extends ProgramEntry {
  /** What has made it last; undefined where nobody observes, so that nothing holds what is past. */
  readonly last: EntryVersion | undefined;
}

interface BuiltAs {
  /** What the source calls the program, where it is a part of another. */
  readonly part?: string;
  /** The symbol of the sequence of whose segments gradients go on. */
  readonly keptAlong?: string | undefined;
}

class EntryBuilder {
  readonly entries = new Map<string, ProgramEntry>();
  /** The last versions of the entries, where they are observed. */
  readonly kept = new Map<string, EntryVersion | undefined>();
  readonly roles: Role[];
  private readonly program: Program;
  private readonly options: EntryOptions;
  private readonly part: string | undefined;
  private readonly keptAlong: string | undefined;
  private readonly context: ShapeContext;
  private readonly tensors: readonly Role[];
  private readonly boundary: Boundary;

  constructor(program: Program, options: EntryOptions, { part, keptAlong }: BuiltAs) {
    this.program = program;
    this.options = options;
    this.part = part;
    this.keptAlong = keptAlong;
    this.context = programContext(program);
    this.tensors = programRoles(program);
    this.roles = [...this.tensors];
    this.boundary = programBoundary(program);
  }

  /** In the order of the entries, in which buffers are laid out. */
  build(): this {
    const { program, options } = this;
    const equations = (of: EntrySource, fn: GraphFunction): Made =>
      this.made(derivation(of), entryStages.equations, fn);
    const written = equations("forward", program.forward);
    const whole = this.run(written, equationPasses);
    const windowed = this.run(whole, sequencePasses);
    const plain = windowed.fn === whole.fn ? windowed : this.run(windowed, windowPasses);
    const initial = program.initial && this.run(equations("initial", program.initial), initialPasses);
    const values = initial && this.run(initial, initialValuePasses);
    if (program.stream !== undefined) this.addStream(program.stream, written, whole, values);
    else if (values !== undefined) this.keep(values);
    if (options.gradient) this.addGradient(plain, initial);
    else this.keep(this.run(plain, residualPasses));
    const own = ownEntries.filter(({ ofGradient }) => ofGradient !== true || options.gradient !== false);
    const add = ({ of, from, roles, passes, isOfForward }: OwnEntry): void => {
      const fn = from(program, plain.fn);
      if (fn === undefined) return;
      this.roles.push(...roles(program));
      const entry = isOfForward ? { ...entryOf(derivation(of), fn), last: plain.last } : equations(of, fn);
      this.keep(this.run(entry, passes));
    };
    own.forEach(add);
    for (const mode of directionalModes) if (options[mode.by]) this.addDirectional(mode, plain, initial);
    lastEntries.forEach(add);
    return this;
  }

  /** @param whole what passes have made of the equations `written` */
  private addStream(stream: string, written: Made, whole: Made, initialValues: Made | undefined): void {
    const { context, program } = this;
    const tensors = streamedRoles(program);
    const names = new Map(tensors.map((role) => [nameOfRole(role), nameOfRole(streamedRole(role))]));
    this.roles.push(...tensors.map(streamedRole));
    const how = { ...derivation("forward"), streamed: true };
    const isHere = (name: string): boolean => names.has(name);
    const { fn } = written;
    const others = new Set(fn.outputNames.filter((name) => !isHere(name)));
    const isWhole = others.size === 0 && fn.inputs.every((id) => isHere(nameOf(fn, id)));
    const of = (made: Made): Made => ({ ...made, ...entryOf(how, made.fn) });
    // Passes join what a stream has with what only a loss reads: they begin anew where a part is left out.
    const part = (): Made => this.onlyHere({ ...of(written), fn: withoutOutputs(fn, others) }, isHere);
    const values = this.run(isWhole ? of(whole) : this.run(part(), equationPasses), valuePasses);
    const single = this.made(how, entryStages.oneStep, renamePorts(oneStep(values.fn, stream, context), names), values);
    const step = this.run(single, residualPasses);
    const isContext = new Set(contextRoles(program).map((role) => nameOfRole(streamedRole(role))));
    const split = splitContexts(step.fn, context, (name) => isContext.has(name), (i) => nameOfRole(keptRole(i))); // prettier-ignore
    this.keep(this.made(how, entryStages.splitContexts, split.step, step));
    const ofStream = split.contexts;
    if (ofStream !== undefined) {
      this.roles.push(...ofStream.outputs.map((_, i) => residualRole(ofStream, keptRole(i))));
      const ofContexts = { of: "contexts", by: "value", streamed: true } as const;
      const entry: Made = { ...entryOf(ofContexts, ofStream), last: step.last };
      const contexts = this.onlyHere(entry, (name, { shared }) => isContext.has(name) || shared);
      this.keep(this.made(ofContexts, entryStages.splitContexts, contexts.fn, contexts));
    }
    if (initialValues === undefined) return;
    this.keep(initialValues);
    const ofInitial = { ...derivation("initial"), streamed: true };
    this.keep(this.made(ofInitial, entryStages.oneStep, renamePorts(initialValues.fn, names), initialValues));
  }

  private addGradient(plain: Made, initial: Made | undefined): void {
    const { context, tensors, boundary } = this;
    const { rules, gradient: of } = this.options;
    const { forward, backward, residuals } = reverseMode(plain.fn, context, { ...(rules && { rules }), ...boundary });
    const given = tensors.filter(({ kind }) => kind === "input" || kind === "context");
    const unwanted = new Set(of === "params" ? given.map((role) => nameOfRole(deriveRole(role, ["grad"]))) : []);
    this.roles.push(...tensors.map((role) => deriveRole(role, ["grad"])));
    this.roles.push(...residuals.map((name) => residualRole(forward, { kind: "residual", name })));
    const derived = (from: Made, by: EntryDerivation["by"], fn: GraphFunction): Made =>
      this.made(derivation(from.of, by), entryStages.derive, fn, from);
    this.keep(this.run(derived(plain, "value", forward), residualPasses));
    const ofForward = derived(plain, "gradient", withoutOutputs(backward, unwanted));
    this.keep(this.run(ofForward, derivativePasses));
    if (initial === undefined) return;
    const gradient = withoutOutputs(gradientOf(initial.fn, context, rules, false, boundary), unwanted);
    this.keep(this.run(derived(initial, "gradient", gradient), derivativePasses));
  }

  private addDirectional({ by, ofGradient, derived }: DirectionalMode, plain: Made, initial: Made | undefined): void {
    const { context, tensors, boundary } = this;
    const { rules } = this.options;
    this.roles.push(...derived.flatMap((each) => tensors.map((role) => deriveRole(role, each))));
    for (const values of [plain, initial]) {
      if (values === undefined) continue;
      const how = derivation(values.of, by);
      const gradient = (): GraphFunction => gradientOf(values.fn, context, rules, true, boundary);
      const from = ofGradient ? this.made(how, entryStages.deriveGradient, gradient(), values) : values;
      const tangents = tangentsOnly(from.fn, context, rules, boundary);
      this.keep(this.run(this.made(how, entryStages.derive, tangents, from), derivativePasses));
    }
  }

  private keep({ last, ...entry }: Made): void {
    this.kept.set(entry.name, last);
    const { program: { stream: oneOf }, keptAlong } = this; // prettier-ignore
    const goesOn = entry.of === "forward" && entry.by === "gradient" && keptAlong !== undefined;
    this.entries.set(entry.name, { ...entry, ...(entry.streamed && oneOf !== undefined && { oneOf }), ...(goesOn && { keptAlong }) }); // prettier-ignore
  }

  /** What a stage that is no pass gives, of the equations or of another entry. */
  private made(how: EntryDerivation, stage: EntryStage, fn: GraphFunction, from?: Made): Made {
    const entry = entryOf(how, fn);
    return { ...entry, last: this.observed(entry.name, stage, entry.fn, from?.last) };
  }

  /** With those of its inputs alone that are here, which are all that its outputs need. */
  private onlyHere(entry: Made, isHere: (input: string, type: ValueType) => boolean): Made {
    const part = this.run(entry, portPasses);
    const { fn } = part;
    return { ...part, fn: { ...fn, inputs: fn.inputs.filter((id) => isHere(nameOf(fn, id), typeOf(fn, id))) } };
  }

  private run(entry: Made, passes: readonly GraphPass[]): Made {
    let { last } = entry;
    const fn = runPasses(entry.fn, passes, this.context, (pass, after) => {
      last = this.observed(entry.name, pass, after, last);
    });
    return { ...entry, fn, last };
  }

  /** Tells who observes; of a part by what that calls the entry. */
  observed(own: string, stage: string, fn: GraphFunction, from: EntryVersion | undefined): EntryVersion | undefined {
    const { observe } = this.options;
    if (observe === undefined) return undefined;
    const { part } = this;
    const version = part === undefined ? { entry: own, stage, fn, from } : { entry: nameInPart(part, own), part, stage, fn, from }; // prettier-ignore
    observe(version);
    return version;
  }
}

const derivation = (of: EntrySource, by: EntryDerivation["by"] = "value"): EntryDerivation => ({
  of,
  by,
  streamed: false,
});

/** What a stream computes of its contexts. */
const keptRole = (place: number): Role => ({ kind: "residual", name: `context.${place}`, streamed: true });

/** With whether the function that gives it has one for all examples. */
function residualRole(fn: GraphFunction, role: Role): Role {
  const i = fn.outputNames.indexOf(nameOfRole(role));
  return typeOf(fn, at(fn.outputs, i)).shared ? { ...role, shared: true } : role;
}

/** `fn` with its inputs and outputs called as `names` says. */
function renamePorts(fn: GraphFunction, names: ReadonlyMap<string, string>): GraphFunction {
  const renamed = [...fn.names];
  const rename = (name: string): string => names.get(name) ?? name;
  for (const id of fn.inputs) renamed[id] = rename(fn.names[id] ?? String(id));
  invariant(renamed.length === fn.types.length, "a value has no name slot");
  return { ...fn, names: renamed, outputNames: fn.outputNames.map(rename) };
}
