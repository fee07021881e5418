/** A picture of forecast against truth: one SVG file, nothing else. */

import { escape, page, round, text } from "../shared/svg.js";

export interface PictureSeries {
  /** `2015-01-01`, one per value. */
  readonly dates: readonly string[];
  /** Measured and forecast, °C. */
  readonly truth: readonly number[];
  readonly forecast: readonly number[];
}

const size = { width: 1200, height: 640 };
const plot = { left: 70, right: 1170, top: 104, bottom: 450 };
const errors = { top: 492, bottom: 588 };
const colors = { truth: "#222831", forecast: "#d1495b", grid: "#e3e6ea", faint: "#77808c" };
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/**
 * Draws a year of next-day forecasts over the measured temperatures, and below them the error of each day.
 *
 * @param title And `subtitle`: plain text, escaped here.
 * @returns The text of the file.
 */
export function drawForecast({ dates, truth, forecast }: PictureSeries, title: string, subtitle: string): string {
  const all = [...truth, ...forecast];
  const low = Math.floor(Math.min(...all) / 5) * 5;
  const high = Math.ceil(Math.max(...all) / 5) * 5;
  const x = (i: number): number => scale(i, -0.5, dates.length - 0.5, plot.left, plot.right);
  const y = (value: number): number => scale(value, low, high, plot.bottom, plot.top);
  const misses = forecast.map((value, i) => value - truth[i]!);
  const reach = Math.ceil(Math.max(...misses.map(Math.abs)) / 5) * 5;
  const errorY = (value: number): number => scale(value, -reach, reach, errors.bottom, errors.top);

  const parts = [
    text(plot.left, 36, escape(title), 'font-size="22" font-weight="600"'),
    text(plot.left, 60, escape(subtitle), `font-size="14" fill="${colors.faint}"`),
    legend(),
    text(plot.left, plot.top - 12, "highest temperature of the day, °C", `font-size="12" fill="${colors.faint}"`),
  ];
  for (let degrees = low; degrees <= high; degrees += 5) parts.push(gridLine(y(degrees), `${degrees}`));
  for (const degrees of [-reach, 0, reach]) {
    parts.push(gridLine(errorY(degrees), degrees > 0 ? `+${degrees}` : `${degrees}`.replace("-", "−")));
  }
  parts.push(text(plot.left, errors.top - 12, "forecast minus measured, °C", `font-size="12" fill="${colors.faint}"`));
  parts.push(...monthMarks(dates, x));
  parts.push(
    `<path d="${misses.map((miss, i) => `M${at(x(i), errorY(0))}V${round(errorY(miss))}`).join("")}" stroke="${colors.forecast}" stroke-width="2" opacity="0.75"/>`,
    line(truth, x, y, `stroke="${colors.truth}" stroke-width="1" opacity="0.35"`),
    `<g fill="${colors.truth}">${truth.map((value, i) => `<circle cx="${round(x(i))}" cy="${round(y(value))}" r="1.7"/>`).join("")}</g>`,
    line(forecast, x, y, `stroke="${colors.forecast}" stroke-width="1.8" stroke-linejoin="round"`),
  );
  return page(size.width, size.height, title, parts);
}

function scale(value: number, from: number, to: number, start: number, end: number): number {
  return start + ((value - from) / (to - from)) * (end - start);
}

const at = (x: number, y: number): string => `${round(x)},${round(y)}`;

function line(
  values: readonly number[],
  x: (i: number) => number,
  y: (value: number) => number,
  style: string,
): string {
  return `<polyline points="${values.map((value, i) => at(x(i), y(value))).join(" ")}" ${style}/>`;
}

function gridLine(y: number, label: string): string {
  const rule = `<path d="M${plot.left},${round(y)}H${plot.right}" stroke="${colors.grid}"/>`;
  return rule + text(plot.left - 10, y + 4, label, 'font-size="12" text-anchor="end"');
}

function legend(): string {
  const [x, y] = [plot.right - 290, 56];
  return [
    `<circle cx="${x}" cy="${y - 4}" r="2.5" fill="${colors.truth}"/>`,
    text(x + 10, y, "measured", 'font-size="14"'),
    `<path d="M${x + 96},${y - 4}h26" stroke="${colors.forecast}" stroke-width="2.5"/>`,
    text(x + 130, y, "forecast, a day ahead", 'font-size="14"'),
  ].join("");
}

/** A faint rule at the first of each month and its name in the middle. */
function monthMarks(dates: readonly string[], x: (i: number) => number): string[] {
  const starts = dates.flatMap((date, i) => (i === 0 || date.slice(5, 7) !== dates[i - 1]!.slice(5, 7) ? [i] : []));
  return starts.map((start, k) => {
    const end = starts[k + 1] ?? dates.length;
    const edge = x(start - 0.5);
    const name = months[Number(dates[start]!.slice(5, 7)) - 1] ?? "";
    const label =
      end - start < 12
        ? ""
        : text((edge + x(end - 0.5)) / 2, errors.bottom + 24, name, 'font-size="12" text-anchor="middle"');
    return `<path d="M${round(edge)},${plot.top}V${errors.bottom}" stroke="${colors.grid}"/>${label}`;
  });
}
