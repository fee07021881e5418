/** A random cell in parts: what is printed, and what shrinking takes away. */
import { printTerm, replaceLeaf, simplest, smallerTerms, type Shape, type Term, usesOf } from "./term.js";

export interface Equation {
  /** `e0`, `h'`, `y`. */
  readonly name: string;
  readonly value: Term;
}

export interface CellParts {
  /** Equations between, `e0`, `e1`, …, each of which reads only earlier ones. */
  readonly between: readonly Equation[];
  /** What the used cell is called with; undefined where none is used. */
  readonly inner: Term | undefined;
  /** Next values: `h'`, perhaps `c'`. */
  readonly next: readonly Equation[];
  /** The initial value of `h`; undefined where it is zero. */
  readonly initial: Term | undefined;
  readonly outputs: readonly Equation[];
}

/** A cell as text, and what has to be known to run it. */
export interface CellText {
  /** The text of a file: what the cell uses, then the cell. */
  readonly source: string;
  /** The name of the cell. */
  readonly cell: string;
  /** Dimensions that it needs sizes for. */
  readonly dimensions: readonly string[];
  /** The source up to the body of the cell, its declarations and outputs, and its equations, which may stand in any order. */
  readonly lines: {
    readonly head: string;
    readonly declarations: readonly string[];
    readonly equations: readonly string[];
  };
}

const declared: Readonly<Record<string, string>> = {
  x: "input x: [I]",
  k: "input k: index(3)",
  m: "context m: [S, H]",
  table: "param table: [3, H] ~ normal(0.5)",
  a: "param a: real ~ uniform(1)",
  W: "param W: [H, I] ~ uniform(1)",
  U: "param U: [H, H] ~ uniform(1)",
};

/** Parameters beside those of `declared`. */
export const parameters: readonly { readonly name: string; readonly shape: Shape }[] = [
  { name: "a", shape: "" },
  { name: "b", shape: "" },
  { name: "p", shape: "I" },
  { name: "q", shape: "H" },
  { name: "r", shape: "H" },
  { name: "W", shape: "H,I" },
  { name: "V", shape: "H,I" },
  { name: "U", shape: "H,H" },
];

const functions: Readonly<Record<string, string>> = {
  norm: "fn norm(v: [n], gain: [n]): [n] {\n  d = v - mean(v)\n  return gain * d / sqrt(mean(d * d) + 0.1)\n}\n",
  mix: "fn mix(rate: real, a: [n], b: [n]): [n] { return rate * a + (1 - rate) * b }\n",
  // Derivatives declared as they are.
  gated:
    "fn gated(v: [n], w: [n]): [n] {\n  s = tanh(v)\n  return s * w\n  derivative(dv, dw) = (1 - s * s) * w * dv + s * dw\n}\n",
  times: "fn times(A: [n, m], v: [m]): [n] {\n  d = A @ dv\n  return A @ v\n  derivative(dA, dv) = dA @ v + d\n}\n",
  shifted:
    "fn shifted(v: [n], rate: real): [n] {\n  return concat(stack(rate * sum(v)), v)[:n]\n  derivative(dv, drate) = concat(stack(rate * sum(dv) + drate * sum(v)), dv)[:n]\n}\n",
  // Others: a surrogate, a straight-through estimator, none by an argument.
  spike:
    "fn spike(v: [n]): [n] {\n  return if v > 0 then 1 else 0\n  derivative(dv) = dv / square(1 + 10 * abs(v))\n}\n",
  rounded:
    "fn rounded(v: [n], step: real): [n] {\n  return round(v * step)\n  derivative(dv, _dstep) = if v > 0 then step * dv else 0\n}\n",
};

const innerCell =
  "cell Inner(I, H) {\n  input v: [I]\n  state s: [H]\n  param A: [H, I] ~ uniform(1)\n  s' = tanh(A @ v + 0.5 * s)\n  output w = s'\n}\n";

function allTerms({ between, inner, next, initial, outputs }: CellParts): Term[] {
  const optional = [inner, initial].filter((value) => value !== undefined);
  return [...optional, ...[...between, ...next, ...outputs].map(({ value }) => value)];
}

/** Declares what is used and nothing else. */
export function printCell(parts: CellParts): CellText {
  const used = new Set(allTerms(parts).flatMap((value) => [...usesOf(value)]));
  if (used.has("table")) used.add("k");
  const declarations = ["x", "k", "m"].filter((name) => used.has(name)).map((name) => declared[name] as string);
  for (const [i, { name }] of parts.next.entries()) {
    const initial = i === 0 && parts.initial !== undefined ? ` = ${printTerm(parts.initial)}` : "";
    declarations.push(`state ${name.slice(0, -1)}: [H]${initial}`);
  }
  if (used.has("table")) declarations.push(declared["table"] as string);
  for (const { name, shape } of parameters) {
    if (!used.has(name)) continue;
    declarations.push(`param ${name}: ${shape === "" ? "real" : `[${shape.replace(",", ", ")}]`} ~ uniform(1)`);
  }
  if (parts.inner !== undefined) declarations.push("use inner = Inner(I, H)");
  const equations = [
    ...(parts.inner === undefined ? [] : [`u = inner(${printTerm(parts.inner)})`]),
    ...[...parts.between, ...parts.next].map(({ name, value }) => `${name} = ${printTerm(value)}`),
  ];
  const outputs = parts.outputs.map(({ name, value }) => `output ${name} = ${printTerm(value)}`);
  const body = [...declarations, ...equations, ...outputs];
  const dimensions = body.some((line) => /\bI\b/u.test(line)) ? ["I", "H"] : ["H"];
  const prelude = [
    ...(parts.inner === undefined ? [] : [innerCell]),
    ...Object.entries(functions).flatMap(([name, text]) => (used.has(name) ? [text] : [])),
  ];
  const head = [...prelude, `cell Random(${dimensions.join(", ")}) {\n`].join("\n");
  const source = `${head}${body.map((line) => `  ${line}\n`).join("")}}\n`;
  return {
    source,
    cell: "Random",
    dimensions,
    lines: { head, declarations: [...declarations, ...outputs], equations },
  };
}

/** Smaller cells, the boldest cuts first. Every one has fewer parts, or the same with smaller terms. */
export function* smallerCells(parts: CellParts): Generator<CellParts> {
  const { between, inner, next, initial, outputs } = parts;
  if (outputs.length > 1) for (const output of outputs) yield { ...parts, outputs: [output] };
  for (const [i, { name, value }] of between.entries()) {
    const rest = { ...parts, between: [...between.slice(0, i), ...between.slice(i + 1)] };
    yield replaceEverywhere(rest, name, simplest[value.shape]);
    const readers = allTerms(rest).filter((reader) => usesOf(reader).has(name));
    if (readers.length === 1) yield replaceEverywhere(rest, name, value);
  }
  if (initial !== undefined) yield { ...parts, initial: undefined };
  if (next.length > 1) {
    const rest = { ...parts, next: next.slice(0, 1) };
    yield replaceEverywhere(replaceEverywhere(rest, "c", simplest.H), "c'", simplest.H);
  }
  if (inner !== undefined) {
    const names = ["u", "inner.s", "inner.s'"];
    yield names.reduce<CellParts>((rest, name) => replaceEverywhere(rest, name, simplest.H), {
      ...parts,
      inner: undefined,
    });
    for (const smaller of smallerTerms(inner)) yield { ...parts, inner: smaller };
  }
  for (const key of ["between", "next", "outputs"] as const) {
    for (const [i, equation] of parts[key].entries()) {
      for (const value of smallerTerms(equation.value)) {
        yield { ...parts, [key]: parts[key].map((other, j) => (j === i ? { ...other, value } : other)) };
      }
    }
  }
}

function replaceEverywhere(parts: CellParts, name: string, by: Term): CellParts {
  const inAll = (equations: readonly Equation[]): Equation[] =>
    equations.map((equation) => ({ ...equation, value: replaceLeaf(equation.value, name, by) }));
  return {
    ...parts,
    between: inAll(parts.between),
    inner: parts.inner && replaceLeaf(parts.inner, name, by),
    next: inAll(parts.next),
    outputs: inAll(parts.outputs),
  };
}
