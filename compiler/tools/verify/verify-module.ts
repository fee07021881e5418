/** `verifyModule`: a compiled module checked by itself, without its source. */
import { isModule, moduleKind, refuse } from "../../../runtime/base/arguments.js";
import type { CompiledModule, InstantiateOptions } from "../../../runtime/module/compiled-module.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { createRandom, type Random } from "../../../runtime/base/random.js";
import { at, ofKey } from "../../base/at.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { writeStored } from "../calls/call.js";
import { disturb } from "../calls/rounding.js";
import { emptyRecord, type Tensors } from "../calls/records.js";
import { checkPackage } from "./check-package.js";
import { checks, type ModuleCheck, reportOf } from "./checks.js";
import { type Context, contextOf } from "./context.js";
import * as calls from "../calls/draw-call.js";
import { ensureDrawn, type Ranges } from "../calls/ranges.js";
import { drawDirectedCall, sizesOfScale, unlikeSizes, type Scale, scalesOf } from "./draw-directed-call.js";
import { type CheckName, type CheckReport, CheckFindings, type VerifyReport } from "./report.js";
import { flatten, runCall, runForward } from "./results.js";
import { precisionOf } from "./rounding.js";
import { inProcess, partSubject, type Subject } from "./subject.js";
import type { ModuleText } from "./text/read-text.js";
import { checkOptions, kernelBytes, type VerifySettings, type VerifyOptions } from "./verify-options.js";

/**
 * Checks a compiled module by itself: that manifest and kernels are consistent, that its derivatives agree with differences of
 * its own `forward`, and that it keeps what spec/numerics.md and spec/module-abi.md promise. Sizes, lengths and values are drawn.
 *
 * The module runs in this process. Before that its text is read, and refused where it imports anything or names anything of the host;
 * but who does not trust a module runs `recell verify`, which runs it in a process of its own that may do nothing.
 *
 * @param source The text of the module, or the module where it is loaded already; then its text is not looked at.
 * @returns A report, also where checks fail.
 * @throws ModuleError where the source is no compiled cell, cannot be loaded or has a corrupt manifest.
 * @throws TypeError where the source is neither text nor module, an option is unknown or of the wrong type, or `wasm` is given and the
 *   module takes no file; RangeError where a number is out of range.
 * @throws what `signal` was aborted with; BudgetError where `maxSeconds` are over. Both are looked at before each check.
 * @example
 *     const { passed, checks } = await verifyModule(await readFile("gru.js", "utf8"));
 *     if (!passed) console.log(checks.filter(({ status }) => status === "failed"));
 */
export async function verifyModule(
  source: string | CompiledModule,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const settings = checkOptions(options);
  if (typeof source !== "string" && !isModule(source)) {
    refuse("verifyModule", "the first argument", `the text of a module or ${moduleKind}`, source);
  }
  if (typeof source !== "string") return verifySubject(inProcess(source), undefined, settings);
  // Loaded where it is needed: programs that verify nothing need no parser for JavaScript.
  const { readText } = await import("./text/read-text.js");
  const text = readText(source);
  return verifySubject(inProcess(await loadModule(source)), text, settings);
}

/** A module that is loaded, here or elsewhere. @param text Where it is known. */
export async function verifySubject(
  subject: Subject,
  text: ModuleText | undefined,
  settings: VerifySettings,
): Promise<VerifyReport> {
  const { seed, runs, wasm: given } = settings;
  const wasm = fileOf(subject, given);
  const tested = wasm === undefined ? subject : { ...subject, module: withKernels(subject.module, wasm) };
  const { module } = tested;
  const { manifest } = module;
  ensureDrawn(settings, manifest);
  // Of a module with both kinds of kernels the faster ones are checked, and the others compared with them.
  const variant = module.variant ?? (manifest.target === "auto" ? "wasm" : manifest.target);
  const whole = subjectPlan(tested, checks, runs);
  const packaged = findingsOf(whole, "package");
  guarded(packaged, () => checkPackage(module, text, wasm, packaged));
  const isWhole = wasm === undefined || startsWith(tested, packaged);
  const parts = (manifest.entries ?? []).map((part) => subjectPlan(partSubject(tested, part), checksOfParts, runs));
  const plans = [whole, ...parts];
  const total = plans.reduce((sum, { rounds }) => sum + rounds.reduce((all, own) => all + own.checks.length, 0), 0);
  const random = createRandom(seed);
  const progress = { done: 0, total };
  for (const plan of isWhole ? plans : []) {
    if (settings.bail && plans.some(hasFailed)) break;
    await runChecks(plan, settings, random, progress);
  }
  const reportsOf = ({ subject: { module: own }, all }: SubjectPlan): CheckReport[] =>
    [...all].map(([check, findings]) => reportOf(check, findings, own.manifest));
  const entries = (manifest.entries ?? []).map(({ name }, i) => ({ name, checks: reportsOf(at(parts, i)) }));
  const reports = reportsOf(whole);
  const passed = [reports, ...entries.map((own) => own.checks)]
    .flat()
    .every(({ status }) => status === "passed" || status === "skipped");
  return { passed, manifest, variant, seed, runs, checks: reports, entries };
}

/** Parts have values and streams: gradients, and the package, are those of the whole. */
const checksOfParts = checks.filter(({ name }) => !["package", "gradient", "jvp", "hvp", "linearity"].includes(name));

/** What is checked of a module, or of an entry of it. */
interface SubjectPlan {
  readonly subject: Subject;
  readonly all: ReadonlyMap<ModuleCheck, CheckFindings>;
  readonly rounds: readonly { readonly scale: Scale; readonly checks: readonly ModuleCheck[] }[];
}

function subjectPlan(subject: Subject, possible: readonly ModuleCheck[], runs: number): SubjectPlan {
  const { manifest } = subject.module;
  const own = possible.filter(({ isListed }) => isListed?.(manifest) !== false);
  const applicable = own.filter(({ run, absent }) => run !== undefined && absent?.(manifest) === undefined);
  const rounds = Array.from({ length: runs }, () => scalesOf(manifest))
    .flat()
    .map((scale) => ({
      scale,
      checks: applicable.filter(({ smallOnly, atManyRows }) =>
        scale === "many" ? atManyRows === true : scale === "small" || smallOnly !== true,
      ),
    }));
  return { subject, all: new Map(own.map((check) => [check, new CheckFindings()])), rounds };
}

const findingsOf = ({ all }: SubjectPlan, name: CheckName): CheckFindings => {
  const found = [...all].find(([check]) => check.name === name);
  invariant(found !== undefined, `no check ${name}`);
  return found[1];
};

const hasFailed = ({ all }: SubjectPlan): boolean => [...all.values()].some(({ problem }) => problem !== undefined);

async function runChecks(
  plan: SubjectPlan,
  { bail, onProgress, turn, ranges }: VerifySettings,
  random: Random,
  progress: { done: number; readonly total: number },
): Promise<void> {
  const { subject, all, rounds } = plan;
  const byName = new Map([...all].map(([{ name }, findings]) => [name, findings]));
  for (const { scale, checks: own } of rounds) {
    if (bail && hasFailed(plan)) return;
    const context = drawContext(subject, { scale, ranges }, random, findingsOf(plan, "shapes"));
    if (context === undefined) return;
    for (const check of own) {
      if (bail && hasFailed(plan)) break;
      onProgress?.(check.name, progress.done++, progress.total);
      await turn();
      const findings = all.get(check) as CheckFindings;
      if (context.explodes && check.derives === true) {
        findings.explodes = true;
        continue;
      }
      writeStored(context.instance, context.call.params);
      guarded(findings, () => check.run?.(context, findings, byName));
    }
    subject.release(context.instance);
  }
}

/** A file was given to a module that takes none. */
export class UnwantedKernels extends TypeError {}

/** The file that the module wants, if it wants one. */
function fileOf({ module }: Subject, given: VerifySettings["wasm"]): Uint8Array | undefined {
  if (given === undefined) return undefined;
  if (module.manifest.wasmFile === true)
    return typeof given === "function" ? kernelBytes(given(module.variant ?? "wasm")) : given;
  if (typeof given === "function") return undefined;
  throw new UnwantedKernels("the module takes no .wasm file: its kernels are in itself");
}

/** Does the module start with the file that was given? One of another build, or a damaged one, is told where the package is. */
function startsWith({ module: { instantiate, manifest }, release }: Subject, findings: CheckFindings): boolean {
  if (findings.problem !== undefined) return false;
  try {
    release(instantiate(smallest(manifest)));
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    findings.expect(false, () => `the module does not start with the .wasm file: ${reason}`);
    return false;
  }
}

const smallestSizes = (manifest: Manifest): Readonly<Record<string, number>> => calls.roomFor(manifest, () => 1);

const smallest = (manifest: Manifest): InstantiateOptions => ({
  sizes: smallestSizes(manifest),
});

function withKernels(module: CompiledModule, wasm: Uint8Array): CompiledModule {
  return {
    ...module,
    instantiate: (options = {}) =>
      module.instantiate({ ...options, wasm } as Parameters<CompiledModule["instantiate"]>[0]),
  };
}

/** Ends verifying as a whole, where there is nothing more to ask: no check has found it. */
export class VerifyingEnded extends Error {}

/** A module that throws where it should not has failed the check. */
function guarded(findings: CheckFindings, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (error instanceof VerifyingEnded) throw error;
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    findings.expect(false, () => `a right call throws ${text}`);
  }
}

/** Angles are told apart up to here (spec/numerics.md): what turns by values beyond does not move as the derivatives of its equations say. */
const largestResult = 2 ** 27;

/**
 * Do values grow or turn so fast that differences say nothing of derivatives? Measured by values alone: derivatives that are too large are a
 * fault that is looked for. Where last bits move values by n of their size, differences of what turns within 1, as angles do, come as near as
 * n ^ (2/3). Results that are large may be angles, or sums of money.
 */
function growthOf(
  { manifest, instance, call }: Pick<Context, "manifest" | "instance" | "call">,
  attempt: number,
): "chaotic" | "large" | "moderate" {
  const results = runForward(manifest, instance, call);
  // What is not finite is another fault.
  if (!isBelow(results, Infinity)) return "moderate";
  const other = disturb(manifest, call, createRandom(attempt), 1);
  writeStored(instance, other.params);
  const moved = runForward(manifest, instance, other);
  writeStored(instance, call.params);
  const most = precisionOf(manifest.dtype).readable ** 1.5 / 4;
  const isChaotic = Object.entries(results).some(([name, values]) => {
    const size = values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    return !ofKey(moved, name).every((value, i) => Math.abs(value - at(values, i)) <= most * size);
  });
  return isChaotic ? "chaotic" : isBelow(results, largestResult) ? "moderate" : "large";
}

/** By how much params are smaller at the next draw then, and at the last one. */
const shrinks = { next: 1 / 8, last: 2 ** -12 };

/** Draws that may be needed until values are finite; of small sizes many, as some make a loss infinite. */
const attemptsAt = (scale: Scale): number => (scale === "small" ? 100 : 8);

/** A call at whose values the module gives finite results, and an instance for it; undefined where the module fails. */
function drawContext(
  subject: Subject,
  { scale, ranges }: { readonly scale: Scale; readonly ranges: Ranges },
  random: Random,
  findings: CheckFindings,
): Context | undefined {
  const { manifest } = subject.module;
  let context: Context | undefined;
  const problem = findings.problem;
  guarded(findings, () => {
    let sizes = sizesOfScale(manifest, scale, random);
    let shrink = 1;
    let mayBeLarge = false;
    for (let attempt = 0; attempt < attemptsAt(scale); attempt++) {
      if (attempt >= 8 && attempt % 2 === 0) sizes = unlikeSizes(manifest, random);
      const makeParams = (seed: number): Tensors => initialParams(subject, seed);
      const call = drawDirectedCall(manifest, makeParams, random, sizes, { attempt, shrink, ranges });
      if (context !== undefined) subject.release(context.instance);
      const own = contextOf(subject, scale, call, random);
      // Of many rows only bits are compared.
      const growth = scale === "many" ? "moderate" : growthOf(own, attempt);
      const isTooLarge = growth === "large" && !mayBeLarge;
      const isFinite = isBelow(runCall(manifest, own.instance, call), Infinity);
      context = { ...own, explodes: growth === "chaotic" };
      if (isFinite && growth !== "chaotic" && !isTooLarge) return;
      // What is not finite may have grown too far, or be the logarithm of what became too small.
      if (growth === "chaotic" || isTooLarge || attempt > 1) shrink *= shrinks.next;
      if (shrink >= shrinks.last) continue;
      if (growth === "chaotic") return;
      // Its results are large whatever its params are.
      if (isTooLarge) mayBeLarge = true;
      shrink = 1;
    }
  });
  return findings.problem === problem ? context : undefined;
}

const isBelow = (results: Tensors, most: number): boolean =>
  Object.values(results).every((values) => values.every((value) => Math.abs(value) < most));

function initialParams({ module, release }: Subject, seed: number): Tensors {
  const sizes = smallestSizes(module.manifest);
  const instance = module.instantiate({ sizes });
  if (module.manifest.fixed === undefined) instance.init(seed);
  else instance.init(seed, { fixed: true });
  const made = Object.assign(emptyRecord<Float64Array>(), flatten(instance.params), flatten(instance.fixed ?? {}));
  release(instance);
  return made;
}
