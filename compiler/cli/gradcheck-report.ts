/** The report of a gradient check for people and for programs. */
import { stages } from "../driver/stages.js";
import { significant } from "../base/diagnostics/significant.js";
import { whenOf } from "../tools/gradcheck/finite-points.js";
import type { Fault, FaultPlace } from "../tools/gradcheck/fault.js";
import type {
  Comparison,
  DeclaredReport,
  CalledEntryReport,
  GradientReport,
  MethodReport,
  NotFiniteValues,
  SingularStart,
  TensorReport,
} from "../tools/gradcheck/report.js";

type PaintCode = (code: string, text: string) => string;

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
  const paint: PaintCode = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
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
  if (report.entries.length > 0) lines.push(...printEntries(report.entries, paint), "");
  if (report.declared.length > 0) lines.push(...printDeclared(report.declared), "");
  for (const tensor of tensors) lines.push(...failuresOf(tensor, paint), ...nothingComparedIn(tensor, paint));
  if (report.singularStart !== undefined) lines.push(...printStart(report.singularStart, paint), "");
  if (report.fault !== undefined) lines.push(...printFault(report.fault, paint), "");
  lines.push(...summary(report, paint));
  return `${lines.join("\n")}\n`;
}

/** They are compared with their equations. */
function printEntries(entries: readonly CalledEntryReport[], paint: PaintCode): string[] {
  const width = Math.max(...entries.map(({ name }) => name.length));
  const lines = entries.map(({ name, passed, compared: { forward, step }, worst }) => {
    const steps = step === 0 ? "" : `, ${step} of steps`;
    const farthest = worst === undefined ? "" : `, worst relative error ${worst.error.toExponential(1)}`;
    const wrong =
      passed || worst === undefined ? "" : ` (${worst.where}: ${number(worst.is)} instead of ${number(worst.meant)})`;
    const text = `  ${name.padEnd(width)}  ${forward} numbers compared${steps}${farthest}${wrong}`;
    return passed ? text : paint("31", text);
  });
  return ["values of entries against their equations; they have no gradients, which are those of the whole", ...lines];
}

/** They are no failures: what they say is the rule that the gradient has to follow. */
function printDeclared(declared: readonly DeclaredReport[]): string[] {
  const lines = ["declared derivatives, which are the rule here, and how far they are from the true ones"];
  for (const { name, place, distance, compared, kinks, worst } of declared) {
    const where = place === undefined ? "" : `  ${place.span.file}:${place.line}:${place.column}`;
    const kinked = kinks === 0 ? "" : `, ${kinks} at kinks of it`;
    const isTrue = distance !== undefined && distance < 1e-9;
    const size =
      distance === undefined ? "not compared" : isTrue ? "as the true ones" : `distance ${significant(distance, 2)}`;
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
function cellText(method: MethodReport | undefined, paint: PaintCode): string {
  if (method === undefined) return "".padStart(14);
  const { worst, kinks, passed, compared, vanishing } = method;
  if (worst === undefined) return (kinks > 0 ? "at kinks" : "none").padStart(14);
  // Zero against zero agrees to the last digit and says nothing.
  if (compared === vanishing) return "zero".padStart(14);
  const text = worst.error.toExponential(1).padStart(14);
  return passed ? text : paint("31", text);
}

function failuresOf({ role, name, methods }: TensorReport, paint: PaintCode): string[] {
  return methods.flatMap(({ passed, worst, method, precision }) => {
    if (passed) return [];
    const what = `${role} ${name}, ${precision === "f64" ? "float64" : "float32"} against ${titles[method]}`;
    if (worst === undefined) return [`${paint("31", what)}: nothing could be compared`];
    return [
      `${paint("31", what)}: ${number(worst.analytic)} and ${number(worst.numeric)} ± ${(worst.bar * scaleOf(worst)).toExponential(0)} ${whereOf(worst)}`,
    ];
  });
}

/** What a run without a comparison says is not that the derivatives agree. */
function nothingComparedIn(
  { role, name, zero, uncompared, passed, withoutInfluence, methods }: TensorReport,
  paint: PaintCode,
): string[] {
  if (withoutInfluence === false)
    return [paint("31", `${role} ${name}: results change with it, and it was said to have no influence`)];
  if (withoutInfluence === true && uncompared.length === 0)
    return [`${role} ${name}: no result changes with it, as was said of it`];
  if (zero) return [`${role} ${name}: the gradient is zero by construction, no real number of it reaches a result`];
  return uncompared.map((precision) => {
    const own = methods.filter((method) => method.precision === precision);
    const what = `${role} ${name}, ${precision === "f64" ? "float64" : "float32"}`;
    return `${passed ? what : paint("31", what)}: nothing to compare, ${whyNothing(role, own)}${waysOf(name, own)}`;
  });
}

/** What is zero wherever it was drawn may be something elsewhere. */
const waysOf = (name: string, methods: readonly MethodReport[]): string =>
  methods.some(({ compared }) => compared > 0)
    ? `\n  --range ${name}=LEAST:MOST draws it elsewhere, --no-influence ${name} says that no result changes with it`
    : "";

/** Where a tensor was at no point it is a state that was given at none of those with finite values. */
function whyNothing(role: TensorReport["role"], methods: readonly MethodReport[]): string {
  const zero = methods.filter(({ compared }) => compared > 0);
  const isAtKinks = methods.some(({ kinks }) => kinks > 0);
  if (zero.length === 0 && !isAtKinks)
    return role === "state"
      ? "it was left to the cell at every point with finite values: where it was given, there were none"
      : "it had no numbers at the points with finite values";
  if (zero.length === 0) return "the gradient was at kinks at every point";
  const change = zero.every(({ compared, zeros }) => compared === zeros)
    ? "no result changes with it there"
    : "no result changes with it by more than rounding";
  return `the gradient was zero ${isAtKinks ? "or at kinks " : ""}at every point: ${change}`;
}

/** Where the values begin that made points be skipped. */
function printNotFinite({ names, operation, equation, place, step }: NotFiniteValues): string[] {
  const begins =
    operation === undefined
      ? ""
      : `, from \`${operation}\`${equation === undefined ? "" : ` in ${equation}`} on, ${whenOf(step)}`;
  return [
    `  at the first of them ${names.join(", ")}${begins}`,
    ...(place === undefined ? [] : [`  ${placeText(place)}`]),
    "  --range NAME=LEAST:MOST draws an input, context, param or state where the cell has values",
  ];
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

/** Ways out of a singular point, by the operation that comes to it. */
const waysOut: Readonly<Record<string, string>> = {
  sqrt: "add a small number under the root, sqrt(… + 1e-6)",
  div: "add a small number to the divisor, … / (… + 1e-6)",
  log: "add a small number to the argument, log(… + 1e-6)",
  pow: "add a small number to the base, (… + 1e-6) ^ …",
};

function printStart(start: SingularStart, paint: PaintCode): string[] {
  const { of, names, precision, operation, equation, place, step } = start;
  const called = precision === "f64" ? "float64" : "float32";
  const what = of === "values" ? `${names.join(", ")} not finite` : `gradient by ${names.join(", ")} not finite`;
  const lines = [paint("31;1", `at the declared start, parameters and states as declared: ${what} in ${called}`)];
  if (place !== undefined) lines.push(`  ${placeText(place)}`);
  if (operation === undefined) return lines;
  const begins = of === "values" ? "it begins at" : "going backwards it begins at";
  lines.push(`  ${begins} \`${operation}\`${equation === undefined ? "" : ` in ${equation}`}, ${whenOf(step)}`);
  const elsewhere = "let the state or parameter start at another value, state h: [H] = 1";
  const way = waysOut[operation];
  lines.push(`  way out: ${way === undefined ? "" : `${way}; or `}${elsewhere}`);
  return lines;
}

function placeText({ span, line, column, text }: FaultPlace): string {
  const [first = ""] = text.split("\n");
  return `${span.file}:${line}:${column}  ${first.length > 80 ? `${first.slice(0, 79)}…` : first}`;
}

const subjects: Readonly<Record<Fault["mode"], string>> = {
  value: "the values",
  reverse: "reverse mode",
  forward: "forward mode",
  second: "second derivatives",
};

function printFault(fault: Fault, paint: PaintCode): string[] {
  const { stage, mode, alsoIn, operation, operand, equation, place, analytic, numeric, counterexample } = fault;
  const lines: string[] = [];
  if (stage === "rule") {
    const isNumber = analytic === undefined || Number.isFinite(analytic);
    const what = isNumber ? "wrong" : "no finite number";
    lines.push(
      paint(
        "31;1",
        `the derivative of \`${operation}\` is ${what} in ${[mode, ...(alsoIn === undefined ? [] : [alsoIn])].map((own) => subjects[own]).join(" and in ")}`,
      ),
    );
  } else if (stage === "range") lines.push(paint("31;1", rangeText(fault)));
  else if (stage === "code") lines.push(paint("31;1", "the derived gradient is right, the compiled code is not"));
  else lines.push(paint("31;1", passText(fault)));
  if (place !== undefined) lines.push(`  ${placeText(place)}`);
  const what =
    stage === "rule" ? (operand === undefined ? "its tangent" : `the cotangent of operand ${operand + 1}`) : "";
  const element = stage === "range" ? "" : elementText(fault);
  if (equation !== undefined) lines.push(`  in ${equation}${what === "" ? "" : `: ${what}`}${element}`);
  if (analytic !== undefined && numeric !== undefined) {
    const [was, is] = stage === "pass" || stage === "kernel" ? ["before  ", "after   "] : ["measured", "derived "];
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

/** The pass as `explain --after` takes it, the entry that it was run on, and what became of that. */
function passText({ mode, operation, entry, run, target, problem }: Fault): string {
  const repeats = stages.find(({ name }) => name === operation)?.repeats ?? false;
  const called = repeats ? `${operation}:${run ?? 1}` : operation;
  const of = target === undefined ? "" : `, on kernels for ${target},`;
  const what = problem === undefined ? `changes the meaning of ${subjects[mode]}` : `breaks kernels (${problem})`;
  return `the pass ${called}${of} ${what}, in ${entry ?? ""}`;
}

/** What is derived is right as far as numbers go: neither a pass nor the code is to blame. */
function rangeText({ operation, precision, step, analytic }: Fault): string {
  const at = step === undefined ? "" : ` at step ${step}`;
  const number = `the derivative of \`${operation}\`${at} is ${String(analytic)}`;
  return precision === "f32"
    ? `the derived gradient is finite in float64 and leaves the range of float32: ${number}`
    : `the derived gradient itself is not finite here: ${number}`;
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

function summary(report: GradientReport, paint: PaintCode): string[] {
  const { passed, tensors, runs, seed, skipped, notFinite, furtherPoints, tolerance, tolerance32 } = report;
  const total = (of: (method: MethodReport) => number): number =>
    tensors.flatMap(({ methods }) => methods).reduce((sum, method) => sum + of(method), 0);
  const where = notFinite === undefined ? [] : printNotFinite(notFinite);
  const remarks = [
    [total(({ kinks }) => kinks), ["at kinks, where nothing can be compared"]],
    [total(({ unresolved }) => unresolved), ["with a bar so wide that agreement says little"]],
    [skipped, [`${skipped === 1 ? "point" : "points"} skipped: values not finite`, ...where]],
    [furtherPoints, [`further ${furtherPoints === 1 ? "point" : "points"}, for gradients that had not been compared`]],
  ] as const;
  const verdict = passed ? paint("32", "the derivatives agree") : paint("31", failedVerdict(report));
  return [
    ...remarks.flatMap(([count, text]) => (count === 0 ? [] : [`${count} ${text[0]}`, ...text.slice(1)])),
    `${verdict}: ${total(({ compared }) => compared)} comparisons, ${runs} ${runs === 1 ? "run" : "runs"}, seed ${seed}, ` +
      `tolerance ${tolerance.toExponential()} in float64, ${tolerance32.toExponential()} in float32`,
  ];
}

function failedVerdict({ tensors, entries, singularStart }: GradientReport): string {
  const agree = tensors.every(({ methods }) => methods.every(({ passed }) => passed));
  if (agree && entries.some(({ passed }) => !passed)) return "an entry does not give what its equations say";
  if (!agree) return "the derivatives do not agree";
  if (tensors.some(({ withoutInfluence }) => withoutInfluence === false))
    return "what was said to have no influence has some";
  if (singularStart !== undefined) return "not everything is finite at the declared start";
  return "not every gradient could be compared (--allow-uncompared passes that)";
}

/** JSON has no infinities; they become texts. */
export function reportToJson(report: GradientReport): unknown {
  return JSON.parse(
    JSON.stringify(report, (_key, value: unknown) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
    ),
  );
}
