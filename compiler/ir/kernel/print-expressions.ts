/** Text of places, integers and scalars of kernels. */
import { spellDim, spellName } from "./spelling.js";
import type {
  Access,
  Affine,
  LoopAxis,
  Examples,
  KernelExpression,
  LoopExtent,
  IndexExpression,
  ExtentPart,
} from "./kernel-program.js";

export function printAxis({ variable, extent, from }: LoopAxis): string {
  return `${spellName(variable)} < ${printExtent(extent)}${from === undefined ? "" : ` from ${printAffine(from)}`}`;
}

function printExtent(extent: LoopExtent): string {
  if (extent.kind === "affine") return printAffine(extent.value);
  if (extent.kind === "part") return printPart(extent);
  if (extent.kind === "size") return `${spellDim(extent.dim)} of ${spellName(extent.example)}`;
  return printExamples(extent.examples);
}

function printPart({ dim, example, from, most }: ExtentPart): string {
  const own = example === undefined ? "" : ` of ${spellName(example)}`;
  return `${spellDim(dim)}${own} beyond ${printAffine(from)}, at most ${most}`;
}

export function printExamples(examples: Examples): string {
  return examples.kind === "all"
    ? "examples"
    : `examples ${spellName(examples.list)}[0 .. ${spellName(examples.count)}]`;
}

export function printAccess({ buffer, offset }: Access): string {
  return `${spellName(buffer)}[${printAffine(offset)}]`;
}

/** A constant that begins with a name stands in parentheses: without them it would be a variable. */
export function printAffine({ constant, terms }: Affine): string {
  const printed = terms.map(({ variable, coefficient }) => {
    const factor = spellDim(coefficient);
    const name = spellName(variable);
    return factor === "1" ? name : `${name} * ${/^[\w%]+$/.test(factor) ? factor : `(${factor})`}`;
  });
  const rest = spellDim(constant);
  if (rest === "0" && printed.length > 0) return printed.join(" + ");
  if (rest.startsWith("-") && printed.length > 0) return `${printed.join(" + ")} - ${rest.slice(1)}`;
  return [...printed, /^[-%\d]/.test(rest) ? rest : `(${rest})`].join(" + ");
}

export function printIndex(value: IndexExpression): string {
  switch (value.kind) {
    case "affine":
      return printAffine(value.value);
    case "size":
      return `${spellDim(value.dim)} of ${spellName(value.example)}`;
    case "part":
      return printPart(value);
    case "load":
      return printAccess(value.access);
    case "whole":
      return `whole(${printAccess(value.access)})`;
    default:
      return `${value.kind}(${printAffine(value.left)}, ${printAffine(value.right)})`;
  }
}

/** What an operation or a choice gives follows from its operands; names and elements say so where they are truth values. */
export function printExpression(value: KernelExpression): string {
  switch (value.kind) {
    case "literal":
      return printLiteral(value.value, value.dtype);
    case "variable":
      return `${value.dtype === "bool" ? "bool " : ""}${spellName(value.name)}`;
    case "load":
      return `${value.dtype === "bool" ? "bool " : ""}${printAccess(value.access)}`;
    case "integer":
      return `real(${printAffine(value.value)})`;
    case "operation":
      return `${value.fused === true ? "fused " : ""}${value.op}(${value.operands.map(printExpression).join(", ")})`;
    case "choice": {
      const test = `${printAffine(value.left)} < ${printAffine(value.right)}`;
      return `(${test} ? ${printExpression(value.below)} : ${printExpression(value.otherwise)})`;
    }
  }
}

function printLiteral(value: number, dtype: "real" | "bool"): string {
  if (dtype === "bool") return value === 0 ? "false" : "true";
  return Object.is(value, -0) ? "-0" : String(value);
}
