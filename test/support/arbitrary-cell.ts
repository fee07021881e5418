/**
 * Random well-typed cells as source text. A cell is grown from a tape of numbers, one for each choice; an exhausted
 * tape chooses the simplest alternative, so a shorter tape of smaller numbers is a smaller cell and fast-check shrinks
 * cells by shrinking tapes.
 */
import fc from "fast-check";

export interface RandomCell {
  /** The text of one cell `Random(I, H)`, with the helper cells and functions it uses in front of it. */
  readonly source: string;
  readonly equations: readonly string[];
  /** Source with the lines of the cell's body in another order. */
  readonly shuffled: string;
}

export interface CellOptions {
  /** Leaves out operations with kinks (abs, max, comparisons …), for checks by differences. */
  readonly smooth?: boolean;
}

type Shape = "" | "I" | "H" | "S" | "H,I" | "H,H" | "S,H";

interface Leaf {
  readonly name: string;
  readonly shape: Shape;
}

class Grower {
  private position = 0;
  private readonly tape: readonly number[];
  readonly smooth: boolean;
  readonly declarations: string[] = [];
  readonly leaves: Leaf[] = [];
  private params = 0;
  usesFunction = false;
  usesTable = false;

  constructor(tape: readonly number[], options: CellOptions) {
    this.tape = tape;
    this.smooth = options.smooth ?? false;
  }

  choose(count: number): number {
    const value = this.tape[this.position++] ?? 0;
    return value % count;
  }

  param(shape: Exclude<Shape, "S" | "S,H">): string {
    const known = this.leaves.filter((leaf) => leaf.shape === shape && leaf.name.startsWith("p"));
    if (known.length > 1 && this.choose(2) === 0) return (known[this.choose(known.length)] as Leaf).name;
    const name = `p${this.params++}`;
    this.declarations.push(`param ${name}: ${shape === "" ? "real" : `[${shape.replace(",", ", ")}]`} ~ uniform(1)`);
    this.leaves.push({ name, shape });
    return name;
  }

  leaf(shape: Shape): string {
    const known = this.leaves.filter((leaf) => leaf.shape === shape);
    if (known.length > 0) return (known[this.choose(known.length)] as Leaf).name;
    if (shape === "S" || shape === "S,H") return shape === "S" ? "(m @ h)" : "m";
    return this.param(shape);
  }

  number(): string {
    return ["1", "0.5", "2", "0.25", "1.5", "3"][this.choose(6)] as string;
  }

  expression(shape: Shape, depth: number): string {
    if (depth <= 0) return this.leaf(shape);
    const choices = [...this.common(shape, depth), ...this.special(shape, depth)];
    return (choices[this.choose(choices.length)] as () => string)();
  }

  private common(shape: Shape, depth: number): (() => string)[] {
    const e = (): string => this.expression(shape, depth - 1);
    const smooth = [
      () => this.leaf(shape),
      () => `tanh(${e()})`,
      () => `(${e()} + ${e()})`,
      () => `(${e()} * ${e()})`,
      () => `sigmoid(${e()})`,
      () => `(${e()} - ${e()})`,
      () => `(-${e()})`,
      () => `(${e()} / (1.5 + sin(${e()})))`,
      () => `(${this.number()} * ${e()})`,
      () => `(1 - ${e()})`,
      () => `exp(-(${e()})^2)`,
      () => `cos(${e()})`,
      () => `log(1.5 + tanh(${e()}))`,
      () => `sqrt(1.5 + sin(${e()}))`,
      () => `softplus(${e()})`,
      () => `erf(${e()})`,
      () => `gelu(${e()})`,
      () => `silu(${e()})`,
      () => `((1.5 + cos(${e()}))^${this.number()})`,
      () => `(${e()} * ${this.expression("", depth - 1)})`,
      () => `expm1(tanh(${e()}))`,
      () => `log1p(sigmoid(${e()}))`,
    ];
    const kinks = [
      () => `abs(${e()})`,
      () => `relu(${e()})`,
      () => `max(${e()}, ${e()})`,
      () => `min(${e()}, ${e()})`,
      () => `clamp(${e()}, -1, 1)`,
      () => `(if ${e()} < ${e()} then ${e()} else ${e()})`,
      () => `elu(${e()})`,
      () => `(sign(${e()}) * ${e()})`,
      () => `(stop_gradient(${e()}) * ${e()})`,
    ];
    return this.smooth ? smooth : [...smooth, ...kinks];
  }

  private special(shape: Shape, depth: number): (() => string)[] {
    const e = (inner: Shape): string => this.expression(inner, depth - 1);
    const vector = (own: "I" | "H"): (() => string)[] => [
      () => `softmax(${e(own)})`,
      () => `norm(${e(own)}, ${this.callNorm(own)})`,
      () => `concat(${e(own)}, ${e("H")})[0:${own}]`,
      () => `reshape(${e(own)}, [${own}])`,
    ];
    switch (shape) {
      case "":
        return [
          () => `sum(${e("H")})`,
          () => `mean(${e("I")})`,
          () => `logsumexp(${e("H")})`,
          () => `(${e("H")} @ ${e("H")})`,
          () => `(${e("H")})[0]`,
          () => `sum(${e("S")})`,
          () => `mean(${e("S")})`,
          ...(this.smooth ? [] : [() => `max(${e("H")})`, () => `min(${e("S")})`]),
        ];
      case "H":
        return [
          () => `(${e("H,H")} @ ${e("H")})`,
          () => `(${e("H,I")} @ ${e("I")})`,
          ...vector("H"),
          () => `sum(${e("H,I")}, axis = 1)`,
          () => `(${e("S")} @ ${e("S,H")})`,
          () => `mean(${e("S,H")}, axis = 0)`,
          () => this.table(),
        ];
      case "I":
        return [
          () => `(${e("H")} @ ${e("H,I")})`,
          () => `(transpose(${e("H,I")}) @ ${e("H")})`,
          ...vector("I"),
          () => `sum(${e("H,I")}, axis = 0)`,
        ];
      case "S":
        return [() => `(${e("S,H")} @ ${e("H")})`, () => `softmax(${e("S")})`, () => `sum(${e("S,H")}, axis = 1)`];
      case "H,I":
        return [() => `outer(${e("H")}, ${e("I")})`, () => `(${e("H,H")} @ ${e("H,I")})`];
      case "H,H":
        return [
          () => `outer(${e("H")}, ${e("H")})`,
          () => `transpose(${e("H,H")})`,
          () => `(${e("H,I")} @ transpose(${e("H,I")}))`,
        ];
      case "S,H":
        return [
          () => `(${e("S,H")} @ ${e("H,H")})`,
          () => `softmax(${e("S,H")}, axis = 0)`,
          () => `(${e("S,H")} + ${e("H")})`,
        ];
    }
  }

  private callNorm(own: "I" | "H"): string {
    this.usesFunction = true;
    return this.param(own);
  }

  private table(): string {
    this.usesTable = true;
    return "table[k]";
  }
}

/** Grows one cell. */
export function growCell(tape: readonly number[], options: CellOptions = {}): RandomCell {
  const g = new Grower(tape, options);
  const stateCount = 1 + g.choose(2);
  const states = ["h", "c"].slice(0, stateCount);
  for (const name of states) g.leaves.push({ name, shape: "H" });
  g.leaves.push({ name: "x", shape: "I" }, { name: "m", shape: "S,H" });
  const usesSubcell = g.choose(4) === 3;
  const lines: string[] = [];
  if (usesSubcell) {
    g.declarations.push("use inner = Inner(I, H)");
    lines.push("u = inner(x)");
    g.leaves.push({ name: "u", shape: "H" });
  }
  const shapes: readonly Shape[] = ["H", "", "I", "S", "H,I", "S,H", "H,H"];
  const equationCount = g.choose(4);
  for (let i = 0; i < equationCount; i++) {
    const shape = shapes[g.choose(shapes.length)] as Shape;
    lines.push(`e${i} = ${g.expression(shape, 3)}`);
    g.leaves.push({ name: `e${i}`, shape });
  }
  for (const name of states) lines.push(`${name}' = tanh(${g.expression("H", 3)})`);
  const outputs = [`output y = ${g.expression("H", 2)}`];
  if (g.choose(3) === 2) outputs.push(`output z = ${g.expression((["", "S", "I"] as const)[g.choose(3)] as Shape, 2)}`);
  const initial = g.choose(3) === 2 ? ` = tanh(${g.param("H")})` : "";
  const head = [
    "input x: [I]",
    "input k: index(3)",
    "context m: [S, H]",
    ...states.map((name, i) => `state ${name}: [H]${i === 0 ? initial : ""}`),
    ...(g.usesTable ? ["param table: [3, H] ~ normal(0.5)"] : []),
    ...g.declarations,
  ];
  const body = [...head, ...lines, ...outputs];
  const prelude = [
    ...(usesSubcell
      ? [
          "cell Inner(I, H) {\n  input v: [I]\n  state s: [H]\n  param A: [H, I] ~ uniform(1)\n  s' = tanh(A @ v + 0.5 * s)\n  output w = s'\n}\n",
        ]
      : []),
    ...(g.usesFunction
      ? ["fn norm(v: [n], gain: [n]): [n] {\n  d = v - mean(v)\n  return gain * d / sqrt(mean(d * d) + 0.1)\n}\n"]
      : []),
  ].join("\n");
  const print = (items: readonly string[]): string =>
    `${prelude}\ncell Random(I, H) {\n${items.map((line) => `  ${line}\n`).join("")}}\n`;
  // The equations in another order and between the declarations; declarations keep their order, which is the module's.
  const key = (i: number): number => ((tape[i % Math.max(tape.length, 1)] ?? i) * 31 + i * 17) % 97;
  const mixed = [...head, ...outputs];
  for (const [i, line] of lines.entries()) mixed.splice(key(i) % (mixed.length + 1), 0, line);
  return { source: print(body), equations: lines, shuffled: print(mixed) };
}

/** An arbitrary of random cells. */
export function arbitraryCell(options: CellOptions = {}): fc.Arbitrary<RandomCell> {
  return fc.array(fc.nat(9999), { minLength: 0, maxLength: 80 }).map((tape) => growCell(tape, options));
}
