/** Kernel statements as JavaScript. Products are expanded before they come here. */
import type {
  KernelExpression,
  ForStatement,
  LoopStatement,
  ReductionOp,
  RegionStatement,
} from "../../ir/kernel/kernel-program.js";
import { affineConstant } from "../../ir/kernel/affine.js";
import { endingSelection } from "../../ir/kernel/ending-selection.js";
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import {
  bare,
  isAtom,
  type KernelNames,
  printAffine,
  printExpression,
  printIndexExpression,
} from "./kernel-expressions.js";
import { printDimension } from "../text/sizes.js";
import { printPieces } from "./kernel-pieces.js";

/** A region is a function of sizes of the call and of variables around it, which its caller may call otherwise. */
export interface RegionCall {
  readonly identifier: string;
  readonly sizes: readonly string[];
  readonly variables: readonly string[];
}

interface StatementContext {
  readonly names: KernelNames;
  /** Prints the function, and says how it is called. */
  readonly printRegion: (region: RegionStatement<LoopStatement>) => RegionCall;
}

type StatementPrinter<K extends LoopStatement["kind"]> = (
  statement: Extract<LoopStatement, { kind: K }>,
  context: StatementContext,
  indent: string,
) => string[];

export function printStatements(
  statements: readonly LoopStatement[],
  context: StatementContext,
  indent: string,
): string[] {
  return statements.flatMap((statement) => {
    const print = printers[statement.kind] as StatementPrinter<LoopStatement["kind"]>;
    return print(statement, context, indent);
  });
}

const printers: { readonly [K in LoopStatement["kind"]]: StatementPrinter<K> } = {
  region: (statement, { names, printRegion }, indent) => {
    const { identifier, sizes, variables } = printRegion(statement);
    const call = `${identifier}(${[...sizes, ...variables.map((name) => names.variable(name))].join(", ")});`;
    return [`${indent}${statement.onChange === true ? `if (${names.changed}) ` : ""}${call}`];
  },
  for: (statement, context, indent) => {
    const { opening, prologue } = printLoop(statement, context.names);
    const own = `${indent}  `;
    const ending = endingSelection(statement.body);
    const [first, rest] = ending === undefined ? [[], statement.body] : [[ending], statement.body.slice(1)];
    return [
      `${indent}${opening} {`,
      ...prologue.map((line) => `${own}${line}`),
      ...printStatements(first, context, own),
      ...(ending === undefined ? [] : [`${own}if (${context.names.variable(ending.count)} === 0) break;`]),
      ...printStatements(rest, context, own),
      `${indent}}`,
    ];
  },
  pieces: (statement, context, indent) =>
    printPieces(statement, context.names, indent, (part, own) => printStatements(part, context, own)),
  let_index: ({ name, value }, { names }, indent) => {
    const text = printIndexExpression(value, names);
    return [`${indent}const ${names.variable(name)} = ${text};`];
  },
  let: ({ name, value }, { names }, indent) =>
    withExpression(value, names, indent, (text) => `const ${names.variable(name)} = ${bare(text)};`),
  accumulator: ({ name, initial }, { names }, indent) =>
    withExpression(initial, names, indent, (text) => `let ${names.variable(name)} = ${bare(text)};`),
  accumulate: ({ name, op, value }, { names }, indent) =>
    withExpression(value, names, indent, (text) => accumulate(names.variable(name), op, text, names)),
  assign: ({ name, value }, { names }, indent) =>
    withExpression(value, names, indent, (text) => `${names.variable(name)} = ${bare(text)};`),
  store: ({ access, value, mode }, { names }, indent) => {
    const target = `${names.buffer(access.buffer)}[${printAffine(access.offset, names)}]`;
    const isTruth = value.kind !== "integer" && value.dtype === "bool";
    return withExpression(value, names, indent, (text) => {
      const number = isTruth ? `${text} ? 1 : 0` : bare(text);
      return `${target} ${mode === "add" ? "+=" : "="} ${number};`;
    });
  },
  store_index: ({ access, value }, { names }, indent) => {
    const target = `${names.buffer(access.buffer)}[${printAffine(access.offset, names)}]`;
    return [`${indent}${target} = ${printAffine(value, names)};`];
  },
  zero_padding: (statement, { names }, indent) => printZeroPadding(statement, names, indent),
  select_examples: (statement, { names }, indent) => printSelection(statement, names, indent),
};

/** The line that `print` makes of an expression's text, after the lines that the expression needs. */
function withExpression(
  value: KernelExpression,
  names: KernelNames,
  indent: string,
  print: (text: string) => string,
): string[] {
  const before: string[] = [];
  const line = print(printExpression(value, names, before));
  return [...before, line].map((text) => `${indent}${text}`);
}

function accumulate(name: string, op: ReductionOp, text: string, names: KernelNames): string {
  if (op !== "sum") return `${name} = Math.${op}(${name}, ${bare(text)});`;
  if (names.dtype === "f32") return `${name} = ${names.fround(`${name} + ${text}`)};`;
  return `${name} += ${bare(text)};`;
}

function printLoop(loop: ForStatement<unknown>, names: KernelNames): { opening: string; prologue: string[] } {
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
  const isPlain = extent.kind === "affine" ? isAtom(extent.value) : extent.kind === "examples";
  if (isPlain) return { opening: `for (let ${counter} = ${from}; ${counter} < ${end}; ${next})`, prologue };
  const limit = names.variable(`${loop.variable}End`);
  return { opening: `for (let ${counter} = ${from}, ${limit} = ${end}; ${counter} < ${limit}; ${next})`, prologue };
}

function printZeroPadding(
  { buffer, size, symbols }: Extract<LoopStatement, { kind: "zero_padding" }>,
  names: KernelNames,
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
  { list, count, from, step, length, going }: Extract<LoopStatement, { kind: "select_examples" }>,
  names: KernelNames,
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
  const isOn = going === undefined ? "" : ` && ${names.buffer(going)}[${example}] !== 0`;
  lines.push(`${indent}  if (${names.variable(step)} < ${size}${isOn}) ${target} = ${example};`, `${indent}}`);
  return lines;
}
