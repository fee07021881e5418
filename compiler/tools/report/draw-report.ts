/** A run of training as a picture: what its history says, as curves over the updates. */
import { type Chart, drawChart, type Series } from "../charts/draw-chart.js";
import { htmlPage, svgSheet, svgText } from "../charts/svg-page.js";
import type { TrainingHistory } from "./read-history.js";
import { summarize } from "./summarize.js";
import { thinOut } from "./thin-out.js";

const width = 980;
const margin = 28;
const chartHeight = 250;
const colors = ["#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#0891b2", "#65a30d", "#dc2626"];
/** More points than these are drawn as means with a band. */
const mostPoints = 400;

/**
 * The picture as SVG: losses, those of validation, the length of the gradient, the learning rate, and where they are told the throughput and
 * how the gradient flows along the sequence.
 *
 * @param title Plain text: what was trained.
 */
export function drawReport(history: TrainingHistory, title: string): string {
  const parts: string[] = [svgText(margin, margin + 10, title, "title")];
  let y = margin + 32;
  for (const line of summarize(history)) {
    parts.push(svgText(margin, y, line, "words"));
    y += 19;
  }
  y += 14;
  const half = (width - 3 * margin) / 2;
  const [first, ...others] = chartsOf(history);
  parts.push(drawChart(first, { x: margin, y, width: width - 2 * margin, height: chartHeight }));
  y += chartHeight + margin;
  others.forEach((chart, i) => {
    const x = i % 2 === 0 ? margin : 2 * margin + half;
    parts.push(drawChart(chart, { x, y, width: half, height: chartHeight }));
    if (i % 2 === 1 || i === others.length - 1) y += chartHeight + margin;
  });
  return svgSheet(title, width, y, parts);
}

/** The picture in a page, with the history after it as JSON. */
export function reportPage(history: TrainingHistory, title: string): string {
  return htmlPage(title, drawReport(history, title), "history", history);
}

interface Curve {
  readonly label: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

function chartsOf({ updates, validations }: TrainingHistory): [Chart, ...Chart[]] {
  const steps = updates.map(({ update }) => update);
  const looks = validations.map(({ update }) => update);
  const of = (label: string, values: readonly (number | null)[]): Curve => ({ label, x: steps, y: numbersOf(values) });
  const trained = of(looks.length === 0 ? "" : "training", updates.map(({ loss }) => loss)); // prettier-ignore
  const validated = { label: "validation", x: looks, y: numbersOf(validations.map(({ loss }) => loss)) };
  const names = Object.keys(updates[0]!.losses);
  const each = names.map((name) => of(name, updates.map(({ losses }) => losses[name] ?? NaN))); // prettier-ignore
  return [
    chart("loss", looks.length === 0 ? [trained] : [trained, validated]),
    ...(names.length < 2 ? [] : [chart("losses, each by its name", each)]),
    chart("length of the gradient, before it is clipped", [of("", updates.map(({ norm }) => norm))]), // prettier-ignore
    ...byParam(updates),
    chart("learning rate", [of("", updates.map(({ rate }) => rate))]), // prettier-ignore
    ...throughput(updates),
    ...flows(updates),
  ];
}

/** Where it is told how long updates took. */
function throughput(updates: TrainingHistory["updates"]): Chart[] {
  const told = updates.filter(({ milliseconds }) => milliseconds !== undefined);
  if (told.length === 0) return [];
  const x = told.map(({ update }) => update);
  // The clock has no parts of a millisecond.
  const perSecond = (count: number, milliseconds = 0): number => (1000 * count) / Math.max(1, milliseconds);
  const steps = { label: "updates", x, y: told.map(({ milliseconds }) => perSecond(1, milliseconds)) };
  const examples = { label: "examples", x, y: told.map((own) => perSecond(own.examples ?? NaN, own.milliseconds)) };
  return [chart("updates and examples in a second", told.some((own) => own.examples !== undefined) ? [steps, examples] : [steps])]; // prettier-ignore
}

/** How much of the derivative arrives at each place: a chart for each state, with a curve for each of some updates. */
function flows(updates: TrainingHistory["updates"]): Chart[] {
  const told = updates.flatMap(({ update, flow }) => (flow === undefined ? [] : [{ update, ...flow }]));
  const [first] = told;
  if (first === undefined) return [];
  const count = Math.min(told.length, colors.length);
  const places = new Set(Array.from({ length: count }, (_, i) => Math.round((i * (told.length - 1)) / Math.max(1, count - 1)))); // prettier-ignore
  const shown = told.filter((_, i) => places.has(i));
  return Object.keys(first.norms).map((state) => {
    const curves = shown.map(({ update, places, norms }) => ({ label: String(update), x: places, y: numbersOf(norms[state] ?? []) })); // prettier-ignore
    return chart(`length of dL / d ${state}, in updates`, curves, `place along ${first.along}`);
  });
}

/** Of the params with the longest gradients, as many as there are colours. */
function byParam(updates: TrainingHistory["updates"]): Chart[] {
  const told = updates.flatMap(({ update, norms }) => (norms === undefined ? [] : [{ update, norms }]));
  const all = Object.keys(told[0]?.norms ?? {});
  if (all.length < 2) return [];
  const most = (name: string): number => Math.max(...told.map(({ norms }) => norms[name] ?? 0));
  const shown = [...all].sort((a, b) => most(b) - most(a)).slice(0, colors.length);
  const title = shown.length < all.length ? `the same of each param, the longest ${shown.length} of ${all.length}` : "the same of each param"; // prettier-ignore
  const x = told.map(({ update }) => update);
  return [chart(title, shown.map((label) => ({ label, x, y: numbersOf(told.map(({ norms }) => norms[label] ?? null)) })))]; // prettier-ignore
}

/** Numbers that were not finite are null in JSON. */
const numbersOf = (values: readonly (number | null)[]): number[] => values.map((value) => value ?? NaN);

/** Logarithms where values are positive and far apart. */
function chart(title: string, curves: readonly Curve[], xLabel = "update"): Chart {
  const all = curves.flatMap(({ y }) => y.filter(Number.isFinite));
  const [low, high] = all.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [Infinity, -Infinity]); // prettier-ignore
  const scale = low > 0 && high > 20 * low ? "log10" : "linear";
  const series = curves.map(({ label, x, y }, i): Series => {
    const thin = thinOut(x, y, mostPoints);
    const scaled = (values: readonly number[]): readonly number[] =>
      scale === "log10" ? values.map(Math.log10) : values;
    return {
      label,
      color: colors[i % colors.length]!,
      x: thin.x,
      y: scaled(thin.y),
      ...(x.length > mostPoints ? { low: scaled(thin.low), high: scaled(thin.high) } : {}),
    };
  });
  return { title, xLabel, scale, series };
}
