/**
 * Prints scalar functions as JavaScript, each use as a block of its own: engines keep numbers that pass between functions on
 * the heap, and leave out only some of the calls. The text has no imports and evaluates nothing at run time; what it
 * refers to is declared before (`printMathHelpers`). Names begin with `$`, which the language does not
 * allow in identifiers.
 */
import { invariant } from "../diagnostics/invariant.js";
import type { PrimitiveExpr, PrimitiveOp, ScalarExpr, ScalarFunction } from "./expr.js";
import { countUses, isPrimitive } from "./expr.js";

type Helper = "fround" | "$pow2" | "$pow2f" | "$words";

/** What a module declares once, in order of declaration: no functions. */
const helpers: Record<Helper, string> = {
  fround: "const fround = Math.fround;\n",
  $pow2: `/** 2^(i - 1023) at index i, the float64 of exponent field i. */
const $pow2 = new Float64Array(2048);
$pow2[1023] = 1;
for (let i = 1023; i < 2047; i++) $pow2[i + 1] = $pow2[i] * 2;
for (let i = 1023; i > 1; i--) $pow2[i - 1] = $pow2[i] * 0.5;
`,
  $pow2f: `/** 2^(i - 127) at index i, the float32 of exponent field i. */
const $pow2f = new Float64Array(256);
$pow2f[127] = 1;
for (let i = 127; i < 254; i++) $pow2f[i + 1] = $pow2f[i] * 2;
for (let i = 127; i > 1; i--) $pow2f[i - 1] = $pow2f[i] * 0.5;
$pow2f[255] = Infinity;
`,
  $words: `/** A float64, and its two words: where the exponent is read. */
const $double = new Float64Array([1]);
const $words = new Int32Array($double.buffer);
const $upper = $words[0] === 0 ? 1 : 0;
`,
};

const helperOrder = Object.keys(helpers) as Helper[];
const helperNames = ["$pow2", "$pow2f", "$double", "$words", "$upper"];

/** How tightly text holds together, tightest first: what is looser than its place gets parentheses. */
const levels = { atom: 0, unary: 1, product: 2, sum: 3, order: 4, and: 5, or: 6, conditional: 7 } as const;
type Level = keyof typeof levels;

interface Text {
  readonly text: string;
  readonly level: Level;
  /** What stands after its sign, where it begins with one. */
  readonly negated?: string;
}

const atom = (text: string): Text => ({ text, level: "atom" });
const negative = (negated: string): Text => ({ text: `-${negated}`, level: "unary", negated });

function within(x: Text, loosest: Level): string {
  return levels[x.level] <= levels[loosest] ? x.text : `(${x.text})`;
}

/** A left-associative operator; the right operand holds more tightly than the operator itself. */
const infix =
  (symbol: string, level: Level, right: Level) =>
  (x: Text, y: Text): Text => ({ text: `${within(x, level)} ${symbol} ${within(y, right)}`, level });
const call =
  (name: string) =>
  (x: Text): Text =>
    atom(`${name}(${x.text})`);
const comparison =
  (symbol: string) =>
  (x: Text, y: Text): Text => ({ text: `${within(x, "sum")} ${symbol} ${within(y, "sum")}`, level: "order" });
const choice = (condition: string, whenTrue: string, whenFalse: string): Text => ({
  text: `${condition} ? ${whenTrue} : ${whenFalse}`,
  level: "conditional",
});

/** |x| with the sign of y. */
const copysign = (x: string, y: string): Text =>
  choice(`${y} < 0 || (${y} === 0 && 1 / ${y} < 0)`, `-Math.abs(${x})`, `Math.abs(${x})`);
/** The exponent field of a positive number. */
const exponentField = (x: string): string => `($double[0] = ${x}, ($words[$upper] >>> 20) & 2047)`;
/** From here on every float64 is integral. */
const integral = "4503599627370496";

/** The text of each primitive, before rounding. Operands of those that repeat are names or literals. */
const printers: Record<PrimitiveOp, (x: Text, y: Text, z: Text) => Text> = {
  // `x + -c` and `x - c` are the same operation.
  add: (x, y) =>
    y.negated !== undefined
      ? { text: `${within(x, "sum")} - ${y.negated}`, level: "sum" }
      : infix("+", "sum", "product")(x, y),
  sub: infix("-", "sum", "product"),
  mul: infix("*", "product", "unary"),
  div: infix("/", "product", "unary"),
  neg: (x) => negative(within(x, "atom")),
  abs: call("Math.abs"),
  sqrt: call("Math.sqrt"),
  floor: call("Math.floor"),
  nearest: ({ text: x }) => {
    const rounded = copysign(`Math.abs(${x}) + ${integral} - ${integral}`, x);
    return choice(`Math.abs(${x}) < ${integral}`, within(rounded, "or"), x);
  },
  min: (x, y) => choice(`${y.text} < ${x.text}`, y.text, x.text),
  max: (x, y) => choice(`${x.text} < ${y.text}`, y.text, x.text),
  copysign: (x, y) => copysign(x.text, y.text),
  pow2: (n) => atom(`$pow2[(${within(n, "sum")} + 1023) & 2047]`),
  flipWhereOdd: (x, n) => choice(`(${within(n, "sum")} & 1) !== 0`, `-${x.text}`, x.text),
  exponent: (x) => ({ text: `${exponentField(x.text)} - 1023`, level: "sum" }),
  mantissa: (x) => ({ text: `${within(x, "product")} / $pow2[${exponentField(x.text)}]`, level: "product" }),
  promote: (x) => x,
  demote: (x) => x,
  lt: comparison("<"),
  le: comparison("<="),
  eq: comparison("==="),
  ne: comparison("!=="),
  and: infix("&&", "and", "order"),
  or: infix("||", "or", "order"),
  not: (x) => ({ text: `!${within(x, "atom")}`, level: "unary" }),
  select: (c, x, y) => choice(within(c, "or"), within(x, "or"), y.text),
};

/** Operations whose float64 result on float32 operands is not always a float32. */
const rounding: ReadonlySet<PrimitiveOp> = new Set<PrimitiveOp>(["add", "sub", "mul", "div", "sqrt", "demote"]);
/** Operations whose operands are printed more than once. */
const repeating: ReadonlySet<PrimitiveOp> = new Set<PrimitiveOp>([
  "min",
  "max",
  "nearest",
  "copysign",
  "mantissa",
  "flipWhereOdd",
]);

/** Longer operands get a line of their own. */
const longestOperand = 80;

function helpersOf(expr: PrimitiveExpr): readonly Helper[] {
  if (isRounded(expr)) return ["fround"];
  if (expr.op === "pow2") return [expr.type === "f32" ? "$pow2f" : "$pow2"];
  if (expr.op === "exponent") return ["$words"];
  return expr.op === "mantissa" ? ["$pow2", "$words"] : [];
}

function printLiteral(value: number): Text {
  return value < 0 || Object.is(value, -0) ? negative(String(-value)) : atom(String(value));
}

interface PrintedExpr {
  /** `const name = …;` lines, in order, without indentation. */
  readonly statements: readonly string[];
  /** The value, in terms of the parameters' names and the statements'. */
  readonly value: string;
}

/**
 * Prints an expression: a statement for every node that is shared, labelled, long or printed twice, then the value. Parameters
 * print as `names` says, or by their own name. New names begin with `$` and are none of `taken`.
 */
export function printScalarExpr(
  expr: ScalarExpr,
  names: ReadonlyMap<ScalarExpr, string> = new Map(),
  taken: Iterable<string> = names.values(),
): PrintedExpr {
  const uses = countUses(expr);
  const used = new Set([...helperNames, ...taken]);
  const statements: string[] = [];
  const done = new Map<ScalarExpr, Text>();

  const freshName = (wanted: string): string => {
    let name = wanted;
    for (let i = 2; used.has(name); i++) name = `${wanted}_${i}`;
    used.add(name);
    return name;
  };
  const print = (e: ScalarExpr, twice: boolean): Text => {
    const known = done.get(e);
    if (known !== undefined) return known;
    if (e.op === "constant") return printLiteral(e.value);
    if (!isPrimitive(e)) return atom(names.get(e) ?? e.name);
    const operands = e.operands.map((o) => print(o, repeating.has(e.op)));
    const text = printPrimitive(e, operands);
    const hoisted = e.label !== undefined || uses.get(e)! > 1 || text.text.length > longestOperand;
    if (e === expr || !(hoisted || twice)) return text;
    const name = freshName(`$${e.label ?? "t"}`);
    statements.push(`const ${name} = ${text.text};`);
    done.set(e, atom(name));
    return atom(name);
  };
  const value = print(expr, false).text;
  return { statements, value };
}

function printPrimitive(e: PrimitiveExpr, operands: readonly Text[]): Text {
  const [x, y, z] = operands;
  invariant(x !== undefined, `${e.op} has no operand`);
  if (e.op === "pow2" && e.type === "f32") return atom(`$pow2f[(${within(x, "sum")} + 127) & 255]`);
  const text = printers[e.op](x, y ?? x, z ?? x);
  return isRounded(e) ? atom(`fround(${text.text})`) : text;
}

const isRounded = (e: PrimitiveExpr): boolean => e.type === "f32" && rounding.has(e.op) && e.exact !== true;

/**
 * Lines that declare `target` and give it the function's value at the arguments: expressions whose own names are not those of
 * parameters after a `$`.
 */
export function printInlined(f: ScalarFunction, args: readonly string[], target: string): string[] {
  const names = new Map<ScalarExpr, string>();
  const bound: string[] = [];
  const taken = new Set([target]);
  for (const [i, param] of f.params.entries()) {
    const text = args[i];
    invariant(text !== undefined, `${f.name} takes ${f.params.length} arguments, not ${args.length}`);
    const isName = /^[A-Za-z_$][\w$]*$/.test(text);
    const name = isName ? text : `$${param.name}`;
    if (!isName) bound.push(`const ${name} = ${text};`);
    names.set(param, name);
    taken.add(name);
    // A new name must not hide one that an argument mentions.
    for (const [mentioned] of text.matchAll(/\$\w+/g)) taken.add(mentioned);
  }
  return [`let ${target};`, "{", ...indented([...bound, ...printAssigned(f.body, names, taken, target)]), "}"];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** Lines that give `target` the value; a choice that is rare is a branch, so that each side is computed only where it counts. */
function printAssigned(
  body: ScalarExpr,
  names: ReadonlyMap<ScalarExpr, string>,
  taken: ReadonlySet<string>,
  target: string,
): string[] {
  const assigned = ({ statements, value }: PrintedExpr): string[] => [...statements, `${target} = ${value};`];
  if (!isPrimitive(body) || body.rare !== true) return assigned(printScalarExpr(body, names, taken));
  const [condition, rare, usual] = body.operands as readonly [ScalarExpr, ScalarExpr, ScalarExpr];
  const test = printScalarExpr(condition, names, taken);
  const side = (e: ScalarExpr): string[] => indented(assigned(printScalarExpr(e, names, taken)));
  return [...test.statements, `if (${test.value}) {`, ...side(rare), "} else {", ...side(usual), "}"];
}

/** The declarations that inlined functions refer to; `rounds`: what is around them rounds, too. */
export function printMathHelpers(functions: Iterable<ScalarFunction>, rounds = false): string {
  const needed = new Set<Helper>(rounds ? ["fround"] : []);
  for (const e of countUses(...[...functions].map((f) => f.body)).keys()) {
    if (isPrimitive(e)) for (const helper of helpersOf(e)) needed.add(helper);
  }
  return helperOrder
    .filter((helper) => needed.has(helper))
    .map((helper) => helpers[helper])
    .join("\n");
}
