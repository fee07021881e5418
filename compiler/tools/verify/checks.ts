/** What is checked of a module, in one table: each check at one call. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import { dataInGradient, realStates } from "../calls/tensors.js";
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
import { checkShapes } from "./check-package.js";
import { checkRefusals } from "./check-refusals.js";
import { checkSelect } from "./check-select.js";
import { checkSpecialValues } from "./check-special-values.js";
import type { Context } from "./context.js";
import { type CheckName, type CheckReport, CheckFindings } from "./report.js";
import { isDeclared } from "./variables.js";

/** One of the promises of a module. */
export interface ModuleCheck {
  readonly name: CheckName;
  readonly meaning: string;
  /** Has the module what is checked? Always unless told: else it is not even listed. */
  readonly isListed?: (manifest: Manifest) => boolean;
  /** Why it does not apply to a module, if it does not. */
  readonly absent?: (manifest: Manifest) => string | undefined;
  /** Is it of derivatives? They say nothing where values explode. */
  readonly derives?: true;
  /** Does a small call show all that there is? */
  readonly smallOnly?: boolean;
  /** Is it made at a call of many rows, too? They take long, and one check sees their windows. */
  readonly atManyRows?: true;
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
  has.step ? undefined : "it looks ahead, so it cannot stream";

/** In the order of reports. */
export const checks: readonly ModuleCheck[] = [
  { name: "package", meaning: "manifest, exports and kernels are consistent" },
  {
    name: "shapes",
    meaning: "names, types and lengths of results are those of the manifest",
    smallOnly: true,
    run: checkShapes,
  },
  {
    name: "gradient",
    derives: true,
    meaning: "backward agrees with differences of forward",
    absent: (manifest) => without("gradient")(manifest) ?? allDeclared(manifest),
    run: (context, findings, all) => {
      noteDeclared(context, findings);
      checkFirstDerivatives(context, { gradient: findings, jvp: all.get("jvp") as CheckFindings });
    },
  },
  {
    name: "jvp",
    derives: true,
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
    derives: true,
    meaning: "hvp agrees with differences of backward",
    absent: (manifest) => without("hvp")(manifest) ?? without("gradient")(manifest),
    run: (context, findings) => {
      noteDeclared(context, findings);
      checkSecondDerivatives(context, findings);
    },
  },
  {
    name: "linearity",
    derives: true,
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
    meaning: "chunks of a sequence give the bits of the whole",
    absent: withoutStream,
    run: checkChunks,
  },
  {
    name: "select",
    meaning: "each example of a stream goes on with the states of the one that is named",
    isListed: ({ stream }) => stream !== undefined,
    run: checkSelect,
  },
  {
    name: "batch",
    meaning: "an example has the same bits in a batch and alone",
    atManyRows: true,
    run: checkBatch,
  },
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

/** What a check has found in all runs. */
export function reportOf(
  { name, meaning, absent }: ModuleCheck,
  findings: CheckFindings,
  manifest: Manifest,
): CheckReport {
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
    (compared === 0 && findings.explodes
      ? "values grow or turn so fast at all points that were drawn that differences say nothing of derivatives"
      : undefined) ??
    (compared === 0 ? (skipped ?? "nothing could be compared at the points that were drawn") : undefined);
  const status =
    problem !== undefined
      ? "failed"
      : reason === undefined
        ? "passed"
        : applies && compared === 0 && findings.explodes
          ? "inconclusive"
          : "skipped";
  const note = noted ?? (coarse ? `differences were too coarse for ${coarse}` : undefined);
  return { name, meaning, status, compared, worst, detail: problem ?? reason ?? note };
}
