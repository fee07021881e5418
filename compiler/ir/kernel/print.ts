/** Text form of kernel programs, for people and for tests (spec/kernel-ir.md). Deterministic. */
import { printDim } from "../../base/types/dim.js";
import {
  type Access,
  type Affine,
  type Axis,
  type Examples,
  type Expression,
  type Extent,
  type IndexExpression,
  type KernelFunction,
  type KernelProgram,
  type Part,
  PIECE,
  type ProductTerms,
  type Statement,
} from "./types.js";
import { termsOf } from "./visit.js";

export function printKernel(program: KernelProgram): string {
  const buffers = program.buffers.map(({ name, external, dtype, size, place }) => {
    const where = `slot ${place.slot}${place.offset.terms.length === 0 ? "" : ` + ${printDim(place.offset)}`}`;
    return `buffer ${name}: ${dtype}[${printDim(size)}] ${where}${external ? " external" : ""}\n`;
  });
  return [...buffers, ...program.functions.map((fn) => `\n${printKernelFunction(fn)}`)].join("");
}

export function printKernelFunction(fn: KernelFunction): string {
  return `kernel ${fn.name} {\n${printBody(fn.body, "  ")}}\n`;
}

function printBody(statements: readonly Statement[], indent: string): string {
  return statements.map((statement) => printStatement(statement, indent)).join("");
}

function printStatement(statement: Statement, indent: string): string {
  switch (statement.kind) {
    case "region":
      return `${indent}region ${statement.name} ; ${statement.comment}\n${printBody(statement.body, `${indent}  `)}`;
    case "windows": {
      const { first, steps, rows, body } = statement;
      return `${indent}windows of ${steps} steps from ${first} on, ${rows} rows\n${printBody(body, `${indent}  `)}`;
    }
    case "for": {
      const step = statement.step === 1 ? "" : ` step ${statement.step}`;
      const head = `for ${printAxis(statement)}${step}${statement.reverse ? " reverse" : ""}`;
      return `${indent}${head}\n${printBody(statement.body, `${indent}  `)}`;
    }
    case "pieces": {
      const { examples, steps, done, carried, body, carry, finish } = statement;
      const range = examples === undefined ? [] : [`examples ${examples.first} .. ${examples.end}`];
      const own = steps?.example === undefined ? "" : ` of ${steps.example}`;
      const order = steps?.reverse === true ? ", last first" : "";
      const block = steps === undefined ? [] : [`${printDim(steps.dim)}${own} from ${steps.from}${order}`];
      return [
        `${indent}pieces of ${[...range, ...block].join(", ")}\n${printBody(body, `${indent}  `)}`,
        `${indent}where ${done} is ${PIECE}, into ${carried}\n${printBody(carry, `${indent}  `)}`,
        `${indent}where ${carried}\n${printBody(finish, `${indent}  `)}`,
      ].join("");
    }
    case "product": {
      const { rows, columns, initial, out, tail, copied, earlier } = statement;
      const axis = (name: string, value: Axis | undefined) =>
        value === undefined ? [] : [`${indent}  ${name} ${printAxis(value)}\n`];
      const start = initial === undefined ? "" : `${printExpression(initial)} + `;
      const target = tail === undefined ? printAccess(out) : tail.sums.join(", ");
      const stored = statement.result === undefined ? "" : `${indent}  stored ${printExpression(statement.result)}\n`;
      const sum = ({ a, b, packed }: ProductTerms, copy = ""): string =>
        `sum ${printAccess(a)}${copy} * ${printAccess(b)}${packed === undefined ? "" : ` packed in ${packed}`}`;
      const before = earlier === undefined ? "" : `${sum(earlier)} + `;
      return [
        `${indent}product ${target} = ${start}${before}${sum(statement, copied === undefined ? "" : ` copied to ${copied}`)}\n`,
        ...axis("rows", rows),
        ...axis("columns", columns),
        ...termsOf(statement).flatMap(({ contracted }) => contracted.flatMap((value) => axis("contracted", value))),
        stored,
        ...(tail === undefined
          ? []
          : [`${indent}  then for ${tail.unit} < ${tail.length}\n${printBody(tail.body, `${indent}    `)}`]),
      ].join("");
    }
    case "pack": {
      const { to, from, columns, contracted, runs, length, block, onChange } = statement;
      const axes = [columns, ...contracted].map(printAxis).join(", ");
      const shape = `${runs} runs of ${length} in panels of ${block}`;
      return `${indent}pack ${to} from ${printAccess(from)} over ${axes} as ${shape}${onChange ? " where changed" : ""}\n`;
    }
    case "let_index":
      return `${indent}index ${statement.name} = ${printIndex(statement.value)}\n`;
    case "let":
      return `${indent}let ${statement.name} = ${printExpression(statement.value)}\n`;
    case "accumulator":
      return `${indent}var ${statement.name} = ${printExpression(statement.initial)}${
        statement.lanes === undefined ? "" : ` in four parts by ${statement.lanes.variable}`
      }\n`;
    case "accumulate":
      return `${indent}${statement.name} = ${statement.op}(${statement.name}, ${printExpression(statement.value)})\n`;
    case "store": {
      const sign = statement.mode === "add" ? "+=" : "=";
      return `${indent}${printAccess(statement.access)} ${sign} ${printExpression(statement.value)}\n`;
    }
    case "store_index":
      return `${indent}${printAccess(statement.access)} = ${printAffine(statement.value)}\n`;
    case "zero_padding":
      return `${indent}zero ${statement.buffer} where an example is short in ${statement.symbols.join(", ")}\n`;
    case "select_examples": {
      const test = `${statement.step} < ${printDim(statement.length)}`;
      return `${indent}select ${statement.list}[0 .. ${statement.count}] from ${printExamples(statement.from)} where ${test}\n`;
    }
  }
}

function printAxis({ variable, extent, from }: Axis): string {
  return `${variable} < ${printExtent(extent)}${from === undefined ? "" : ` from ${printAffine(from)}`}`;
}

function printExtent(extent: Extent): string {
  if (extent.kind === "affine") return printAffine(extent.value);
  if (extent.kind === "part") return printPart(extent);
  if (extent.kind === "size") return `${printDim(extent.dim)} of ${extent.example}`;
  return printExamples(extent.examples);
}

function printPart({ dim, example, from, most }: Part): string {
  const own = example === undefined ? "" : ` of ${example}`;
  return `${printDim(dim)}${own} behind ${printAffine(from)}, at most ${most}`;
}

function printExamples(examples: Examples): string {
  return examples.kind === "all" ? "examples" : `examples ${examples.list}[0 .. ${examples.count}]`;
}

function printAccess({ buffer, offset }: Access): string {
  return `${buffer}[${printAffine(offset)}]`;
}

function printAffine({ constant, terms }: Affine): string {
  const pieces = terms.map(({ variable, coefficient }) => {
    const factor = printDim(coefficient);
    return factor === "1" ? variable : `${variable} * ${/^[\w%]+$/.test(factor) ? factor : `(${factor})`}`;
  });
  const rest = printDim(constant);
  return (rest === "0" && pieces.length > 0 ? pieces : [...pieces, rest]).join(" + ");
}

function printIndex(value: IndexExpression): string {
  switch (value.kind) {
    case "affine":
      return printAffine(value.value);
    case "size":
      return `${printDim(value.dim)} of ${value.example}`;
    case "part":
      return printPart(value);
    case "load":
      return printAccess(value.access);
    default:
      return `${value.kind}(${printAffine(value.left)}, ${printAffine(value.right)})`;
  }
}

function printExpression(value: Expression): string {
  switch (value.kind) {
    case "literal":
      return Object.is(value.value, -0) ? "-0" : String(value.value);
    case "variable":
      return value.name;
    case "load":
      return printAccess(value.access);
    case "integer":
      return `real(${printAffine(value.value)})`;
    case "operation":
      return `${value.op}(${value.operands.map(printExpression).join(", ")})`;
    case "piecewise": {
      const test = `${printAffine(value.left)} < ${printAffine(value.right)}`;
      return `(${test} ? ${printExpression(value.below)} : ${printExpression(value.otherwise)})`;
    }
  }
}
