/** The report of a gradient check for people and for programs. */
import type { Fault } from "../gradcheck/locate/fault.js";
import type { Comparison, DeclaredReport, GradientReport, MethodReport, TensorReport } from "../gradcheck/report.js";

type Paint = (code: string, text: string) => string;

interface Column {
  readonly title: string;
  readonly of: (tensor: TensorReport) => MethodReport | undefined;
}

const titles = {
  "complex step": "complex step",
  differences: "differences",
  "forward mode": "forward mode",
  "second differences": "hvp vs diffs",
  "second complex step": "hvp vs step",
  float64: "float64",
} as const satisfies Record<MethodReport["method"], string>;

/** One column for each precision and method that was used. */
function columnsOf(tensors: readonly TensorReport[], precision: MethodReport["precision"]): Column[] {
  const used = new Set(
    tensors.flatMap(({ methods }) => methods.filter((m) => m.precision === precision).map((m) => m.method)),
  );
  return [...used].map((method) => ({
    title: titles[method],
    of: ({ methods }) => methods.find((m) => m.method === method && m.precision === precision),
  }));
}

export function printReport(report: GradientReport, color: boolean): string {
  const paint: Paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
  const { tensors } = report;
  const width = Math.max(6, ...tensors.map(({ name }) => name.length));
  const lines: string[] = ["worst relative error of each derivative against", ""];
  for (const [precision, called] of [
    ["f64", "float64 module"],
    ["f32", "float32 module"],
  ] as const) {
    const columns = columnsOf(tensors, precision);
    if (columns.length === 0) continue;
    lines.push(`${called.padEnd(width + 9)}${columns.map(({ title }) => title.padStart(14)).join("")}`);
    for (const tensor of tensors) {
      const cells = columns.map(({ of }) => cellText(of(tensor), paint));
      lines.push(`${tensor.role.padEnd(8)} ${tensor.name.padEnd(width)}${cells.join("")}`);
    }
    lines.push("");
  }
  if (report.declared.length > 0) lines.push(...printDeclared(report.declared), "");
  for (const tensor of tensors) lines.push(...failuresOf(tensor, paint));
  if (report.fault !== undefined) lines.push(...printFault(report.fault, paint), "");
  lines.push(...summary(report, paint));
  return `${lines.join("\n")}\n`;
}

/** They are no failures: what they say is the rule that the gradient has to follow. */
function printDeclared(declared: readonly DeclaredReport[]): string[] {
  const lines = ["declared derivatives, which are the rule here, and how far they are from the true ones"];
  for (const { name, place, distance, compared, kinks, worst } of declared) {
    const where = place === undefined ? "" : `  ${place.span.file}:${place.line}:${place.column}`;
    const kinked = kinks === 0 ? "" : `, ${kinks} at kinks of it`;
    const isTrue = distance !== undefined && distance < 1e-9;
    const size =
      distance === undefined ? "not compared" : isTrue ? "as the true ones" : `distance ${distance.toPrecision(2)}`;
    lines.push(`  ${name}${where}  ${size} (${compared} compared${kinked})`);
    if (worst === undefined || isTrue) continue;
    const entry = worst.index.length === 0 ? "" : `[${worst.index.join(", ")}]`;
    lines.push(
      `    by ${worst.argument}${entry} = ${number(worst.at)}: declared ${number(worst.declared)}, true ${number(worst.true)}`,
    );
  }
  return lines;
}

/** An error within its bar is no reproach and shows as the bar. */
function cellText(method: MethodReport | undefined, paint: Paint): string {
  if (method === undefined) return "".padStart(14);
  const { worst, kinks, passed } = method;
  if (worst === undefined) return (kinks > 0 ? "at kinks" : "none").padStart(14);
  const text = worst.error.toExponential(1).padStart(14);
  return passed ? text : paint("31", text);
}

function failuresOf({ role, name, methods }: TensorReport, paint: Paint): string[] {
  return methods.flatMap(({ passed, worst, method, precision }) => {
    if (passed) return [];
    const what = `${role} ${name}, ${precision === "f64" ? "float64" : "float32"} against ${titles[method]}`;
    if (worst === undefined) return [`${paint("31", what)}: nothing could be compared`];
    return [
      `${paint("31", what)}: ${number(worst.analytic)} and ${number(worst.numeric)} ± ${(worst.bar * scaleOf(worst)).toExponential(0)} ${whereOf(worst)}`,
    ];
  });
}

const scaleOf = ({ analytic, numeric }: Comparison): number => Math.max(Math.abs(analytic), Math.abs(numeric));

function number(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(7))) : String(value);
}

function whereOf({ index, dimensions, batch, steps }: Comparison): string {
  const place = index === undefined ? "in a direction" : `at [${index.join(", ")}]`;
  return `${place}, ${sizesText(dimensions, batch, steps)}`;
}

function sizesText(dimensions: Readonly<Record<string, number>>, batch: number, steps: number): string {
  const sizes = Object.entries(dimensions).map(([name, size]) => `${name}=${size}`);
  const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
  return [...sizes, `${plural(batch, "example")},`, plural(steps, "step")].join(" ");
}

const subjects = { reverse: "reverse mode", forward: "forward mode", second: "second derivatives" } as const;

function printFault(fault: Fault, paint: Paint): string[] {
  const { stage, mode, operation, operand, equation, place, analytic, numeric, counterexample } = fault;
  const lines: string[] = [];
  if (stage === "rule") lines.push(paint("31;1", `the derivative of \`${operation}\` is wrong in ${subjects[mode]}`));
  else if (stage === "pass")
    lines.push(paint("31;1", `the pass ${operation} changes the meaning of ${subjects[mode]}`));
  else lines.push(paint("31;1", "the derived gradient is right, the compiled code is not"));
  if (place !== undefined) {
    const [first = ""] = place.text.split("\n");
    lines.push(
      `  ${place.span.file}:${place.line}:${place.column}  ${first.length > 80 ? `${first.slice(0, 79)}…` : first}`,
    );
  }
  const what =
    stage === "rule" ? (operand === undefined ? "its tangent" : `the cotangent of operand ${operand + 1}`) : "";
  if (equation !== undefined) lines.push(`  in ${equation}${what === "" ? "" : `: ${what}`}${elementText(fault)}`);
  if (analytic !== undefined && numeric !== undefined) {
    const [was, is] = stage === "pass" ? ["before  ", "after   "] : ["measured", "derived "];
    lines.push(`  ${is} ${number(analytic)}`, `  ${was} ${number(numeric)}`);
  }
  const { dimensions, batch, steps, lengths, sizes, values, cotangents } = counterexample;
  lines.push(
    `  ${stage === "rule" ? "smallest case" : "case"}: ${sizesText(dimensions, batch, steps)}; what is not listed is zero`,
  );
  const shorter = lengths.some((length) => length < steps) ? [["steps", lengths] as const] : [];
  for (const [name, own] of [...Object.entries(sizes), ...shorter]) {
    lines.push(`    ${name} of each example: ${own.join(", ")}`);
  }
  for (const [name, value] of Object.entries(values)) lines.push(`    ${name} = ${valueText(value)}`);
  for (const [name, value] of Object.entries(cotangents)) lines.push(`    cotangent of ${name} = ${valueText(value)}`);
  return lines;
}

function elementText({ example, step, index }: Fault): string {
  const parts = [
    `example ${example}`,
    ...(step === undefined ? [] : [`step ${step}`]),
    `element [${index.join(", ")}]`,
  ];
  return ` (${parts.join(", ")})`;
}

function valueText(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

function summary(report: GradientReport, paint: Paint): string[] {
  const { passed, tensors, runs, seed, skipped, tolerance, tolerance32 } = report;
  const total = (of: (method: MethodReport) => number): number =>
    tensors.flatMap(({ methods }) => methods).reduce((sum, method) => sum + of(method), 0);
  const remarks = [
    [total(({ kinks }) => kinks), "at kinks, where nothing can be compared"],
    [total(({ unresolved }) => unresolved), "with a bar so wide that agreement says little"],
    [skipped, "points skipped: values not finite"],
  ] as const;
  const verdict = passed ? paint("32", "the derivatives agree") : paint("31", "the derivatives do not agree");
  return [
    ...remarks.flatMap(([count, text]) => (count === 0 ? [] : [`${count} ${text}`])),
    `${verdict}: ${total(({ compared }) => compared)} comparisons, ${runs} ${runs === 1 ? "run" : "runs"}, seed ${seed}, ` +
      `tolerance ${tolerance.toExponential()} in float64, ${tolerance32.toExponential()} in float32`,
  ];
}

/** JSON has no infinities; they become texts. */
export function reportToJson(report: GradientReport): unknown {
  return JSON.parse(
    JSON.stringify(report, (_key, value: unknown) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
    ),
  );
}
