/** One chart with lines, as a group of SVG elements. */

export interface Series {
  /** Empty where the legend need not name it. */
  readonly label: string;
  readonly color: string;
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** A band around the line. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  /** Bars of this half length at the points. */
  readonly errors?: readonly number[];
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  /** `log10`: the values are logarithms already, and ticks show powers of ten. */
  readonly scale: "linear" | "log10";
  readonly series: readonly Series[];
  /** A dashed line. */
  readonly reference?: number;
  /** Dots at the points. */
  readonly marks?: boolean;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export function escapeText(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

export function drawChart(chart: Chart, box: Box): string {
  const { title, xLabel, scale, series, reference, marks } = chart;
  const inner = { left: box.x + 52, right: box.x + box.width - 8, top: box.y + 44, bottom: box.y + box.height - 34 };
  const xs = series.flatMap(({ x }) => x);
  const finite = (values: readonly number[] = []): number[] => values.filter(Number.isFinite);
  const ys = series.flatMap(({ y, low, high }) => [...finite(y), ...finite(low), ...finite(high)]);
  if (reference !== undefined) ys.push(reference);
  const [xLow, xHigh] = padded(Math.min(...xs), Math.max(...xs), marks === true ? 0.06 : 0);
  const [yLow, yHigh] = padded(Math.min(...ys), Math.max(...ys), 0.05);
  const toX = (x: number): number => inner.left + ((x - xLow) / (xHigh - xLow)) * (inner.right - inner.left);
  const toY = (y: number): number => inner.bottom - ((y - yLow) / (yHigh - yLow)) * (inner.bottom - inner.top);
  const parts = [`<text x="${box.x}" y="${box.y + 6}" class="heading">${escapeText(title)}</text>`];
  for (const tick of ticks(yLow, yHigh, scale === "log10")) {
    const y = fixed(toY(tick));
    parts.push(`<path d="M${inner.left} ${y}H${inner.right}" stroke="#e4e4e7"/>`);
    parts.push(
      `<text x="${inner.left - 6}" y="${fixed(toY(tick) + 4)}" class="tick" text-anchor="end">${tickText(tick, scale)}</text>`,
    );
  }
  for (const tick of ticks(xLow, xHigh, marks === true)) {
    parts.push(
      `<text x="${fixed(toX(tick))}" y="${inner.bottom + 16}" class="tick" text-anchor="middle">${plain(tick)}</text>`,
    );
  }
  const middle = fixed((inner.left + inner.right) / 2);
  parts.push(
    `<text x="${middle}" y="${inner.bottom + 31}" class="tick" text-anchor="middle">${escapeText(xLabel)}</text>`,
  );
  parts.push(`<path d="M${inner.left} ${inner.top}V${inner.bottom}H${inner.right}" fill="none" stroke="#a1a1aa"/>`);
  if (reference !== undefined) {
    parts.push(
      `<path d="M${inner.left} ${fixed(toY(reference))}H${inner.right}" stroke="#71717a" stroke-dasharray="4 4"/>`,
    );
  }
  for (const { color, x, y, low, high, errors } of series) {
    if (low !== undefined && high !== undefined) parts.push(...band(x, low, high, toX, toY, color));
    for (const points of runs(x, y)) {
      const path = points.map(([a, b]) => `${fixed(toX(a))} ${fixed(toY(b))}`).join("L");
      parts.push(`<path d="M${path}" fill="none" stroke="${color}" stroke-width="1.8" stroke-linejoin="round"/>`);
      if (marks !== true) continue;
      for (const [a, b] of points) {
        parts.push(`<circle cx="${fixed(toX(a))}" cy="${fixed(toY(b))}" r="3.5" fill="${color}"/>`);
        const error = errors?.[x.indexOf(a)] ?? 0;
        parts.push(`<path d="M${fixed(toX(a))} ${fixed(toY(b - error))}V${fixed(toY(b + error))}" stroke="${color}"/>`);
      }
    }
  }
  parts.push(legend(series, inner.left, inner.right, box.y + 24));
  return parts.join("\n");
}

function legend(series: readonly Series[], left: number, right: number, top: number): string {
  let [x, y] = [left, top];
  return series
    .filter(({ label }) => label !== "")
    .map(({ label, color }) => {
      const shown = label.length > 24 ? `${label.slice(0, 23)}…` : label;
      const width = 36 + 6.3 * shown.length;
      if (x > left && x + width > right + 15) [x, y] = [left, y + 14];
      const entry = [
        `<path d="M${fixed(x)} ${y}h16" stroke="${color}" stroke-width="2.5"/>`,
        `<text x="${fixed(x + 21)}" y="${y + 4}" class="tick">${escapeText(shown)}</text>`,
      ].join("");
      x += width;
      return entry;
    })
    .join("\n");
}

/** Stretches without holes: what is not finite interrupts the line. */
function runs(x: readonly number[], y: readonly number[]): (readonly [number, number])[][] {
  const found: (readonly [number, number])[][] = [];
  let current: (readonly [number, number])[] = [];
  for (const [i, value] of y.entries()) {
    if (Number.isFinite(value)) {
      if (current.length === 0) found.push(current);
      current.push([x[i] as number, value]);
    } else current = [];
  }
  return found;
}

function band(
  x: readonly number[],
  low: readonly number[],
  high: readonly number[],
  toX: (x: number) => number,
  toY: (y: number) => number,
  color: string,
): string[] {
  const [below, above] = [runs(x, low)[0] ?? [], runs(x, high)[0] ?? []];
  if (below.length < 2 || above.length < 2) return [];
  const points = [...above, ...[...below].reverse()].map(([a, b]) => `${fixed(toX(a))} ${fixed(toY(b))}`);
  return [`<path d="M${points.join("L")}Z" fill="${color}" opacity="0.1"/>`];
}

function padded(low: number, high: number, part: number): [number, number] {
  const span = high - low;
  // What is the same everywhere stands in the middle, at a scale of its own.
  const room = span > 0 ? span * part : Math.abs(high) * 0.5 || 0.5;
  return [low - room, high + room];
}

/** About six round numbers. */
function ticks(low: number, high: number, whole: boolean): number[] {
  const rough = (high - low) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const nice = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const step = whole ? Math.max(1, Math.round(nice)) : nice;
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step);
}

function tickText(value: number, scale: Chart["scale"]): string {
  if (scale === "linear") return plain(value);
  const exponent = Math.round(value);
  if (exponent === 0) return "1";
  return `10<tspan dy="-4" font-size="8">${exponent}</tspan>`;
}

const plain = (value: number): string => String(Number(value.toPrecision(6)));
const fixed = (value: number): string => value.toFixed(1);
