/** A random cell in parts: what is printed, and what shrinking takes away. */
import { functions, innerFunctions } from "./term-functions.js";
import { printTerm, replaceLeaf, simplest, smallerTerms, type TermShape, type Term, usesOf } from "./term.js";

export interface DrawnEquation {
  /** `e0`, `h'`, `y`. */
  readonly name: string;
  readonly value: Term;
}

export interface CellParts {
  /** Equations between, `e0`, `e1`, …, each of which reads only earlier ones. */
  readonly between: readonly DrawnEquation[];
  /** What the used cell is called with; undefined where none is used. */
  readonly inner: Term | undefined;
  /** The state that its call gives it; undefined where it goes on from its own. */
  readonly innerState: Term | undefined;
  /** Next values: `h'`, perhaps `c'`, perhaps `n'`, a counter. */
  readonly next: readonly DrawnEquation[];
  /** The initial value of `h`; undefined where it is zero. */
  readonly initial: Term | undefined;
  readonly outputs: readonly DrawnEquation[];
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

/** Inputs, contexts, a state that is an index, and tables with the index that selects from them. */
const declared: Readonly<Record<string, { readonly text: string; readonly needs?: string }>> = {
  x: { text: "input x: [I]" },
  k: { text: "input k: index(3)" },
  j: { text: "input j: index(3)" },
  m: { text: "context m: [S, H]" },
  g: { text: "context g: [H]" },
  place: { text: "state place: index(H)\n  place' = (place + 1) mod H" },
  zeta: { text: "param zeta: complex[H] ~ complex(uniform(1), uniform(1))" },
  table: { text: "param table: [3, H] ~ normal(0.5)", needs: "k" },
  rows: { text: "fixed rows: [3, I] ~ normal(0.5)", needs: "j" },
};

/** Parameters beside those of `declared`. */
export const parameters: readonly { readonly name: string; readonly shape: TermShape }[] = [
  { name: "a", shape: "" },
  { name: "b", shape: "" },
  { name: "p", shape: "I" },
  { name: "q", shape: "H" },
  { name: "r", shape: "H" },
  { name: "W", shape: "H,I" },
  { name: "V", shape: "H,I" },
  { name: "U", shape: "H,H" },
  { name: "R", shape: "H,H" },
];

/** Matrices of products that are made together, which need several of them. */
export const matrices = {
  "H,I": ["W", "V", "B", "C"],
  "H,H": ["U", "R", "F", "G", "P", "Q"],
} as const;

const allParameters: typeof parameters = [
  ...parameters,
  ...Object.entries(matrices)
    .flatMap(([shape, names]) => names.map((name) => ({ name, shape: shape as TermShape })))
    .filter(({ name }) => parameters.every((other) => other.name !== name)),
];

const axes = (shape: TermShape): string => (shape === "" ? "real" : `[${shape.replace(",", ", ")}]`);

const innerCell =
  "cell Inner(I, H) {\n  input v: [I]\n  state s: [H]\n  param A: [H, I] ~ uniform(1)\n  s' = tanh(A @ v + 0.5 * s)\n  output w = s'\n}\n";

function allTerms({ between, inner, innerState, next, initial, outputs }: CellParts): Term[] {
  const optional = [inner, innerState, initial].filter((value) => value !== undefined);
  return [...optional, ...[...between, ...next, ...outputs].map(({ value }) => value)];
}

function printInner(input: Term, state: Term | undefined): string {
  return `inner(${printTerm(input)}${state === undefined ? "" : `, s = ${printTerm(state)}`})`;
}

/** Declares what is used and nothing else. */
export function printCell(parts: CellParts): CellText {
  const used = new Set(allTerms(parts).flatMap((value) => [...usesOf(value)]));
  for (const name of [...used]) used.add(declared[name]?.needs ?? name);
  const inside = Object.entries(innerFunctions).filter(([name]) => used.has(name));
  for (const [, { reads }] of inside) for (const name of reads) used.add(name);
  const given = Object.keys(declared).filter((name) => used.has(name));
  const isTable = (name: string): boolean => declared[name]?.needs !== undefined;
  const declarations = given.filter((name) => !isTable(name)).map((name) => declared[name]?.text as string);
  for (const [i, { name, value }] of parts.next.entries()) {
    const initial = i === 0 && parts.initial !== undefined ? ` = ${printTerm(parts.initial)}` : "";
    declarations.push(`state ${name.slice(0, -1)}: ${axes(value.shape)}${initial}`);
  }
  declarations.push(...given.filter(isTable).map((name) => declared[name]?.text as string));
  for (const { name, shape } of allParameters) {
    if (used.has(name)) declarations.push(`param ${name}: ${axes(shape)} ~ uniform(1)`);
  }
  if (parts.inner !== undefined) declarations.push("use inner = Inner(I, H)");
  declarations.push(...inside.map(([, { text }]) => text));
  const equations = [
    ...(parts.inner === undefined ? [] : [`u = ${printInner(parts.inner, parts.innerState)}`]),
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
    if (readers.length === 1 && !isDelayed(value)) yield replaceEverywhere(rest, name, value);
  }
  if (initial !== undefined) yield { ...parts, initial: undefined };
  for (const [i, { name, value }] of next.entries()) {
    if (i === 0) continue;
    const rest = { ...parts, next: [...next.slice(0, i), ...next.slice(i + 1)] };
    const plain = simplest[value.shape];
    yield replaceEverywhere(replaceEverywhere(rest, name.slice(0, -1), plain), name, plain);
  }
  if (inner !== undefined) {
    const names = ["u", "inner.s", "inner.s'"];
    const without = (rest: CellParts): CellParts =>
      names.reduce<CellParts>((all, name) => replaceEverywhere(all, name, simplest.H), {
        ...rest,
        inner: undefined,
        innerState: undefined,
      });
    yield without(parts);
    // What was looked for may be in what it is called with.
    yield without({ ...parts, outputs: [{ name: "y", value: inner }] });
    if (parts.innerState !== undefined) {
      yield { ...parts, innerState: undefined };
      yield without({ ...parts, outputs: [{ name: "y", value: parts.innerState }] });
    }
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

/** A state, which has the name of its equation. */
const isDelayed = (value: Term): boolean => /\b(?:delay|past)\(/u.test(printTerm(value));

function replaceEverywhere(parts: CellParts, name: string, by: Term): CellParts {
  const inAll = (equations: readonly DrawnEquation[]): DrawnEquation[] =>
    equations.map((equation) => ({ ...equation, value: replaceLeaf(equation.value, name, by) }));
  return {
    ...parts,
    between: inAll(parts.between),
    inner: parts.inner && replaceLeaf(parts.inner, name, by),
    innerState: parts.innerState && replaceLeaf(parts.innerState, name, by),
    next: inAll(parts.next),
    outputs: inAll(parts.outputs),
  };
}
