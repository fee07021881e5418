/** Expressions of random cells as trees, so that they can be made smaller and stay well-typed. */
import { at } from "../../../base/at.js";
import { invariant } from "../../../base/diagnostics/invariant.js";

/** What a term is: a tensor by its axes, or a number that stands in the text. */
export type TermShape = "" | "I" | "H" | "S" | "H,I" | "H,H" | "S,H" | "number";

export interface Term {
  readonly shape: TermShape;
  /** The text around the operands: one word more than there are operands. */
  readonly words: readonly string[];
  readonly operands: readonly Term[];
  /** The name that a leaf reads, or the function that a call needs. */
  readonly uses?: string;
}

/** A term from a text with `$` for each operand: `term("H", "tanh($)", [a])`. */
export function term(shape: TermShape, text: string, operands: readonly Term[] = [], uses?: string): Term {
  const words = text.split("$");
  invariant(words.length === operands.length + 1, `${text} has not ${operands.length} operands`);
  return uses === undefined ? { shape, words, operands } : { shape, words, operands, uses };
}

export function leaf(shape: TermShape, name: string): Term {
  return term(shape, name, [], name);
}

export function printTerm({ words, operands }: Term): string {
  return words.map((word, i) => (i === 0 ? word : printTerm(at(operands, i - 1)) + word)).join("");
}

/** The names that a term reads and the functions it calls. */
export function usesOf(root: Term): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = ({ uses, operands }: Term): void => {
    if (uses !== undefined) found.add(uses);
    operands.forEach(visit);
  };
  visit(root);
  return found;
}

/** The term with other operands; itself where nothing changes. */
function withOperands(root: Term, operands: readonly Term[]): Term {
  return operands.every((operand, i) => operand === root.operands[i]) ? root : { ...root, operands };
}

/** Puts a term in the place of every leaf that reads `name`. */
export function replaceLeaf(root: Term, name: string, by: Term): Term {
  if (root.uses === name && root.operands.length === 0) return by;
  return withOperands(
    root,
    root.operands.map((operand) => replaceLeaf(operand, name, by)),
  );
}

/** The plainest term of each shape. */
export const simplest: Readonly<Record<TermShape, Term>> = {
  "": leaf("", "a"),
  I: leaf("I", "x"),
  H: leaf("H", "h"),
  S: term("S", "($ @ $)", [leaf("S,H", "m"), leaf("H", "h")]),
  "S,H": leaf("S,H", "m"),
  "H,I": leaf("H,I", "W"),
  "H,H": leaf("H,H", "U"),
  number: term("number", "1"),
};

/** Smaller terms of the same shape, the smallest first. None of the plainest term of a shape. */
export function* smallerTerms(root: Term): Generator<Term> {
  const plain = simplest[root.shape];
  if (printTerm(root) === printTerm(plain)) return;
  yield plain;
  yield* descendants(root, root.shape);
  for (const [i, operand] of root.operands.entries()) {
    for (const smaller of smallerTerms(operand)) {
      yield { ...root, operands: root.operands.map((other, j) => (j === i ? smaller : other)) };
    }
  }
}

/** Terms of a shape within a term, outer ones first. */
function* descendants(root: Term, shape: TermShape): Generator<Term> {
  for (const operand of root.operands) {
    if (operand.shape === shape) yield operand;
    else yield* descendants(operand, shape);
  }
}
