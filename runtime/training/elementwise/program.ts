/**
 * Arithmetic on every element of some arrays of one length, written once: as plain loops and as WebAssembly it gives the same bits, as each
 * operation is one of IEEE-754, rounded to the type of the arrays.
 */

/** What is computed of one or two numbers. `sign` is -1, 0 or 1; `maximum` and `sign` are never asked about NaN by what is trained. */
export type ElementOperation = "add" | "subtract" | "multiply" | "divide" | "maximum" | "squareRoot" | "sign";

/** A number of each element: of an array or computed; or one number for all of them. */
export type ElementValue =
  | { readonly kind: "array" | "scalar"; readonly name: string }
  | { readonly kind: "computed"; readonly operation: ElementOperation; readonly operands: readonly ElementValue[] };

const compute =
  (operation: ElementOperation) =>
  (...operands: readonly ElementValue[]): ElementValue => ({ kind: "computed", operation, operands });

type Unary = (a: ElementValue) => ElementValue;
type Binary = (a: ElementValue, b: ElementValue) => ElementValue;

export const add: Binary = compute("add");
export const subtract: Binary = compute("subtract");
export const multiply: Binary = compute("multiply");
export const divide: Binary = compute("divide");
export const maximum: Binary = compute("maximum");
export const squareRoot: Unary = compute("squareRoot");
export const sign: Unary = compute("sign");

/** Where an operand is found: in an array, among the scalars, or as what an instruction before gave. */
export interface ElementOperand {
  readonly kind: "array" | "scalar" | "result";
  readonly index: number;
}

export interface ElementInstruction {
  readonly operation: ElementOperation;
  readonly operands: readonly ElementOperand[];
}

/** Instructions in order, each once, and what is written in the end into which array. */
export interface ElementProgram {
  readonly arrays: readonly string[];
  readonly scalars: readonly string[];
  readonly instructions: readonly ElementInstruction[];
  readonly stores: readonly { readonly array: number; readonly value: ElementOperand }[];
}

/**
 * @param arrays Names, in the order in which arrays will be given.
 * @param stores What each array that changes becomes. All of it is computed before anything is written.
 */
export function createProgram(
  arrays: readonly string[],
  scalars: readonly string[],
  stores: Readonly<Record<string, ElementValue>>,
): ElementProgram {
  const instructions: ElementInstruction[] = [];
  const places = new Map<ElementValue, ElementOperand>();
  const place = (expression: ElementValue): ElementOperand => {
    const known = places.get(expression);
    if (known !== undefined) return known;
    const made = placeOf(expression);
    places.set(expression, made);
    return made;
  };
  const placeOf = (expression: ElementValue): ElementOperand => {
    if (expression.kind !== "computed") {
      const { kind, name } = expression;
      return { kind, index: (kind === "array" ? arrays : scalars).indexOf(name) };
    }
    const operands = expression.operands.map(place);
    instructions.push({ operation: expression.operation, operands });
    return { kind: "result", index: instructions.length - 1 };
  };
  const written = Object.entries(stores).map(([name, value]) => ({ array: arrays.indexOf(name), value: place(value) }));
  return { arrays, scalars, instructions, stores: written };
}
