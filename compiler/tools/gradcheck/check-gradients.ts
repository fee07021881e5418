/** Are a cell's derivatives right? The public check: random sizes and points, every comparison, and where the fault is. */
import { withFoundLengths } from "./with-found-lengths.js";
import { isModule, moduleKind, refuse } from "../../../runtime/base/arguments.js";
import { createRandom, type Random } from "../../../runtime/base/random.js";
import type { CompiledModule } from "../../../runtime/module/compiled-module.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { LoadedCell } from "../../driver/in-process.js";
import type { Program } from "../../program/program.js";
import type { DerivativeRules } from "../../passes/autodiff/derivative-rules.js";
import {
  type Candidate,
  candidateOf,
  type CandidateText,
  candidatesAtRandomSizes,
  compileCandidate,
  type CompiledAs,
  lowerText,
  programsAtRandomSizes,
} from "./candidates.js";
import { PartComparisons } from "./check-parts.js";
import { checkPoint } from "./check-point.js";
import { DeclaredDistances, declares } from "./declared-distances.js";
import { singularStart } from "./declared-start.js";
import {
  checkSettings,
  refuseTextOptions,
  type GradientCheckOptions,
  type GradcheckSettings,
} from "./check-settings.js";
import { Comparisons, type Coverage } from "./compare.js";
import { FinitePoints } from "./finite-points.js";
import { furtherDraws } from "./further-draws.js";
import type { DerivativeMode, Fault } from "./fault.js";
import { placeOf } from "./locate/describe-fault.js";
import { derivativeModes, findWrongRule, type ProgramSource, wrongMode } from "./locate/find-rule.js";
import { locateFault } from "./locate/locate-fault.js";
import { realContexts, realStates, type VariableRole } from "../calls/tensors.js";
import type { Point } from "./point.js";
import { programSource, sourceOfProgram } from "./program-source.js";
import type { DeclaredReport, GradientReport, SingularStart, TensorReport } from "./report.js";
import { ensureCheckable } from "./uncheckable.js";
import { withoutGradient } from "./without-gradient.js";

/**
 * Compares derivatives at random points with measurements that know nothing of the rules they were derived by.
 *
 * @param subject The text of a `.cell` file, which is compiled at random sizes in float64 and float32; a cell from `cell()`;
 *   or any loaded module with `gradient`. Of the first two the source is known: gradients are then compared with a complex
 *   step, right to rounding, float32 is compared with float64, and a fault is located.
 *
 * Where functions state their derivative, it is taken as the rule: the gradient must follow it, and the report says how far
 * it is from the true one, under `declared`.
 *
 * @throws TypeError where the first argument is neither, where a module has no gradient, or declared derivatives and neither `jvp` nor a source, or where options that
 *   say how a text is compiled are given for a cell or module.
 * @throws CellError where a text has errors, or more operations than `maxOperations`; CompileOptionsError where the options do not fit it.
 * @throws RangeError where a number is out of its range; what `signal` was aborted with; BudgetError where `maxSeconds` are over.
 * @throws UncheckableError where nothing has a gradient, or a call at the sizes given has more than a million numbers; as
 *   NotFiniteError where the cell's values are not finite at any of the points tried.
 * @example
 *     const report = await checkGradients(readFileSync("gru.cell", "utf8"), { seed: 7 });
 *     if (!report.passed) console.log(report.fault ?? report.tensors);
 */
export async function checkGradients(
  subject: string | LoadedCell | CompiledModule,
  options: GradientCheckOptions = {},
): Promise<GradientReport> {
  const settings = checkSettings(options);
  if (typeof subject !== "string" && !isModule(subject)) {
    refuse("checkGradients", "the first argument", `the text of a cell or ${moduleKind}`, subject);
  }
  const source = sourceOf(subject, options);
  if (typeof subject !== "string") {
    refuseTextOptions(options);
    const { has, declaredDerivatives = [] } = subject.manifest;
    if (!has.gradient) throw new TypeError("checkGradients needs a module compiled with gradient");
    if (source === undefined && declares(subject.manifest) && !has.jvp) {
      throw new TypeError(
        `checkGradients: the module has derivatives that are declared (${declaredDerivatives.join(", ")}), which differences do not see; compile it with jvp, or give its source`,
      );
    }
    ensureCheckable(subject.manifest);
    const candidate = moduleCandidate(subject, source);
    return runChecks(source && programSource(source), settings, () => Promise.resolve(candidate));
  }
  const text = source as CandidateText;
  return runChecks(programSource(text), settings, candidatesAtRandomSizes(text, compiledAs(options)));
}

/**
 * The same for a program, which need not be a cell: at its own sizes, with the modules that the compiler makes of it.
 *
 * @throws UncheckableError, RangeError and others as {@link checkGradients}
 */
export async function checkProgram(program: Program, options: GradientCheckOptions = {}): Promise<GradientReport> {
  const settings = checkSettings(options);
  const candidate = await compileCandidate(program, compiledAs(options));
  return runChecks(sourceOfProgram(program), settings, () => Promise.resolve(candidate));
}

const compiledAs = ({ precisions = ["f64", "f32"], target = "wasm" }: GradientCheckOptions): CompiledAs => ({
  precisions,
  target,
});

/** What {@link checkRules} finds. */
export interface RuleCheck {
  /** The kind of derivative that is wrong; undefined where all agree. */
  readonly mode: DerivativeMode | undefined;
  readonly fault: Fault | undefined;
}

/**
 * Checks what given rules derive of a cell, in reverse mode, forward mode and forward over reverse, without compiling it: for tests
 * of rules and of this checker.
 */
export function checkRules(
  text: string,
  rules: DerivativeRules,
  { modes = derivativeModes, ...options }: GradientCheckOptions & { readonly modes?: readonly DerivativeMode[] } = {},
): RuleCheck {
  const settings = checkSettings(options);
  const source = sourceOf(text, options) as CandidateText;
  const random = createRandom(settings.seed);
  const programs = programsAtRandomSizes(source);
  for (let run = 0; run < settings.runs; run++) {
    const candidate = candidateOf(programs(random));
    const checked = programSource(source, rules);
    const point = new FinitePoints(settings, random, (file) => checked.sources(file)).draw(candidate);
    const trial = { dimensions: candidate.dimensions, point };
    const mode = wrongMode(checked, trial, modes);
    if (mode !== undefined) return { mode, fault: findWrongRule(checked, trial, modes) };
  }
  return { mode: undefined, fault: undefined };
}

async function runChecks(
  source: ProgramSource | undefined,
  settings: GradcheckSettings,
  next: (random: Random) => Promise<Candidate>,
): Promise<GradientReport> {
  const { seed, runs } = settings;
  const random = createRandom(seed);
  const sources: ProgramSource["sources"] = (file) => source?.sources(file);
  const comparisons = new Comparisons();
  const declared = new DeclaredDistances();
  const called = new PartComparisons();
  const points = new FinitePoints(settings, random, sources);
  let furtherPoints = 0;
  let start: SingularStart | undefined;
  let candidate: Candidate | undefined;
  let failure: Failure | undefined;
  const check = (at: Candidate, point: Point, onShare?: (done: number) => void): void => {
    comparisons.expect(point);
    const agrees = checkPoint(at, point, { ...settings, random, comparisons, declared, ...(onShare && { onShare }) });
    if (!agrees) failure ??= { candidate: at, point };
  };
  for (let run = 0; run < runs; run++) {
    await settings.turn();
    settings.onProgress?.(run, runs);
    candidate = await next(random);
    const drawn = points.draw(candidate);
    const scale = Math.min(1, settings.scale);
    start ??= singularStart(candidate, { seed: seed + run, scale, ranges: settings.ranges }, sources);
    check(candidate, withFoundLengths(candidate.program, drawn), (share) => settings.onProgress?.(run + share, runs));
    called.check(candidate, { ...settings, random: createRandom(seed + run) });
  }
  const report = (): TensorReport[] => comparisons.report(coverageOf(candidate as Candidate, settings));
  for (const options of furtherDraws) {
    if (report().every(({ uncompared }) => uncompared.length === 0)) break;
    await settings.turn();
    candidate = await next(random);
    const point = points.drawFurther(candidate, options);
    if (point === undefined) continue;
    furtherPoints++;
    check(candidate, withFoundLengths(candidate.program, point));
  }
  settings.onProgress?.(runs, runs);
  const tensors = report();
  const parts = called.report();
  const passed = [...tensors, ...parts].every((own) => own.passed) && start === undefined;
  const manifest = candidate?.manifest;
  return {
    passed,
    cell: manifest?.cell ?? "",
    ...askedFor(settings),
    skipped: points.skipped,
    notFinite: points.first,
    furtherPoints,
    tensors,
    entries: parts,
    declared: source === undefined ? namesOnly(manifest) : declared.report(({ span }) => placeOf(span, sources)),
    singularStart: start,
    fault: failure && source && faultAt(failure, source, tensors),
  };
}

/** What repeats the check. */
const askedFor = ({ seed, runs, tolerance, tolerance32 }: GradcheckSettings) => ({
  seed,
  runs,
  tolerance,
  tolerance32,
});

interface Failure {
  readonly candidate: Candidate;
  readonly point: Point;
}

/** Undefined where no error is larger than rounding. */
function faultAt(
  { candidate, point }: Failure,
  source: ProgramSource,
  tensors: readonly TensorReport[],
): Fault | undefined {
  const { program, dimensions } = candidate;
  if (program === undefined || !tensors.some(isGross)) return undefined;
  const wrong = new Set(tensors.filter(isGross).map(({ name }) => name));
  return locateFault(source, program, { dimensions, point }, wrong);
}

/** What has a gradient, and should be compared. */
function coverageOf({ manifest, modules, program }: Candidate, settings: GradcheckSettings): Coverage {
  const { params, inputs } = manifest;
  const all = (role: VariableRole, entries: readonly { readonly name: string }[]): Coverage["expected"] =>
    entries.map(({ name }) => ({ role, name }));
  return {
    expected: [
      ...all("param", params),
      ...all("input", inputs.filter(({ dtype }) => dtype === "real")), // prettier-ignore
      ...all("context", realContexts(manifest)),
      ...all("state", realStates(manifest)),
    ],
    precisions: modules.map(({ precision }) => precision),
    withoutGradient: program && withoutGradient(program),
    allowUncompared: settings.allowUncompared,
    noInfluence: settings.noInfluence,
  };
}

function namesOnly(manifest: Manifest | undefined): DeclaredReport[] {
  const unknown = { place: undefined, compared: 0, kinks: 0, distance: undefined, worst: undefined };
  return (manifest?.declaredDerivatives ?? []).map((name) => ({ name, ...unknown }));
}

/** Is an error larger than rounding makes it? Less than that may fail a small tolerance and is nobody's fault. */
function isGross({ methods }: TensorReport): boolean {
  return methods.some(({ passed, precision, worst }) => {
    const rounding = precision === "f64" ? 1e-8 : 1e-3;
    return !passed && worst !== undefined && !(worst.error <= rounding + worst.bar);
  });
}

/** Where the source is known. */
function sourceOf(
  subject: string | LoadedCell | CompiledModule,
  { file, readFile, cell, dimensions, maxOperations }: GradientCheckOptions,
): CandidateText | undefined {
  if (typeof subject === "string") {
    return { text: subject, options: withoutUndefined({ file, readFile, cell, dimensions, maxOperations }) };
  }
  if (!("source" in subject)) return undefined;
  const { options } = subject;
  return {
    text: subject.source,
    options: withoutUndefined({
      file: options.file,
      readFile: options.readFile,
      cell: options.cell,
      dimensions: options.dimensions,
      maxOperations: options.maxOperations,
    }),
  };
}

function withoutUndefined(options: {
  readonly [K in keyof CandidateText["options"]]: CandidateText["options"][K] | undefined;
}): CandidateText["options"] {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function moduleCandidate(module: CompiledModule, source: CandidateText | undefined): Candidate {
  const { manifest } = module;
  return {
    dimensions: manifest.dimensions,
    manifest,
    program: source && lowerText(source, {}).program,
    modules: [{ precision: manifest.dtype, module }],
  };
}
