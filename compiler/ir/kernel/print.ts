/** Text form of kernel programs, for people and for tests (spec/kernel-ir.md). Deterministic; `parse.ts` reads it back. */
import type { SizedAxis } from "../../base/types/call-axes.js";
import type { Dim } from "../../base/types/dim.js";
import {
  printAccess,
  printAffine,
  printAxis,
  printExamples,
  printExpression,
  printIndex,
} from "./print-expressions.js";
import { forEachAccess } from "./visit.js";
import { spellDim, spellName, spellPhrase, spellSymbol } from "./spelling.js";
import {
  type LoopAxis,
  type KernelBuffer,
  type KernelFunction,
  type KernelProgram,
  type KernelSlot,
  type PackedPart,
  PIECE,
  type PiecesStatement,
  type ProductStatement,
  type RingUse,
  type RowCopy,
  type ScheduledTerms,
  type Statement,
} from "./kernel-program.js";
import type { UnplacedBuffer, UnplannedKernels } from "./unplanned.js";

/** Before memory is planned and after: of buffers without places what is known of them by then. */
export function printKernel(kernels: UnplannedKernels | KernelProgram): string {
  return [printBuffers(kernels), ...kernels.functions.map((fn) => `\n${printKernelFunction(fn)}`)].join("");
}

/**
 * What stands before the kernels: axes, slots and buffers.
 *
 * @param users of them, and with them those that they are parts of, all parts of these, and the slots of all; everything where left out
 */
export function printBuffers(kernels: UnplannedKernels | KernelProgram, users?: readonly KernelFunction[]): string {
  const slots = "slots" in kernels ? kernels.slots : [];
  const buffers: (UnplacedBuffer | KernelBuffer)[] = [...kernels.buffers.values()];
  const used = users && namesUsed(users, buffers);
  const shown = buffers.filter(({ name }) => used?.has(name) ?? true);
  const taken = used && new Set(shown.map((buffer) => ("place" in buffer ? buffer.place.slot : -1)));
  const isShown = (i: number): boolean => taken?.has(i) ?? true;
  const own = slots.flatMap((slot, i) => (isShown(i) && slot.sizes.length > 0 ? [printSlot(slot, i)] : []));
  return [printAxes(kernels.axes), ...own, ...shown.map(printAnyBuffer)].join("");
}

function namesUsed(
  functions: readonly KernelFunction[],
  buffers: readonly (UnplacedBuffer | KernelBuffer)[],
): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { body } of functions)
    for (const statement of body) forEachAccess(statement, ({ buffer }) => void used.add(buffer));
  const wholeOf = ({ name, within }: UnplacedBuffer | KernelBuffer): string =>
    (typeof within === "string" ? within : within?.buffer) ?? name;
  // Of a whole it is told in its parts who gives them, and what they keep.
  const wholes = new Set(buffers.flatMap((buffer) => (used.has(buffer.name) ? [wholeOf(buffer)] : [])));
  return new Set(buffers.flatMap((buffer) => (wholes.has(wholeOf(buffer)) ? [buffer.name] : [])));
}

const printAnyBuffer = (buffer: UnplacedBuffer | KernelBuffer): string =>
  "place" in buffer ? printBuffer(buffer) : printUnplaced(buffer);

const printAxes = (axes: readonly SizedAxis[]): string =>
  axes.length === 0 ? "" : `axes ${axes.map(printCallAxis).join(", ")}\n`;

/** A dimension that is called by its symbol is not told more. */
function printCallAxis({ symbol, kind, name }: SizedAxis): string {
  const called = name === symbol ? "" : ` ${spellName(name)}`;
  return `${spellSymbol(symbol)}${called === "" && kind === "dimension" ? "" : ` ${kind}${called}`}`;
}

/** What a kernel does to the rings of a stream. */
export const ringWords: Readonly<Record<RingUse, string>> = { take: "fills", give: "reads" };

export function printKernelFunction(fn: KernelFunction): string {
  const one = fn.oneOf === undefined ? "" : ` of one ${spellSymbol(fn.oneOf)}`;
  const rings = fn.rings === undefined ? "" : ` that ${ringWords[fn.rings]} rings`;
  return `kernel ${spellName(fn.name)}${one}${rings} {\n${printBody(fn.body, "  ")}}\n`;
}

function printSlot({ dtype, sizes, most }: KernelSlot, slot: number): string {
  return `slot ${slot}: ${dtype}[${sizes.map(spellDim).join(", ")}]${atMost(most)}\n`;
}

function printBuffer(buffer: KernelBuffer): string {
  const { name, dtype, size, most, within, panels, place } = buffer;
  const around = within === undefined ? "" : ` within ${spellName(within)}`;
  const seen = `${marksOf(buffer)}${inPanels(panels)}`;
  return `buffer ${spellName(name)}: ${dtype}[${spellDim(size)}]${atMost(most)} slot ${place.slot}${shift(place.offset)}${around}${seen}\n`;
}

function printUnplaced(buffer: UnplacedBuffer): string {
  const { name, dtype, size, most, panels, within } = buffer;
  const around = within === undefined ? "" : ` within ${spellName(within.buffer)}${shift(within.offset)}`;
  return `buffer ${spellName(name)}: ${dtype}[${spellDim(size)}]${atMost(most)}${around}${marksOf(buffer)}${inPanels(panels)}\n`;
}

function marksOf(buffer: KernelBuffer | UnplacedBuffer): string {
  const { external, persistent, heldByCaller, zeros } = buffer;
  const marks = Object.entries({ external, persistent, held: heldByCaller, zeros });
  return marks.map(([word, isSo]) => (isSo === true ? ` ${word}` : "")).join("");
}

function inPanels(vectors: number | undefined): string {
  return vectors === undefined ? "" : ` in panels of ${vectors}`;
}

function atMost(most: Dim | undefined): string {
  return most === undefined ? "" : ` at most ${spellDim(most)}`;
}

function shift(offset: Dim): string {
  return offset.terms.length === 0 ? "" : ` + ${spellDim(offset)}`;
}

function printBody(statements: readonly Statement[], indent: string): string {
  return statements.map((statement) => printStatement(statement, indent)).join("");
}

/** A statement and what stands below it. */
export function printStatement(statement: Statement, indent: string): string {
  switch (statement.kind) {
    case "region":
    case "windows":
    case "for":
      return `${indent}${printLine(statement)}\n${printBody(statement.body, `${indent}  `)}`;
    case "pieces":
      return printPieces(statement, indent);
    case "product":
      return printProduct(statement, indent);
    default:
      return `${indent}${printLine(statement)}\n`;
  }
}

type LineKind = Exclude<Statement["kind"], "pieces" | "product">;
type LinePrinter<K extends LineKind> = (statement: Extract<Statement, { kind: K }>) => string;

const printers: { readonly [K in LineKind]: LinePrinter<K> } = {
  region: ({ name, comment, onChange }) =>
    `region ${spellPhrase(name)}${onChange === true ? " where changed" : ""}${comment === "" ? "" : ` ; ${comment}`}`,
  windows: ({ axis, first, steps, rows }) =>
    `windows of ${spellName(steps)} steps of ${spellSymbol(axis)} from ${spellName(first)} on, ${rows} rows`,
  for: (loop) =>
    `for ${printAxis(loop)}${loop.step === 1 ? "" : ` step ${loop.step}`}${loop.reverse ? " reverse" : ""}${loop.lanes === true ? " in lanes" : ""}`,
  pack: ({ to, from, columns, contracted, parts, strips, length, onChange }) => {
    const each = parts.length === 0 ? "" : ` for ${parts.map(printAxis).join(", ")}`;
    const axes = `${[columns, ...contracted].map(printAxis).join(", ")}${each}`;
    const shape = `${strips} strips of ${length}`;
    return `pack ${spellName(to)} from ${printAccess(from)} over ${axes} as ${shape}${onChange ? " where changed" : ""}`;
  },
  let_index: ({ name, value }) => `index ${spellName(name)} = ${printIndex(value)}`,
  let: ({ name, value }) => `let ${spellName(name)} = ${printExpression(value)}`,
  accumulator: ({ name, initial, lanes }) => {
    const parts = lanes === undefined ? "" : ` in four parts by ${spellName(lanes.variable)}`;
    return `var ${spellName(name)} = ${printExpression(initial)}${parts}`;
  },
  assign: ({ name, value }) => `set ${spellName(name)} = ${printExpression(value)}`,
  accumulate: ({ name, op, value }) => `${spellName(name)} = ${op}(${spellName(name)}, ${printExpression(value)})`,
  store: ({ access, mode, value }) => `${printAccess(access)} ${mode === "add" ? "+=" : "="} ${printExpression(value)}`,
  store_index: ({ access, value }) => `index ${printAccess(access)} = ${printAffine(value)}`,
  zero_padding: ({ buffer, size, symbols }) =>
    `zero ${spellName(buffer)} of ${spellDim(size)} where an example is short in ${symbols.map(spellSymbol).join(", ")}`,
  select_examples: ({ list, count, from, step, length, going }) =>
    `select ${spellName(list)}[0 .. ${spellName(count)}] from ${printExamples(from)} where ${spellName(step)} < ${spellDim(length)}${going === undefined ? "" : ` and ${spellName(going)}`}`,
};

function printLine(statement: Extract<Statement, { kind: LineKind }>): string {
  return (printers[statement.kind] as (statement: Statement) => string)(statement);
}

export function printPart({ buffer, part }: PackedPart): string {
  const numbers = part.map(({ index, of }) => `${printAffine(index)} of ${of}`).join(", ");
  return `${spellName(buffer)}${part.length === 0 ? "" : `[${numbers}]`}`;
}

function printPieces(statement: PiecesStatement, indent: string): string {
  const { examples, steps, after, done, carried, body, carry, finish } = statement;
  const range = examples === undefined ? [] : [`examples ${spellName(examples.first)} .. ${spellName(examples.end)}`];
  const own = steps?.example === undefined ? "" : ` of ${spellName(steps.example)}`;
  const order = steps?.reverse === true ? ", last first" : "";
  const block = steps === undefined ? [] : [`${spellDim(steps.dim)}${own} from ${spellName(steps.from)}${order}`];
  const begun = after === undefined ? "" : ` after ${spellName(after.done)}, ${spellName(after.carried)}`;
  const below = `${indent}  `;
  return [
    `${indent}${["pieces of", [...range, ...block].join(", ")].join(" ").trimEnd()}${begun}\n${printBody(body, below)}`,
    `${indent}where ${spellName(done)} is ${PIECE}, into ${spellName(carried)}\n${printBody(carry, below)}`,
    `${indent}where ${spellName(carried)}\n${printBody(finish, below)}`,
  ].join("");
}

function printCopy({ to, lanes }: RowCopy): string {
  return ` copied to ${spellName(to)}${lanes === true ? " in lanes" : ""}`;
}

function printProduct(product: ProductStatement, indent: string): string {
  const { rows, columns, contracted, initial, result, out, schedule = {} } = product;
  const { earlier, packed: copy, tail, copied, joined, fused } = schedule;
  const line = (word: string, axis: LoopAxis): string => `${indent}  ${word} ${printAxis(axis)}\n`;
  const sum = ({ a, b, packed }: ScheduledTerms, rowCopy = ""): string =>
    `sum ${printAccess(a)}${rowCopy} * ${printAccess(b)}${packed === undefined ? "" : ` packed in ${printPart(packed)}`}`;
  const last = { contracted, a: product.a, b: product.b, ...(copy !== undefined && { packed: copy }) };
  const target = tail === undefined ? out && printAccess(out) : tail.sums.map(spellName).join(", ");
  const start = initial === undefined ? "" : `${printExpression(initial)} + `;
  const before = earlier === undefined ? "" : `${sum(earlier)} + `;
  return [
    `${indent}product ${target ?? ""} = ${start}${before}${sum(last, copied && printCopy(copied))}\n`,
    ...(rows === undefined ? [] : [line("rows", rows)]),
    ...(columns === undefined ? [] : [line("columns", columns)]),
    ...(earlier?.contracted ?? []).map((axis) => line("earlier", axis)),
    ...contracted.map((axis) => line("contracted", axis)),
    ...(joined === undefined ? [] : [`${indent}  joined ${spellName(joined.axis)} of ${spellName(joined.example)}\n`]),
    ...(fused === true ? [`${indent}  fused\n`] : []),
    ...(result === undefined ? [] : [`${indent}  stored ${printExpression(result)}\n`]),
    ...(tail === undefined
      ? []
      : [`${indent}  then for ${spellName(tail.unit)} < ${tail.length}\n${printBody(tail.body, `${indent}    `)}`]),
  ].join("");
}
