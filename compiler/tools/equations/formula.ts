/** Formulas for people: what Unicode text and LaTeX are printed from. */
import type { Dim } from "../../base/types/dim.js";
import type { ValueName } from "../../program/base/lowered-cell.js";

export type Infix =
  /** `times` has a number on one side, `hadamard` goes element by element. */
  | "add"
  | "subtract"
  | "times"
  | "hadamard"
  | "divide"
  | "mod"
  /** Of matrices, or a matrix and a vector; of two vectors; of their elements each with each. */
  | "product"
  | "dot"
  | "outer"
  | "less"
  | "less-equal"
  | "greater"
  | "greater-equal"
  | "equal"
  | "unequal"
  | "and"
  | "or";

export type Formula =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "imaginary"; readonly value: number }
  | { readonly kind: "dimension"; readonly dim: Dim }
  | { readonly kind: "name"; readonly name: FormulaName }
  | { readonly kind: "infix"; readonly operator: Infix; readonly left: Formula; readonly right: Formula }
  | { readonly kind: "prefix"; readonly operator: "minus" | "not"; readonly operand: Formula }
  | { readonly kind: "power"; readonly base: Formula; readonly exponent: Formula }
  | { readonly kind: "transposed"; readonly operand: Formula }
  | { readonly kind: "choice"; readonly condition: Formula; readonly yes: Formula; readonly no: Formula }
  /** A part of a tensor: whole along the axes before `axis`. */
  | { readonly kind: "part"; readonly operand: Formula; readonly axis: number; readonly part: SelectedPart }
  /** `h = g`: an argument by its name. */
  | { readonly kind: "labelled"; readonly label: string; readonly value: Formula }
  /** `first then next for index < count until until implicit`. */
  | {
      readonly kind: "rounds";
      readonly first: Formula;
      readonly next: Formula;
      readonly index: string | undefined;
      readonly count: Dim;
      readonly until?: Formula;
      readonly implicit: boolean;
    }
  /** What goes from round to round of a loop, before the round of this number: `h⟨r + 1⟩`. */
  | { readonly kind: "in-round"; readonly operand: Formula; readonly round: Formula }
  /** One of several results: `qr(A).Q`. */
  | { readonly kind: "member"; readonly object: Formula; readonly name: string; readonly next: boolean }
  /** One below the other. */
  | { readonly kind: "joined"; readonly parts: readonly Formula[] }
  | {
      readonly kind: "apply";
      readonly head: Head;
      readonly operands: readonly Formula[];
      /** What is no operand: `axis = 1`. */
      readonly settings: readonly Setting[];
    };

export type SelectedPart =
  { readonly kind: "range"; readonly start: Dim; readonly end: Dim } | { readonly kind: "entry"; readonly at: Formula };

/** A function of the language, one of the author's, or a used cell. */
export interface Head {
  readonly kind: "builtin" | "function" | "instance";
  readonly name: string;
  /** Which of an array of used cells. */
  readonly place?: Formula;
}

export type Setting =
  | { readonly label: string; readonly kind: "axes"; readonly axes: readonly number[] }
  | { readonly label: string; readonly kind: "shape"; readonly shape: readonly Dim[] }
  /** An index and how far it goes: `j < K`. */
  | { readonly label: string; readonly kind: "range"; readonly end: Dim }
  /** Letters of axes: `ij,jk->ik`. */
  | { readonly label: string; readonly kind: "pattern"; readonly pattern: string };

export interface FormulaName extends ValueName {
  /** `cotangent`: ∂v; `incoming`: what is handed in for it; `auxiliary`: a name that nobody gave; `round`: inside of rounds. */
  readonly role: "value" | "cotangent" | "incoming" | "auxiliary" | "round";
}

export interface Equation {
  readonly left: Formula;
  readonly right: Formula;
  /** It holds for every number of these. */
  readonly rounds?: readonly RoundIndex[];
}

/** `r < 300`. */
export interface RoundIndex {
  readonly index: string;
  readonly count: Dim;
}

export const plainName = (name: string): FormulaName => ({
  path: [],
  name,
  next: false,
  part: undefined,
  role: "value",
});

export const nameOf = (name: string, next = false, path: readonly string[] = []): Formula => ({
  kind: "name",
  name: { ...plainName(name), next, path: path.map((used) => ({ name: used, place: undefined })) },
});

/** The words of a name in their order: used cells, with the place of one in an array, then the value. */
export const wordsOf = ({ path, name }: ValueName): string[] => [
  ...path.flatMap(({ name: used, place }) => (place === undefined ? [used] : [used, String(place)])),
  name,
];

export const infix = (operator: Infix, left: Formula, right: Formula): Formula => ({
  kind: "infix",
  operator,
  left,
  right,
});

export const transposed = (operand: Formula): Formula =>
  operand.kind === "transposed" ? operand.operand : { kind: "transposed", operand };

export const builtin = (name: string, operands: readonly Formula[], settings: readonly Setting[] = []): Formula => ({
  kind: "apply",
  head: { kind: "builtin", name },
  operands,
  settings,
});

export const axes = (label: string, ...list: number[]): Setting => ({ label, kind: "axes", axes: list });
