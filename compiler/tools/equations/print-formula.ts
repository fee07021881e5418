/** Formulas as Unicode text, in the spelling of the language as far as the language has what they say. */
import { formulaFunction, formulaName, superscript } from "../../language/syntax/spelling.js";
import { printDim } from "../../base/types/dim.js";
import { printShape } from "../../base/types/shape.js";
import {
  type Equation,
  type Formula,
  type Infix,
  type FormulaName,
  type SelectedPart,
  type Setting,
  wordsOf,
} from "./formula.js";

/** How tightly the outermost operator binds. */
const strengths = {
  choice: 0,
  or: 1,
  and: 2,
  not: 3,
  comparison: 4,
  sum: 5,
  product: 6,
  minus: 7,
  power: 8,
  atom: 9,
} as const;

interface Sign {
  readonly sign: string;
  readonly strength: number;
}

const infixSigns: Readonly<Record<Infix, Sign>> = {
  add: { sign: "+", strength: strengths.sum },
  subtract: { sign: "−", strength: strengths.sum },
  times: { sign: "×", strength: strengths.product },
  hadamard: { sign: "⊙", strength: strengths.product },
  divide: { sign: "/", strength: strengths.product },
  mod: { sign: "mod", strength: strengths.product },
  product: { sign: "·", strength: strengths.product },
  dot: { sign: "·", strength: strengths.product },
  outer: { sign: "⊗", strength: strengths.product },
  less: { sign: "<", strength: strengths.comparison },
  "less-equal": { sign: "≤", strength: strengths.comparison },
  greater: { sign: ">", strength: strengths.comparison },
  "greater-equal": { sign: "≥", strength: strengths.comparison },
  equal: { sign: "==", strength: strengths.comparison },
  unequal: { sign: "≠", strength: strengths.comparison },
  and: { sign: "∧", strength: strengths.and },
  or: { sign: "∨", strength: strengths.or },
};

/** `left = right`, and for which rounds. */
export function printEquation({ left, right, rounds = [] }: Equation): string {
  const each = rounds.map(({ index, count }) => `${formulaName(index)} < ${printDim(count)}`).join(", ");
  return `${printFormula(left)} = ${printFormula(right)}${each === "" ? "" : `   for ${each}`}`;
}

function printFormula(formula: Formula): string {
  return write(formula, strengths.choice);
}

function write(formula: Formula, least: number): string {
  const { text, strength } = bare(formula);
  return strength < least ? `(${text})` : text;
}

interface WrittenText {
  readonly text: string;
  readonly strength: number;
}

const atom = (text: string): WrittenText => ({ text, strength: strengths.atom });

function bare(formula: Formula): WrittenText {
  switch (formula.kind) {
    case "number":
      return numberText(formula.value);
    case "imaginary":
      return atom(`${formula.value}i`);
    case "dimension": {
      const text = printDim(formula.dim);
      return { text, strength: /^\w+$/u.test(text) ? strengths.atom : strengths.sum };
    }
    case "name":
      return atom(nameText(formula.name));
    case "infix": {
      const { sign, strength } = infixSigns[formula.operator];
      // Comparisons do not chain.
      const left = write(formula.left, strength === strengths.comparison ? strength + 1 : strength);
      return { text: `${left} ${sign} ${write(formula.right, strength + 1)}`, strength };
    }
    case "prefix": {
      if (formula.operator === "not") {
        return { text: `¬${write(formula.operand, strengths.atom)}`, strength: strengths.not };
      }
      return { text: `−${write(formula.operand, strengths.minus)}`, strength: strengths.minus };
    }
    case "power":
      return powerText(formula.base, formula.exponent);
    case "transposed":
      return atom(`${write(formula.operand, strengths.atom)}ᵀ`);
    case "choice": {
      const [condition, yes] = [write(formula.condition, 0), write(formula.yes, 0)];
      return { text: `if ${condition} then ${yes} else ${write(formula.no, 0)}`, strength: strengths.choice };
    }
    case "part":
      return atom(`${write(formula.operand, strengths.atom)}[${":, ".repeat(formula.axis)}${partText(formula.part)}]`);
    case "labelled":
      return { text: `${formulaName(formula.label)} = ${write(formula.value, 0)}`, strength: strengths.comparison };
    case "rounds": {
      const { first, next, index, count, until, implicit } = formula;
      const rounds = index === undefined ? printDim(count) : `${formulaName(index)} < ${printDim(count)}`;
      const end = until === undefined ? "" : ` until ${write(until, 0)}${implicit ? " implicit" : ""}`;
      return { text: `${write(first, 0)} then ${write(next, 0)} for ${rounds}${end}`, strength: strengths.choice };
    }
    case "in-round":
      return atom(`${write(formula.operand, strengths.atom)}⟨${printFormula(formula.round)}⟩`);
    case "member":
      return atom(`${write(formula.object, strengths.atom)}.${formulaName(formula.name)}${formula.next ? "'" : ""}`);
    case "joined":
      return atom(`[${formula.parts.map(printFormula).join("; ")}]`);
    case "apply": {
      const { head, operands, settings } = formula;
      const place = head.place === undefined ? "" : `[${printFormula(head.place)}]`;
      const name = (head.kind === "instance" ? formulaName(head.name) : formulaFunction(head.name)) + place;
      return atom(`${name}(${[...operands.map(printFormula), ...settings.map(settingText)].join(", ")})`);
    }
  }
}

function numberText(value: number): WrittenText {
  return value < 0 ? { text: `−${-value}`, strength: strengths.minus } : atom(String(value));
}

function powerText(base: Formula, exponent: Formula): WrittenText {
  const strength = strengths.power;
  const below = write(base, strength + 1);
  if (exponent.kind === "number" && Number.isSafeInteger(exponent.value)) {
    return { text: below + superscript(String(exponent.value)), strength };
  }
  return { text: `${below} ^ ${write(exponent, strengths.minus)}`, strength };
}

const roleSigns: Readonly<Record<FormulaName["role"], readonly [before: string, after: string]>> = {
  value: ["", ""],
  auxiliary: ["", ""],
  round: ["", ""],
  cotangent: ["∂", ""],
  incoming: ["∂", "⁺"],
};

function nameText(name: FormulaName): string {
  const [before, after] = roleSigns[name.role];
  const words = [...wordsOf(name), ...(name.part === undefined ? [] : [name.part])];
  return `${before}${words.map(formulaName).join(".")}${name.next ? "'" : ""}${after}`;
}

function partText(part: SelectedPart): string {
  return part.kind === "entry" ? printFormula(part.at) : `${printDim(part.start)}:${printDim(part.end)}`;
}

function settingText(setting: Setting): string {
  switch (setting.kind) {
    case "axes":
      return `${setting.label} = ${setting.axes.length === 1 ? String(setting.axes[0]) : `[${setting.axes.join(", ")}]`}`;
    case "shape":
      return `${setting.label} = ${printShape(setting.shape)}`;
    case "range":
      return `${formulaName(setting.label)} < ${printDim(setting.end)}`;
    case "pattern":
      return `${setting.label} = ${setting.pattern}`;
  }
}
