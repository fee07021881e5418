/** Kernel statements as JavaScript. Products are expanded before they come here. */
import { unreachable } from "../../base/diagnostics/invariant.js";
import {
  type Expression,
  type ForStatement,
  FULL_PIECE,
  PIECE,
  type PiecesStatement,
  type ReductionOp,
  type Statement,
} from "../../ir/kernel/types.js";
import { affineConstant, affineVariable } from "../../ir/kernel/affine.js";
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import {
  bare,
  type Names,
  printAffine,
  printDimension,
  printExpression,
  printIndexExpression,
  printSizeOf,
} from "./kernel-expressions.js";

export type Region = Extract<Statement, { kind: "region" }>;

/** `printRegion` gives the call of a region, with `\0name` for variables of the caller. */
export function printStatements(
  statements: readonly Statement[],
  names: Names,
  indent: string,
  printRegion: (region: Region) => string,
): string[] {
  return statements.flatMap((statement) => printStatement(statement, names, indent, printRegion));
}

function printStatement(
  statement: Statement,
  names: Names,
  indent: string,
  printRegion: (region: Region) => string,
): string[] {
  switch (statement.kind) {
    case "region": {
      const call = printRegion(statement).replace(/\0(\w+)/g, (_, name: string) => names.variable(name));
      return [`${indent}${call};`];
    }
    case "for": {
      const { opening, prologue } = printLoop(statement, names);
      return [
        `${indent}${opening} {`,
        ...prologue.map((line) => `${indent}  ${line}`),
        ...printStatements(statement.body, names, `${indent}  `, printRegion),
        `${indent}}`,
      ];
    }
    case "pieces":
      return printPieces(statement, names, indent, printRegion);
    case "let_index": {
      const text = printIndexExpression(statement.value, names);
      return [`${indent}const ${names.variable(statement.name)} = ${text};`];
    }
    case "let":
      return withExpression(
        statement.value,
        names,
        indent,
        (text) => `const ${names.variable(statement.name)} = ${bare(text)};`,
      );
    case "accumulator":
      return withExpression(
        statement.initial,
        names,
        indent,
        (text) => `let ${names.variable(statement.name)} = ${bare(text)};`,
      );
    case "accumulate":
      return withExpression(statement.value, names, indent, (text) =>
        accumulate(names.variable(statement.name), statement.op, text, names),
      );
    case "store": {
      const target = `${names.buffer(statement.access.buffer)}[${printAffine(statement.access.offset, names)}]`;
      const isTruth = statement.value.kind !== "integer" && statement.value.dtype === "bool";
      return withExpression(statement.value, names, indent, (text) => {
        const number = isTruth ? `${text} ? 1 : 0` : bare(text);
        return `${target} ${statement.mode === "add" ? "+=" : "="} ${number};`;
      });
    }
    case "store_index": {
      const target = `${names.buffer(statement.access.buffer)}[${printAffine(statement.access.offset, names)}]`;
      return [`${indent}${target} = ${printAffine(statement.value, names)};`];
    }
    case "zero_padding":
      return printZeroPadding(statement, names, indent);
    case "select_examples":
      return printSelection(statement, names, indent);
    case "product":
    case "pack":
    case "windows":
      throw new Error(`${statement.kind}: products are expanded before printing, and not scheduled for vectors`);
    default:
      return unreachable(statement, "statement");
  }
}

/** The line that `print` makes of an expression's text, after the lines that the expression needs. */
function withExpression(value: Expression, names: Names, indent: string, print: (text: string) => string): string[] {
  const before: string[] = [];
  const line = print(printExpression(value, names, before));
  return [...before, line].map((text) => `${indent}${text}`);
}

function accumulate(name: string, op: ReductionOp, text: string, names: Names): string {
  if (op !== "sum") return `${name} = Math.${op}(${name}, ${bare(text)});`;
  if (names.dtype === "f32") return `${name} = fround(${name} + ${text});`;
  return `${name} += ${bare(text)};`;
}

function printLoop(loop: ForStatement, names: Names): { opening: string; prologue: string[] } {
  const variable = names.variable(loop.variable);
  const { extent } = loop;
  const prologue: string[] = [];
  let counter = variable;
  let end: string;
  if (extent.kind === "affine") end = printAffine(extent.value, names);
  else if (extent.kind === "size" || extent.kind === "part") end = printIndexExpression(extent, names);
  else if (extent.examples.kind === "all") end = names.size(BATCH_SYMBOL);
  else {
    counter = names.variable(`${loop.variable}Position`);
    end = names.variable(extent.examples.count);
    prologue.push(`const ${variable} = ${names.buffer(extent.examples.list)}[${counter}];`);
  }
  const from = printAffine(loop.from ?? affineConstant(0), names);
  if (loop.reverse) {
    return { opening: `for (let ${counter} = ${end} - 1; ${counter} >= ${from}; ${counter}--)`, prologue };
  }
  const next = loop.step === 1 ? `${counter}++` : `${counter} += ${loop.step}`;
  // Sizes of an example are read once.
  const plain = /^[\w$]+$/.test(end);
  if (plain) return { opening: `for (let ${counter} = ${from}; ${counter} < ${end}; ${next})`, prologue };
  const limit = names.variable(`${loop.variable}End`);
  return { opening: `for (let ${counter} = ${from}, ${limit} = ${end}; ${counter} < ${limit}; ${next})`, prologue };
}

function printPieces(
  statement: PiecesStatement,
  names: Names,
  indent: string,
  printRegion: (region: Region) => string,
): string[] {
  const { examples, steps, body, carry, finish } = statement;
  const part = (statements: readonly Statement[], depth: number): string[] =>
    printStatements(statements, names, indent + "  ".repeat(depth), printRegion);
  const [done, carried] = [names.variable(statement.done), names.variable(statement.carried)];
  const from = steps === undefined ? undefined : names.variable(steps.from);
  const end = examples === undefined ? undefined : names.variable(examples.end);
  const most = names.size(BATCH_SYMBOL);
  const loops: string[] = [];
  const tests: string[] = [];
  if (steps !== undefined && from !== undefined) {
    const size = printSizeOf(steps, names);
    const last = names.variable(`${steps.from}Last`);
    loops.push(`const ${last} = Math.max(0, Math.floor((${size} - 1) / ${PIECE})) * ${PIECE};`);
    loops.push(
      steps.reverse
        ? `for (let ${from} = ${last}; ${from} >= 0; ${from} -= ${PIECE}) {`
        : `for (let ${from} = 0; ${from} <= ${last}; ${from} += ${PIECE}) {`,
    );
    tests.push(steps.reverse ? `${from} > 0` : `${from} < ${last}`);
  } else loops.push("{");
  if (examples !== undefined && end !== undefined) {
    const [first, terms] = [names.variable(examples.first), names.variable(`${examples.first}Terms`)];
    const own =
      steps === undefined
        ? "1"
        : printIndexExpression(
            { kind: "part", dim: steps.dim, example: examples.end, from: affineVariable(steps.from), most: PIECE },
            names,
          );
    tests.push(`${end} < ${most}`, `${done} + ${carried} > 0`);
    loops.push(
      `for (let ${first} = 0, ${end} = 0; ${first} < ${most}; ${first} = ${end}) {`,
      `  let ${terms} = 0;`,
      `  for (; ${end} < ${most} && ${terms} < ${FULL_PIECE}; ${end}++) ${terms} += ${own};`,
      `  if (${terms} === 0 && (${tests.join(" || ")})) continue;`,
    );
  } else loops.push("{");
  return [
    `${indent}let ${done} = 0, ${carried} = 0;`,
    ...loops.map((line) => indent + line),
    ...(carry.length === 0
      ? []
      : [
          `${indent}  if (${done} === ${PIECE}) {`,
          ...part(carry, 2),
          `${indent}    ${done} = 0;`,
          `${indent}    ${carried} = 1;`,
          `${indent}  }`,
        ]),
    ...part(body, 1),
    `${indent}  ${done}++;`,
    `${indent}}}`,
    ...(finish.length === 0 ? [] : [`${indent}if (${carried} > 0) {`, ...part(finish, 1), `${indent}}`]),
  ];
}

function printZeroPadding(
  { buffer, size, symbols }: Extract<Statement, { kind: "zero_padding" }>,
  names: Names,
  indent: string,
): string[] {
  const example = names.variable("b");
  const tests = symbols.map((symbol) => `${names.exampleSize(symbol, "b")} < ${names.size(symbol)}`);
  return [
    `${indent}for (let ${example} = 0; ${example} < ${names.size(BATCH_SYMBOL)}; ${example}++) {`,
    `${indent}  if (${tests.join(" || ")}) {`,
    `${indent}    ${names.buffer(buffer)}.fill(0, 0, ${printDimension(size, names.size)});`,
    `${indent}    break;`,
    `${indent}  }`,
    `${indent}}`,
  ];
}

function printSelection(
  { list, count, from, step, length }: Extract<Statement, { kind: "select_examples" }>,
  names: Names,
  indent: string,
): string[] {
  const counter = names.variable(`${count}Position`);
  const example = names.variable(`${count}Example`);
  const total = names.variable(count);
  const end = from.kind === "all" ? names.size(BATCH_SYMBOL) : names.variable(from.count);
  const lines = [`${indent}let ${total} = 0;`];
  const size = printDimension(length, (symbol) => names.exampleSize(symbol, `${count}Example`));
  if (from.kind === "all") {
    lines.push(`${indent}for (let ${example} = 0; ${example} < ${end}; ${example}++) {`);
  } else {
    lines.push(`${indent}for (let ${counter} = 0; ${counter} < ${end}; ${counter}++) {`);
    lines.push(`${indent}  const ${example} = ${names.buffer(from.list)}[${counter}];`);
  }
  const target = `${names.buffer(list)}[${total}++]`;
  lines.push(`${indent}  if (${names.variable(step)} < ${size}) ${target} = ${example};`, `${indent}}`);
  return lines;
}
