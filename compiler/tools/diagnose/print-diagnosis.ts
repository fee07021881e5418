/** A diagnosis as text for a terminal. */
import { checkDiagnosis, type Diagnosis, type Saturation } from "./diagnosis.js";
import { lineOf, percent, short, signed } from "./verdict.js";

export function printDiagnosis(diagnosis: Diagnosis): string {
  checkDiagnosis("printDiagnosis", diagnosis);
  const { verdict, gradient, lyapunov, jacobian, saturation } = diagnosis;
  const lines = [headline(diagnosis), "", ...verdict.words];
  if (gradient !== undefined) {
    // What cancels leaves rounding, which is no part of the gradient.
    const largest = Math.max(...gradient.passedOn.map(({ share }) => share));
    const rows = gradient.passedOn
      .filter(({ share }) => share > 1e-3 * largest)
      .sort((a, b) => b.share - a.share)
      .slice(0, 12)
      .map(({ equation, reads, factor, share, place }) => [
        `${equation} → ${reads}`,
        `×${short(factor)}`,
        percent(share),
        place?.text ?? "",
      ]);
    lines.push("", "what equations hand back, and how much of the gradient goes that way", ...table(rows));
  }
  if (lyapunov !== undefined) {
    const shown = lyapunov.exponents.map(signed).join("  ");
    lines.push("", `Lyapunov exponents per step, after ${lyapunov.discarded} steps: ${shown}`);
  }
  if (jacobian !== undefined && jacobian.steps.length > 0) {
    lines.push(
      "",
      `Jacobian of the state at ${jacobian.steps.length} steps: spectral radius ${range(jacobian.radius)}${
        jacobian.exact ? "" : " (estimated)"
      }, norm ${range(jacobian.norm)}`,
    );
  }
  if (saturation.length > 0) {
    lines.push(
      "",
      "nonlinearities: values at the lower and the upper end, mean slope",
      ...table(saturation.map((site) => siteRow(site, diagnosis.file))),
    );
  }
  return `${lines.join("\n")}\n`;
}

/** What was run. */
export function headline({ cell, dimensions, batch, steps, seed, data, params }: Diagnosis): string {
  const sizes = Object.entries(dimensions).map(([name, size]) => `${name}=${size}`);
  return [
    [cell, ...sizes].join(" "),
    `${batch} ${batch === 1 ? "example" : "examples"} of ${steps} steps of ${data === "noise" ? "noise" : "the data"}`,
    params === "initial" ? "initial parameters" : "the parameters given",
    `seed ${seed}`,
  ].join(", ");
}

function siteRow({ kind, equation, place, low, high, slope, stuckUnits, units }: Saturation, file: string): string[] {
  const tenths = (part: number): string => `${(100 * part).toFixed(1)} %`;
  const stuck = stuckUnits === 0 ? "" : `${stuckUnits} of ${units} units never move`;
  return [
    `${kind} in ${equation}`,
    place === undefined ? "" : lineOf(place, file),
    tenths(low),
    tenths(high),
    slope.toFixed(3),
    stuck,
  ];
}

function range(values: readonly number[]): string {
  const finite = values.filter(Number.isFinite);
  return finite.length === 0 ? "not finite" : `${short(Math.min(...finite))} to ${short(Math.max(...finite))}`;
}

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}
