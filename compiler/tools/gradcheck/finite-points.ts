/** Random points at which the values of a cell are finite, and where those begin that are not at others. */
import type { Random } from "../../../runtime/base/random.js";
import type { SourceFile } from "../../base/source/source-file.js";
import { capacitiesOf } from "../calls/sizes.js";
import type { Candidate } from "./candidates.js";
import type { GradcheckSettings } from "./check-settings.js";
import { drawPoint, type DrawOptions } from "./draw-point.js";
import { notFiniteOutputs } from "./graph-derivatives.js";
import { placeOfNotFinite } from "./locate/not-finite-place.js";
import { notFinite } from "./module-derivatives.js";
import type { Point } from "./point.js";
import { ensureDrawn } from "../calls/ranges.js";
import type { NotFiniteValues } from "./report.js";
import { NotFiniteError } from "./uncheckable.js";
import { wholeFunctionAt } from "./whole-function.js";

/** Points that are tried before a cell is said to have no finite values. */
const attempts = 10;

type Sources = (file: string) => SourceFile | undefined;

export class FinitePoints {
  /** How many were left out. */
  skipped = 0;
  /** Of the first that was left out. */
  first: NotFiniteValues | undefined;

  private readonly settings: GradcheckSettings;
  private readonly random: Random;
  private readonly sources: Sources;

  constructor(settings: GradcheckSettings, random: Random, sources: Sources) {
    this.settings = settings;
    this.random = random;
    this.sources = sources;
  }

  /** @throws NotFiniteError; WrongRangeError */
  draw(candidate: Candidate): Point {
    const { settings } = this;
    ensureDrawn(settings, candidate.manifest);
    let last: NotFiniteValues["names"] = [];
    for (let attempt = 0; attempt < attempts; attempt++) {
      // A cell that takes a root of its input is right to have none of negative numbers.
      const found = this.try(candidate, { ...settings, positive: attempt >= attempts / 2 });
      if ("point" in found) return found.point;
      last = found.names;
    }
    const { manifest, dimensions } = candidate;
    const sizes = Object.entries(dimensions).map(([name, size]) => `${name}=${size}`);
    const at = sizes.length === 0 ? "" : ` (${sizes.join(" ")})`;
    throw new NotFiniteError(
      `${manifest.cell}${at}: ${[...new Set(last)].join(", ")} not finite at any of ${attempts} random points with numbers of about ${settings.scale}; a smaller scale may help, or a range of what is drawn, such as --range x=0.1:2 (ranges: { x: [0.1, 2] })${this.firstText()}`,
    );
  }

  /** At a further point, else without negative numbers. */
  drawFurther(candidate: Candidate, options: DrawOptions): Point | undefined {
    const { scale, ranges } = this.settings;
    for (const positive of [false, true]) {
      const found = this.try(candidate, { ...options, ranges, positive, scale: scale * (options.scale ?? 1) });
      if ("point" in found) return found.point;
    }
    return undefined;
  }

  private try(candidate: Candidate, options: DrawOptions): { readonly point: Point } | NotFiniteValues {
    const point = drawPoint(candidate.manifest, this.random, options);
    const names = [...new Set(notFiniteAt(candidate, point))];
    if (names.length === 0) return { point };
    this.skipped++;
    const { program } = candidate;
    this.first ??= { names, ...(program && placeOfNotFinite(program, point, "values", precisionAt(candidate, point), this.sources)) }; // prettier-ignore
    return { names };
  }

  private firstText(): string {
    const { operation, equation, step, place } = this.first ?? {};
    if (operation === undefined) return "";
    const at = place === undefined ? "" : ` (${place.span.file}:${place.line}:${place.column})`;
    return `; at the first they are not from \`${operation}\`${equation === undefined ? "" : ` in ${equation}`} on, ${whenOf(step)}${at}`;
  }
}

export const whenOf = (step: number | undefined): string =>
  step === undefined ? "before the first step" : `at step ${step}`;

/** That of the first module whose values are not finite. */
function precisionAt({ modules }: Candidate, point: Point): "f32" | "f64" {
  const found = modules.find(({ module }) => outputsOf(module, point).length > 0);
  return found?.precision ?? "f64";
}

/** Outputs that are not finite at a point. */
function notFiniteAt({ modules, program }: Candidate, point: Point): string[] {
  if (modules.length === 0 && program !== undefined) return notFiniteOutputs(wholeFunctionAt(program, point), point);
  return modules.flatMap(({ module }) => outputsOf(module, point));
}

const outputsOf = (module: Candidate["modules"][number]["module"], point: Point): string[] =>
  notFinite(module.instantiate(capacitiesOf(module.manifest, point)), point);
