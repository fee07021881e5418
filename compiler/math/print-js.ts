/**
 * Prints scalar functions as JavaScript. The text has no imports and evaluates nothing at run time; the module around it
 * must declare `const fround = Math.fround;` before calling an f32 function. Names begin with `$`, which the language
 * does not allow in identifiers.
 */
import { invariant } from "../diagnostics/invariant.js";
import type { FloatType, PrimitiveExpr, PrimitiveOp, ScalarExpr, ScalarFunction } from "./expr.js";
import { countUses, isPrimitive } from "./expr.js";
import type { MathName } from "./functions.js";
import { mathFunctions, mathNames } from "./functions.js";

/** The JavaScript function that a prelude declares for a math function. */
export function mathIdentifier(name: MathName): string {
  return `$${name}`;
}

type Helper = "$pow2" | "$pow2f" | "$exponent" | "$mantissa" | "$nearest" | "$copysign";

/** In order of declaration; each with the helpers it calls. */
const helpers: Record<Helper, { readonly needs: readonly Helper[]; readonly text: string }> = {
  $pow2: {
    needs: [],
    text: `/** 2^(i - 1023) at index i, the float64 of exponent field i. */
const $pow2 = new Float64Array(2048);
$pow2[1023] = 1;
for (let i = 1023; i < 2047; i++) $pow2[i + 1] = $pow2[i] * 2;
for (let i = 1023; i > 1; i--) $pow2[i - 1] = $pow2[i] * 0.5;
`,
  },
  $pow2f: {
    needs: [],
    text: `/** 2^(i - 127) at index i, the float32 of exponent field i. */
const $pow2f = new Float64Array(256);
$pow2f[127] = 1;
for (let i = 127; i < 254; i++) $pow2f[i + 1] = $pow2f[i] * 2;
for (let i = 127; i > 1; i--) $pow2f[i - 1] = $pow2f[i] * 0.5;
$pow2f[255] = Infinity;
`,
  },
  $exponent: {
    needs: [],
    text: `const $double = new Float64Array([1]);
const $words = new Int32Array($double.buffer);
const $upper = $words[0] === 0 ? 1 : 0;

/** floor(log2(x)) of a positive normal x. */
function $exponent(x) {
  $double[0] = x;
  return (($words[$upper] >>> 20) & 2047) - 1023;
}
`,
  },
  $mantissa: {
    needs: ["$pow2", "$exponent"],
    text: `/** x / 2^floor(log2(x)) of a positive normal x. */
function $mantissa(x) {
  return x / $pow2[$exponent(x) + 1023];
}
`,
  },
  $copysign: {
    needs: [],
    text: `/** |x| with the sign of y. */
function $copysign(x, y) {
  return y < 0 || (y === 0 && 1 / y < 0) ? -Math.abs(x) : Math.abs(x);
}
`,
  },
  $nearest: {
    needs: ["$copysign"],
    text: `/** The nearest integral value, ties to even. */
function $nearest(x) {
  return Math.abs(x) < 4503599627370496 ? $copysign(Math.abs(x) + 4503599627370496 - 4503599627370496, x) : x;
}
`,
  },
};

const helperOrder = Object.keys(helpers) as Helper[];

/** How tightly text holds together, tightest first: what is looser than its place gets parentheses. */
const levels = { atom: 0, unary: 1, product: 2, sum: 3, order: 4, and: 5, or: 6, conditional: 7 } as const;
type Level = keyof typeof levels;

interface Text {
  readonly text: string;
  readonly level: Level;
}

const atom = (text: string): Text => ({ text, level: "atom" });

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

/** The text of each primitive, before rounding. Operands of min and max are names or literals: they are printed twice. */
const printers: Record<PrimitiveOp, (x: Text, y: Text, z: Text) => Text> = {
  // `x + -c` and `x - c` are the same operation.
  add: (x, y) =>
    y.text.startsWith("-") && y.level === "unary"
      ? { text: `${within(x, "sum")} - ${y.text.slice(1)}`, level: "sum" }
      : infix("+", "sum", "product")(x, y),
  sub: infix("-", "sum", "product"),
  mul: infix("*", "product", "unary"),
  div: infix("/", "product", "unary"),
  neg: (x) => ({ text: `-${within(x, "atom")}`, level: "unary" }),
  abs: call("Math.abs"),
  sqrt: call("Math.sqrt"),
  floor: call("Math.floor"),
  nearest: call("$nearest"),
  min: (x, y) => choice(`${y.text} < ${x.text}`, y.text, x.text),
  max: (x, y) => choice(`${x.text} < ${y.text}`, y.text, x.text),
  copysign: (x, y) => atom(`$copysign(${x.text}, ${y.text})`),
  pow2: (n) => atom(`$pow2[(${within(n, "sum")} + 1023) & 2047]`),
  exponent: call("$exponent"),
  mantissa: call("$mantissa"),
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
/** Operations whose operands are printed twice. */
const repeating: ReadonlySet<PrimitiveOp> = new Set<PrimitiveOp>(["min", "max"]);

/** Longer operands get a line of their own. */
const longestOperand = 80;

function helperOf(expr: PrimitiveExpr): Helper | undefined {
  if (expr.op === "pow2") return expr.type === "f32" ? "$pow2f" : "$pow2";
  const name = `$${expr.op}`;
  return name in helpers ? (name as Helper) : undefined;
}

function printLiteral(value: number): Text {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return { text, level: text.startsWith("-") ? "unary" : "atom" };
}

export interface PrintedExpr {
  /** `const name = …;` lines, in order, without indentation. */
  readonly statements: readonly string[];
  /** The value, in terms of the parameters' names and the statements'. */
  readonly value: string;
}

/**
 * Prints an expression: a statement for every node that is shared, labelled, long or printed twice, then the value. Parameters
 * print as `names` says, or by their own name; no new name begins with `$` or is among `taken`.
 */
export function printScalarExpr(
  expr: ScalarExpr,
  names: ReadonlyMap<ScalarExpr, string> = new Map(),
  taken: Iterable<string> = names.values(),
): PrintedExpr {
  const uses = countUses(expr);
  const used = new Set(taken);
  for (const e of uses.keys()) if (e.op === "parameter") used.add(names.get(e) ?? e.name);
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
    const name = freshName(e.label ?? "t");
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
  return e.type === "f32" && rounding.has(e.op) && e.exact !== true ? atom(`fround(${text.text})`) : text;
}

/** A function declaration. */
export function printScalarFunction(f: ScalarFunction, identifier: string): string {
  const { statements, value } = printScalarExpr(f.body);
  const lines = [...statements, `return ${value};`].map((line) => `  ${line}\n`);
  return `function ${identifier}(${f.params.map((p) => p.name).join(", ")}) {\n${lines.join("")}}\n`;
}

function helpersOf(bodies: Iterable<ScalarExpr>): Set<Helper> {
  const needed = new Set<Helper>();
  const need = (helper: Helper): void => {
    helpers[helper].needs.forEach(need);
    needed.add(helper);
  };
  for (const e of countUses(...bodies).keys()) {
    const helper = isPrimitive(e) ? helperOf(e) : undefined;
    if (helper !== undefined) need(helper);
  }
  return needed;
}

/** The helper declarations that expressions printed inline (`printScalarExpr`) refer to. */
export function printMathHelpers(bodies: Iterable<ScalarExpr>): string {
  const needed = helpersOf(bodies);
  return helperOrder
    .filter((h) => needed.has(h))
    .map((h) => helpers[h].text)
    .join("\n");
}

/**
 * Declarations of the named functions, in the table's order whatever the order of `names`, after the tables and helpers
 * they use; empty when nothing is named. For "f32" the module must also declare `const fround = Math.fround;`.
 * `inlined` are expressions printed elsewhere whose helpers are wanted too.
 */
export function printMathPrelude(
  names: readonly MathName[],
  dtype: FloatType,
  inlined: Iterable<ScalarExpr> = [],
): string {
  const functions = mathNames.filter((name) => names.includes(name)).map((name) => mathFunctions[name]);
  const pieces = functions.map(
    (f) => `/** ${f.doc}. */\n${printScalarFunction(f[dtype], mathIdentifier(f[dtype].name as MathName))}`,
  );
  const helperText = printMathHelpers([...functions.map((f) => f[dtype].body), ...inlined]);
  return [...(helperText === "" ? [] : [helperText]), ...pieces].join("\n");
}
