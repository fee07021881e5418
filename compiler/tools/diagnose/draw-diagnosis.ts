/** A diagnosis as a picture: an SVG file that needs nothing else, and an HTML page around it. */
import { checkDiagnosis, type Diagnosis, type NormCurve } from "./diagnosis.js";
import { headline } from "./print-diagnosis.js";
import { drawChart, type Series } from "../charts/draw-chart.js";
import { htmlPage, svgSheet, svgText } from "../charts/svg-page.js";
import { lineOf } from "./verdict.js";

const width = 980;
const margin = 28;
const lineHeight = 19;
const colors = ["#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#0891b2", "#65a30d", "#dc2626"];

/** The picture as SVG. */
export function drawDiagnosis(diagnosis: Diagnosis): string {
  checkDiagnosis("drawDiagnosis", diagnosis);
  const { cell, verdict, saturation } = diagnosis;
  const parts: string[] = [];
  let y = margin + 10;
  parts.push(svgText(margin, y, `Gradient flow of ${cell}`, "title"));
  y += 22;
  parts.push(svgText(margin, y, headline(diagnosis), "faint"));
  y += 26;
  for (const line of verdict.words.flatMap((sentence) => wrap(sentence, 132))) {
    parts.push(svgText(margin, y, line, "words"));
    y += lineHeight;
  }
  y += 14;
  const half = (width - 3 * margin) / 2;
  const charts = chartsOf(diagnosis);
  charts.forEach((chart, i) => {
    const wide = i === 0 || (i === charts.length - 1 && i % 2 === 1);
    const left = wide || i % 2 === 1 ? margin : 2 * margin + half;
    parts.push(drawChart(chart, { x: left, y, width: wide ? width - 2 * margin : half, height: 250 }));
    if (wide || i % 2 === 0) y += 250 + margin;
  });
  if (saturation.length > 0) {
    const bars = drawSaturation(diagnosis, y);
    parts.push(bars.svg);
    y += bars.height;
  }
  const height = Math.ceil(y + margin / 2);
  return svgSheet(`Gradient flow of ${cell}`, width, height, parts);
}

/** The picture in a page, with the numbers after it as JSON. */
export function diagnosisPage(diagnosis: Diagnosis): string {
  checkDiagnosis("diagnosisPage", diagnosis);
  return htmlPage(`Gradient flow of ${diagnosis.cell}`, drawDiagnosis(diagnosis), "diagnosis", diagnosis);
}

function wrap(sentence: string, most: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of sentence.split(" ")) {
    if (line !== "" && line.length + word.length >= most) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

type DiagnosisChart = Parameters<typeof drawChart>[0];

function chartsOf({ gradient, jacobian, lyapunov, steps }: Diagnosis): DiagnosisChart[] {
  const charts: DiagnosisChart[] = [];
  if (gradient !== undefined && gradient.total.mean.length > 1) {
    const curves = gradient.states.length > 1 ? [gradient.total, ...gradient.states.slice(0, 6)] : [gradient.total];
    charts.push({
      title: "norm of dL/dh, by steps back from the last one; the band is the range over the examples",
      xLabel: "steps back",
      scale: "log10",
      series: curves.map((curve, i) => normSeries(curve, i)),
    });
  }
  if (jacobian !== undefined && jacobian.steps.length > 1) {
    charts.push({
      title: "Jacobian of the state over the run",
      xLabel: `step, 0 to ${steps - 1}`,
      scale: "linear",
      reference: 1,
      series: [
        { label: "norm", color: "#d97706", x: jacobian.steps, y: jacobian.norm },
        {
          label: jacobian.exact ? "spectral radius" : "spectral radius (estimate)",
          color: "#2563eb",
          x: jacobian.steps,
          y: jacobian.radius,
        },
      ],
    });
  }
  if (lyapunov !== undefined && lyapunov.exponents.some(Number.isFinite)) {
    charts.push({
      title: "largest Lyapunov exponents, per step",
      xLabel: "index",
      scale: "linear",
      reference: 0,
      marks: true,
      series: [
        {
          label: "",
          color: "#7c3aed",
          x: lyapunov.exponents.map((_, i) => i + 1),
          y: lyapunov.exponents,
          errors: lyapunov.errors,
        },
      ],
    });
  }
  return charts;
}

function normSeries(curve: NormCurve, index: number): Series {
  const toTen = (values: readonly number[]): number[] => values.map((value) => value / Math.LN10);
  const whole = index === 0;
  return {
    label: whole ? "whole state" : curve.state,
    color: whole ? "#18181b" : (colors[(index - 1) % colors.length] as string),
    x: curve.mean.map((_, k) => k),
    y: toTen(curve.mean),
    ...(whole ? { low: toTen(curve.least), high: toTen(curve.greatest) } : {}),
  };
}

/** A bar for each nonlinearity: what is stuck below, what can move, what is stuck above. */
function drawSaturation({ saturation: sites, file }: Diagnosis, top: number): { svg: string; height: number } {
  const shown = sites.slice(0, 24);
  const [barLeft, barWidth] = [430, 330];
  const parts = [svgText(margin, top + 6, "saturation of each nonlinearity", "heading")];
  let y = top + 22;
  const legend = [
    ["lower end", "#2563eb"],
    ["moving", "#e4e4e7"],
    ["upper end", "#dc2626"],
  ] as const;
  legend.forEach(([label, color], i) => {
    parts.push(`<rect x="${barLeft + i * 90}" y="${top - 4}" width="10" height="10" fill="${color}"/>`);
    parts.push(svgText(barLeft + i * 90 + 15, top + 5, label, "tick"));
  });
  for (const { kind, equation, place, low, high, slope, stuckUnits, units } of shown) {
    const source = place === undefined ? "" : `${lineOf(place, file)}: ${place.text}`;
    parts.push(svgText(margin, y + 11, `${kind} in ${equation}`, "plain"));
    parts.push(svgText(margin + 120, y + 11, source.length > 38 ? `${source.slice(0, 37)}…` : source, "faint code"));
    parts.push(`<rect x="${barLeft}" y="${y}" width="${barWidth}" height="14" fill="#e4e4e7"/>`);
    parts.push(`<rect x="${barLeft}" y="${y}" width="${fixed(low * barWidth)}" height="14" fill="#2563eb"/>`);
    const from = barLeft + (1 - high) * barWidth;
    parts.push(`<rect x="${fixed(from)}" y="${y}" width="${fixed(high * barWidth)}" height="14" fill="#dc2626"/>`);
    const stuck = stuckUnits === 0 ? "" : `, ${stuckUnits}/${units} never move`;
    parts.push(svgText(barLeft + barWidth + 12, y + 11, `mean slope ${slope.toFixed(3)}${stuck}`, "faint"));
    y += 23;
  }
  if (sites.length > shown.length) {
    parts.push(svgText(margin, y + 11, `and ${sites.length - shown.length} more`, "faint"));
    y += 23;
  }
  return { svg: parts.join("\n"), height: y - top };
}

const fixed = (value: number): string => value.toFixed(1);
