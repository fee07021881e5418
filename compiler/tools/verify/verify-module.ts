/** `verifyModule`: a compiled module checked by itself, without its source. */
import { dataInGradient, realStates } from "../calls/tensors.js";
import { isModule, moduleKind, refuse } from "../../../runtime/base/arguments.js";
import type { CompiledModule, InstantiateOptions } from "../../../runtime/module/compiled-module.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { createRandom, type Random } from "../../../runtime/base/random.js";
import { writeStored } from "../calls/call.js";
import { emptyRecord, type Tensors } from "../calls/records.js";
import {
  checkBatch,
  checkCapacity,
  checkChunks,
  checkPadding,
  checkParameters,
  checkRepeat,
  checkStream,
} from "./check-bits.js";
import { checkFirstDerivatives, checkSecondDerivatives } from "./check-derivatives.js";
import { checkLinearity } from "./check-linearity.js";
import { checkPackage, checkShapes } from "./check-package.js";
import { checkRefusals } from "./check-refusals.js";
import { checkSpecialValues } from "./check-special-values.js";
import { type Context, contextOf } from "./context.js";
import * as calls from "../calls/draw-call.js";
import { drawDirectedCall, sizesOfScale, unlikeSizes, type Scale, scalesOf } from "./draw-directed-call.js";
import { type CheckName, type CheckReport, CheckFindings, type VerifyReport } from "./report.js";
import { flatten, runCall } from "./results.js";
import { inProcess, type Subject } from "./subject.js";
import type { ModuleText } from "./text/read-text.js";
import { isDeclared } from "./variables.js";
import { checkOptions, kernelBytes, type VerifySettings, type VerifyOptions } from "./verify-options.js";

interface ModuleCheck {
  readonly name: CheckName;
  readonly meaning: string;
  /** Why it does not apply to a module, if it does not. */
  readonly absent?: (manifest: Manifest) => string | undefined;
  /** Does a small call show all that there is? */
  readonly smallOnly?: boolean;
  /** At one call; `package` has none, as it does not depend on values. */
  readonly run?: (context: Context, findings: CheckFindings, all: ReadonlyMap<CheckName, CheckFindings>) => void;
}

const without = (part: "gradient" | "jvp" | "hvp") => (manifest: Manifest) =>
  manifest.has[part] ? undefined : `compiled without ${part}`;

/** Tensors that have a gradient, with differences to compare it with and without. */
function tensorsBy(manifest: Manifest): { readonly plain: string[]; readonly declared: string[] } {
  const { inputs, contexts } = dataInGradient(manifest);
  const names = [...manifest.params, ...inputs, ...contexts, ...realStates(manifest)].map(({ name }) => name);
  return {
    plain: names.filter((name) => !isDeclared(manifest, name)),
    declared: names.filter((name) => isDeclared(manifest, name)),
  };
}

/** What is not compared with differences, and why. */
function declaredNote(manifest: Manifest): string | undefined {
  const { plain, declared } = tensorsBy(manifest);
  if (declared.length === 0) return undefined;
  const functions = (manifest.declaredDerivatives ?? []).map((name) => `\`${name}\``);
  const source = [...functions, ...(manifest.gradientAsDeclared === undefined ? [] : ["`stop_gradient`"])].join(" or ");
  const those = plain.length === 0 ? "all tensors" : declared.join(", ");
  const rest = !manifest.has.gradient
    ? ""
    : manifest.has.jvp
      ? "; backward and jvp are compared with each other"
      : "; checked for linearity only: compiled with jvp too, both modes could be compared";
  return `differences do not see the gradient by ${those}, which is declared (${source})${rest}`;
}

function noteDeclared({ manifest }: Context, findings: CheckFindings): void {
  const note = declaredNote(manifest);
  if (note !== undefined) findings.note(note);
}

const allDeclared = (manifest: Manifest): string | undefined =>
  tensorsBy(manifest).plain.length === 0 ? declaredNote(manifest) : undefined;

const withoutStream = ({ has }: Manifest): string | undefined =>
  has.step ? undefined : "the module looks ahead, so it cannot stream";

const checks: readonly ModuleCheck[] = [
  { name: "package", meaning: "manifest, exports and kernels are consistent" },
  {
    name: "shapes",
    meaning: "names, types and lengths of results are those of the manifest",
    smallOnly: true,
    run: checkShapes,
  },
  {
    name: "gradient",
    meaning: "backward agrees with differences of forward",
    absent: (manifest) => without("gradient")(manifest) ?? allDeclared(manifest),
    run: (context, findings, all) => {
      noteDeclared(context, findings);
      checkFirstDerivatives(context, { gradient: findings, jvp: all.get("jvp") as CheckFindings });
    },
  },
  {
    name: "jvp",
    meaning: "jvp agrees with differences and with backward",
    absent: (manifest) => without("jvp")(manifest) ?? (manifest.has.gradient ? undefined : allDeclared(manifest)),
    run: (context, findings) => {
      noteDeclared(context, findings);
      // With a gradient it was compared along with that.
      if (context.manifest.has.gradient && allDeclared(context.manifest) === undefined) return;
      checkFirstDerivatives(context, { gradient: new CheckFindings(), jvp: findings });
    },
  },
  {
    name: "hvp",
    meaning: "hvp agrees with differences of backward",
    absent: (manifest) => without("hvp")(manifest) ?? without("gradient")(manifest),
    run: (context, findings) => {
      noteDeclared(context, findings);
      checkSecondDerivatives(context, findings);
    },
  },
  {
    name: "linearity",
    meaning: "backward is linear in the cotangents, jvp and hvp in the tangents",
    absent: ({ has }) => (has.gradient || has.jvp || has.hvp ? undefined : "compiled without gradient, jvp and hvp"),
    run: checkLinearity,
  },
  {
    name: "stream",
    meaning: "a stream gives the bits of the sequence, also from a snapshot",
    absent: withoutStream,
    run: checkStream,
  },
  {
    name: "chunks",
    meaning: "pieces of a sequence give the bits of the whole",
    absent: withoutStream,
    run: checkChunks,
  },
  { name: "batch", meaning: "an example has the same bits in a batch and alone", run: checkBatch },
  { name: "padding", meaning: "padding is zero in results and has no influence", run: checkPadding },
  { name: "repeat", meaning: "the same call gives the same bits again", run: checkRepeat },
  {
    name: "parameters",
    meaning: "a changed parameter takes effect in an instance in use",
    smallOnly: true,
    run: checkParameters,
  },
  { name: "capacity", meaning: "an instance with room for more gives the same bits", run: checkCapacity },
  {
    name: "NaN",
    meaning: "NaN passes through, and stays in its example and later steps",
    run: (context, findings) => checkSpecialValues(context, NaN, findings),
  },
  {
    name: "infinity",
    meaning: "infinity stays in its example and later steps",
    run: (context, findings) => checkSpecialValues(context, Infinity, findings),
  },
  { name: "refusals", meaning: "wrong calls throw and leave no trace", smallOnly: true, run: checkRefusals },
];

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
  const { seed, runs, bail, onProgress, turn, wasm: given } = settings;
  const wasm = fileOf(subject, given);
  const tested = wasm === undefined ? subject : { ...subject, module: withKernels(subject.module, wasm) };
  const { module } = tested;
  const { manifest } = module;
  // Of a module with both kinds of kernels the faster ones are checked, and the others compared with them.
  const variant = module.variant ?? (manifest.target === "auto" ? "wasm" : manifest.target);
  const all = new Map(checks.map(({ name }) => [name, new CheckFindings()]));
  const findingsOf = (name: CheckName): CheckFindings => all.get(name) as CheckFindings;
  guarded(findingsOf("package"), () => checkPackage(module, text, wasm, findingsOf("package")));
  const isWhole = wasm === undefined || startsWith(tested, findingsOf("package"));
  const hasFailed = (): boolean => [...all.values()].some(({ problem }) => problem !== undefined);
  const random = createRandom(seed);
  const applicable = checks.filter(({ run, absent }) => run !== undefined && absent?.(manifest) === undefined);
  const scales = scalesOf(manifest);
  const planned = Array.from({ length: runs }, () => scales)
    .flat()
    .map((scale) => {
      return { scale, checks: applicable.filter(({ smallOnly }) => scale === "small" || smallOnly !== true) };
    });
  const total = planned.reduce((sum, { checks: own }) => sum + own.length, 0);
  let done = 0;
  for (const { scale, checks: own } of planned) {
    if (!isWhole || (bail && hasFailed())) break;
    const context = drawContext(tested, scale, random, findingsOf("shapes"));
    if (context === undefined) break;
    for (const check of own) {
      if (bail && hasFailed()) break;
      onProgress?.(check.name, done++, total);
      await turn();
      const findings = findingsOf(check.name);
      writeStored(context.instance, context.call.params);
      guarded(findings, () => check.run?.(context, findings, all));
    }
    tested.release(context.instance);
  }
  const reports = checks.map((check) => reportOf(check, findingsOf(check.name), manifest));
  const passed = reports.every(({ status }) => status !== "failed");
  return { passed, manifest, variant, seed, runs, checks: reports };
}

/** A file was given to a module that takes none. */
export class UnwantedKernels extends TypeError {}

/** The file that the module wants, if it wants one. */
function fileOf(subject: Subject, given: VerifySettings["wasm"]): Uint8Array | undefined {
  if (given === undefined) return undefined;
  const { module } = subject;
  if (takesFile(subject)) return typeof given === "function" ? kernelBytes(given(module.variant ?? "wasm")) : given;
  if (typeof given === "function") return undefined;
  throw new UnwantedKernels("the module takes no .wasm file: its kernels are in itself");
}

/** A module says itself what it wants, by refusing to do without. */
function takesFile({ module: { instantiate, manifest }, release }: Subject): boolean {
  try {
    release(instantiate(smallest(manifest)));
    return false;
  } catch (error) {
    return error instanceof TypeError && /^instantiate: wasm must be the \.wasm file/u.test(error.message);
  }
}

/** Does the module start with the file that was given? One of another build, or a damaged one, is told where the package is. */
function startsWith({ module: { instantiate, manifest }, release }: Subject, findings: CheckFindings): boolean {
  if (findings.problem !== undefined) return false;
  try {
    release(instantiate(smallest(manifest)));
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    findings.expect(
      false,
      () => `the module does not start with the .wasm file: ${reason.replace("instantiate: ", "")}`,
    );
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

/** Draws that may be needed until values are finite; of small sizes many, as some make a loss infinite. */
const attemptsAt = (scale: Scale): number => (scale === "small" ? 100 : 8);

/** A call at whose values the module gives finite results, and an instance for it; undefined where the module fails. */
function drawContext(subject: Subject, scale: Scale, random: Random, findings: CheckFindings): Context | undefined {
  const { manifest } = subject.module;
  let context: Context | undefined;
  const problem = findings.problem;
  guarded(findings, () => {
    let sizes = sizesOfScale(manifest, scale, random);
    for (let attempt = 0; attempt < attemptsAt(scale); attempt++) {
      if (attempt >= 8 && attempt % 2 === 0) sizes = unlikeSizes(manifest, random);
      const call = drawDirectedCall(manifest, (seed) => initialParams(subject, seed), random, sizes, attempt);
      if (context !== undefined) subject.release(context.instance);
      context = contextOf(subject, scale, call, random);
      const results = runCall(manifest, context.instance, call);
      if (Object.values(results).every((values) => values.every(Number.isFinite))) return;
    }
  });
  return findings.problem === problem ? context : undefined;
}

function initialParams({ module, release }: Subject, seed: number): Tensors {
  const sizes = smallestSizes(module.manifest);
  const instance = module.instantiate({ sizes });
  if (module.manifest.fixed === undefined) instance.init(seed);
  else instance.init(seed, { fixed: true });
  const made = Object.assign(emptyRecord<Float64Array>(), flatten(instance.params), flatten(instance.fixed ?? {}));
  release(instance);
  return made;
}

function reportOf({ name, meaning, absent }: ModuleCheck, findings: CheckFindings, manifest: Manifest): CheckReport {
  const { compared, worst, skipped, noted } = findings;
  const [coarse, broken] = (["coarse", "broken"] as const).map((why) => findings.notCompared(why).join(", "));
  const applies = absent?.(manifest) === undefined;
  // Whoever makes values jump, or NaN, could hide anything that depends on them.
  const hidden = broken
    ? `values jump or are not finite wherever ${broken} moves: there is nothing to compare`
    : coarse && compared === 0
      ? `values move so much with the last bits of ${coarse} that nothing can be compared`
      : undefined;
  const problem = findings.problem ?? (applies ? hidden : undefined);
  const reason =
    absent?.(manifest) ??
    (compared === 0 ? (skipped ?? "nothing could be compared at the points that were drawn") : undefined);
  const status = problem !== undefined ? "failed" : reason !== undefined ? "skipped" : "passed";
  const note = noted ?? (coarse ? `differences were too coarse for ${coarse}` : undefined);
  return { name, meaning, status, compared, worst, detail: problem ?? reason ?? note };
}
