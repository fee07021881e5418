/** Formulas as LaTeX for the mathematics of amsmath, in an environment with `&` before the sign of an equation. */
import { at } from "../../base/at.js";
import type { Dim } from "../../base/types/dim.js";
import { type Equation, type Formula, type Infix, plainName, type SelectedPart, type Setting } from "./formula.js";
import { dimensionLatex, instanceLatex, nameLatex, operatorLatex } from "./latex-names.js";
import type { Time } from "./values-over-time.js";

export interface LatexContext {
  readonly times: ReadonlyMap<string, Time>;
  /** Whether σ can mean the sigmoid: not where the author has a value of that name. */
  readonly sigmoidIsSigma: boolean;
}

/** How tightly the outermost operator binds; products without a sign bind more tightly than those with one. */
const strengths = {
  choice: 0,
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  sum: 5,
  signedProduct: 6,
  product: 7,
  applied: 8,
  atom: 9,
} as const;

interface WrittenLatex {
  readonly text: string;
  readonly strength: number;
}

const atom = (text: string): WrittenLatex => ({ text, strength: strengths.atom });
const applied = (text: string): WrittenLatex => ({ text, strength: strengths.applied });

type InfixLatex = readonly [sign: string, strength: number];
const infixLatex: Readonly<Record<Exclude<Infix, "divide" | "dot">, InfixLatex>> = {
  add: ["+", strengths.sum],
  subtract: ["-", strengths.sum],
  times: ["\\cdot", strengths.signedProduct],
  hadamard: ["\\odot", strengths.signedProduct],
  outer: ["\\otimes", strengths.signedProduct],
  mod: ["\\bmod", strengths.product],
  product: ["\\,", strengths.product],
  less: ["<", strengths.comparison],
  "less-equal": ["\\le", strengths.comparison],
  greater: [">", strengths.comparison],
  "greater-equal": ["\\ge", strengths.comparison],
  equal: ["=", strengths.comparison],
  unequal: ["\\ne", strengths.comparison],
  and: ["\\land", strengths.and],
  or: ["\\lor", strengths.or],
};

/** `left &= right`, and for which rounds. */
export function equationLatex({ left, right, rounds = [] }: Equation, context: LatexContext): string {
  const each = rounds.map(({ index, count }) => `${indexLatex(index)} < ${dimensionLatex(count)}`).join(",\\ ");
  const condition = each === "" ? "" : ` && \\text{for } ${each}`;
  return `${formulaLatex(left, context)} &= ${formulaLatex(right, context)}${condition}`;
}

const indexLatex = (name: string): string => nameLatex(plainName(name), new Map()).text;

export function formulaLatex(formula: Formula, context: LatexContext): string {
  return new LatexPrinter(context).write(formula, strengths.choice);
}

/** `H \times (E + H)`. */
export function shapeLatex(shape: readonly Dim[]): string {
  const sizes = shape.map((dim) => dimensionLatex(dim));
  return sizes.map((text) => (sizes.length > 1 && / [-+] /.test(text) ? `(${text})` : text)).join(" \\times ");
}

const parenthesised = (text: string): string => `\\left(${text}\\right)`;

class LatexPrinter {
  private readonly context: LatexContext;

  constructor(context: LatexContext) {
    this.context = context;
  }

  write(formula: Formula, least: number): string {
    const { text, strength } = this.bare(formula);
    return strength < least ? parenthesised(text) : text;
  }

  private whole(formula: Formula): string {
    return this.write(formula, strengths.choice);
  }

  private bare(formula: Formula): WrittenLatex {
    switch (formula.kind) {
      case "number":
        return numberLatex(formula.value);
      case "imaginary":
        return {
          text: `${formula.value === 1 ? "" : numberLatex(formula.value).text} \\mathrm{i}`.trim(),
          strength: strengths.applied,
        };
      case "dimension": {
        const text = dimensionLatex(formula.dim);
        return { text, strength: /[ /]/.test(text) ? strengths.sum : strengths.atom };
      }
      case "name":
        return atom(nameLatex(formula.name, this.context.times).text);
      case "infix":
        return this.infix(formula.operator, formula.left, formula.right);
      case "prefix":
        if (formula.operator === "not") {
          return { text: `\\lnot ${this.write(formula.operand, strengths.product)}`, strength: strengths.not };
        }
        return { text: `-${this.write(formula.operand, strengths.signedProduct)}`, strength: strengths.sum };
      case "power":
        return applied(`${this.base(formula.base)}^{${this.whole(formula.exponent)}}`);
      case "transposed":
        return applied(`${this.base(formula.operand)}^{\\top}`);
      case "choice":
        return { text: this.choice(formula), strength: strengths.choice };
      case "part": {
        const before = ":, ".repeat(formula.axis);
        return applied(`${this.indexed(formula.operand)}\\left[${before}${this.part(formula.part)}\\right]`);
      }
      case "labelled": {
        const label = nameLatex(plainName(formula.label), new Map()).text;
        return { text: `${label} = ${this.whole(formula.value)}`, strength: strengths.comparison };
      }
      case "rounds":
        return { text: this.rounds(formula), strength: strengths.choice };
      case "in-round":
        return applied(`${this.base(formula.operand)}^{\\langle ${this.whole(formula.round)} \\rangle}`);
      case "member": {
        const name = nameLatex(plainName(formula.name), new Map()).text;
        return applied(`${this.write(formula.object, strengths.applied)}_{${name}${formula.next ? "'" : ""}}`);
      }
      case "joined":
        return atom(`\\left[${formula.parts.map((part) => this.whole(part)).join(";\\, ")}\\right]`);
      case "apply":
        return this.apply(formula);
    }
  }

  /** What stands before an index; `∂h[0:H]` would be the derivative by a part. */
  private indexed(formula: Formula): string {
    const isDerivative =
      formula.kind === "name" && (formula.name.role === "cotangent" || formula.name.role === "incoming");
    return isDerivative ? this.base(formula) : this.write(formula, strengths.applied);
  }

  /** What stands below an exponent. */
  private base(formula: Formula): string {
    if (formula.kind === "name") {
      const { text, isPlain } = nameLatex(formula.name, this.context.times);
      return isPlain ? text : parenthesised(text);
    }
    return this.write(formula, strengths.atom);
  }

  private infix(operator: Infix, left: Formula, right: Formula): WrittenLatex {
    if (operator === "divide") {
      return { text: `\\frac{${this.whole(left)}}{${this.whole(right)}}`, strength: strengths.product };
    }
    if (operator === "dot") {
      return {
        text: `${this.base(left)}^{\\top} ${this.write(right, strengths.product + 1)}`,
        strength: strengths.product,
      };
    }
    const [sign, strength] = infixLatex[operator];
    const leftLeast = strength === strengths.comparison ? strength + 1 : strength;
    return { text: `${this.write(left, leftLeast)} ${sign} ${this.write(right, strength + 1)}`, strength };
  }

  /** A row for each case, those of a choice in the last one too. */
  private choice(formula: Extract<Formula, { kind: "choice" }>): string {
    const rows: string[] = [];
    let rest: Formula = formula;
    while (rest.kind === "choice") {
      rows.push(`${this.whole(rest.yes)} & \\text{if } ${this.whole(rest.condition)}`);
      rest = rest.no;
    }
    rows.push(`${this.whole(rest)} & \\text{otherwise}`);
    return `\\begin{cases} ${rows.join(" \\\\ ")} \\end{cases}`;
  }

  private rounds({ first, next, index, count, until, implicit }: Extract<Formula, { kind: "rounds" }>): string {
    const word = (text: string): string => `\\;\\text{${text}}\\;`;
    const name = index === undefined ? "" : `${indexLatex(index)} < `;
    const rounds = `${this.whole(first)} ${word("then")} ${this.whole(next)} ${word("for")} ${name}${dimensionLatex(count)}`;
    const end = until === undefined ? "" : ` ${word("until")} ${this.whole(until)}`;
    return `${rounds}${end}${implicit ? word("implicit") : ""}`;
  }

  private part(part: SelectedPart): string {
    if (part.kind === "entry") return this.whole(part.at);
    return `${dimensionLatex(part.start)}{:}${dimensionLatex(part.end)}`;
  }

  private apply({ head, operands, settings }: Extract<Formula, { kind: "apply" }>): WrittenLatex {
    const [first = ""] = operands.map((operand) => this.whole(operand));
    const own = head.kind === "builtin" && settings.length === 0 ? builtinForms[head.name] : undefined;
    if (own !== undefined && operands.length === 1) return own(first, this.base(at(operands, 0)));
    const below = settings.map((setting) => settingLatex(setting)).join(";\\,");
    const place = head.place === undefined ? "" : `\\left[${this.whole(head.place)}\\right]`;
    const name = this.head(head.kind, head.name) + place + (below === "" ? "" : `_{${below}}`);
    if (operands.length === 0) return atom(name);
    return applied(`${name}${parenthesised(operands.map((operand) => this.whole(operand)).join(", "))}`);
  }

  private head(kind: "builtin" | "function" | "instance", name: string): string {
    if (kind === "instance") return instanceLatex(name);
    if (kind === "function") return operatorLatex(name);
    if (name === "sigmoid") return this.context.sigmoidIsSigma ? "\\sigma" : operatorLatex(name);
    return builtinHeads[name] ?? operatorLatex(name);
  }
}

const builtinHeads: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["tanh", "exp", "log", "sin", "cos", "tan", "max", "min"].map((name) => [name, `\\${name}`])),
  re: "\\operatorname{Re}",
  im: "\\operatorname{Im}",
  arg: "\\arg",
  zeros: "\\mathbf{0}",
  ones: "\\mathbf{1}",
};

/** Functions of one argument with a form of their own; `base` is the argument as it stands below an exponent. */
const builtinForms: Readonly<Record<string, (argument: string, base: string) => WrittenLatex>> = {
  sqrt: (argument) => atom(`\\sqrt{${argument}}`),
  conj: (argument) => atom(`\\overline{${argument}}`),
  abs: (argument) => atom(`\\left|${argument}\\right|`),
  floor: (argument) => atom(`\\left\\lfloor ${argument}\\right\\rfloor`),
  square: (_, base) => applied(`${base}^{2}`),
};

function settingLatex(setting: Setting): string {
  switch (setting.kind) {
    case "axes":
      return `\\mathrm{${setting.label}}\\,${setting.axes.join(",")}`;
    case "shape":
      return setting.label === "shape"
        ? shapeLatex(setting.shape)
        : `\\mathrm{${setting.label}}\\,${setting.shape.map((dim) => dimensionLatex(dim)).join(",")}`;
    case "range":
      return `${indexLatex(setting.label)} < ${dimensionLatex(setting.end)}`;
    case "pattern":
      return setting.pattern.replace("->", " \\to ");
  }
}

/** Very small and very large numbers with a power of ten. */
function numberLatex(value: number): WrittenLatex {
  if (Number.isNaN(value)) return atom("\\mathrm{NaN}");
  const sign = value < 0 ? "-" : "";
  const size = Math.abs(value);
  const strength = sign === "" ? strengths.atom : strengths.sum;
  if (size === Infinity) return { text: `${sign}\\infty`, strength };
  if (size === 0 || (size >= 1e-3 && size < 1e6)) return { text: String(value), strength };
  const [digits = "", exponent = ""] = size.toExponential().split("e");
  const power = `10^{${Number(exponent)}}`;
  if (digits === "1") return { text: sign + power, strength: Math.min(strength, strengths.applied) };
  return { text: `${sign}${digits} \\cdot ${power}`, strength: Math.min(strength, strengths.signedProduct) };
}
