/**
 * The canonical text of a syntax tree: two spaces of indentation, one item a line, equations in a row with their `=` below
 * each other, blank lines where the text had them and between declarations, equations and outputs. Parsing the result gives
 * the same tree, and printing that the same text. Comments stay with the item they stood before or after; one inside an
 * item moves in front of it.
 */
import type {
  BinderNode,
  CellItem,
  CellNode,
  CommentNode,
  DeclarationNode,
  DerivativeNode,
  EntryNode,
  EquationNode,
  Expression,
  ImportNode,
  ResultName,
  SourceFileNode,
  StartNode,
  StreamNode,
  UsedName,
} from "./ast.js";
import { itemsInText, standsInText } from "./items-in-text.js";
import { asciiNotation, type Notation } from "./notation.js";
import {
  argumentsDoc,
  expressionDoc,
  indicesDoc,
  parenthesised,
  severalDoc,
  typeDoc,
  valueDoc,
} from "./print-expression.js";
import { cellHead, entryDoc, functionHead, importDoc, requirementDoc } from "./print-heads.js";
import { commaList, group, indent, line, render, type Doc } from "./print-layout.js";

const width = 100;
/** Longer names do not push the `=` of their neighbours to the right. */
const alignedNameLimit = 16;

type Item = ImportNode | CellNode | CellItem | ReturnItem | DerivativeNode | StreamNode | EntryNode;
/** The value of a function, which has no node of its own. */
interface ReturnItem {
  readonly kind: "return";
  readonly span: { readonly start: number; readonly end: number };
  readonly values: DerivativeNode["values"];
}

/** An item with the comments that go with it, and the items inside of it. */
interface CommentedItem {
  readonly item: Item;
  readonly leading: readonly CommentNode[];
  readonly trailing: readonly CommentNode[];
  readonly block: PrintedBlock | undefined;
}

interface PrintedBlock {
  /** After the opening brace. */
  readonly opening: CommentNode | undefined;
  readonly entries: readonly CommentedItem[];
  /** Before the closing brace. */
  readonly closing: readonly CommentNode[];
}

/** Prints a file; ends with a line break unless there is nothing to print. */
export function printSourceFile(file: SourceFileNode, notation: Notation = asciiNotation): string {
  const items = [...file.imports, ...file.declarations].sort((a, b) => a.span.start - b.span.start);
  const block = new CommentPlacer(file.comments).block(items, Infinity, false);
  const printer = new AstPrinter(new Set(file.blankLines), notation);
  printer.block(block, 0);
  return printer.text();
}

/** Deals the comments out, in the order of the text: each exactly once. */
class CommentPlacer {
  private readonly comments: readonly CommentNode[];
  private next = 0;

  constructor(comments: readonly CommentNode[]) {
    this.comments = comments;
  }

  block(items: readonly Item[], end: number, hasHeader: boolean): PrintedBlock {
    const first = items[0]?.span.start ?? end;
    const opens = hasHeader && this.peekBefore(first)?.trailing === true;
    const opening = opens ? this.comments[this.next++] : undefined;
    const entries = items.map((item, index) => this.entry(item, items[index + 1]?.span.start ?? end));
    return { opening, entries, closing: this.takeBefore(end) };
  }

  private entry(item: Item, limit: number): CommentedItem {
    const inner = innerItems(item);
    const leading = this.takeBefore(inner === undefined ? item.span.end : item.span.start);
    const block = inner === undefined ? undefined : this.block(inner, item.span.end, true);
    const trailing: CommentNode[] = [];
    while (this.peekBefore(limit)?.trailing === true && !endsLine(trailing)) trailing.push(this.comments[this.next++]!);
    return { item, leading, trailing, block };
  }

  private peekBefore(end: number): CommentNode | undefined {
    const comment = this.comments[this.next];
    return comment !== undefined && comment.span.start < end ? comment : undefined;
  }

  private takeBefore(end: number): CommentNode[] {
    const taken: CommentNode[] = [];
    while (this.peekBefore(end) !== undefined) taken.push(this.comments[this.next++]!);
    return taken;
  }
}

/** Whether nothing can follow on the line: after a line comment all would be comment. */
function endsLine(comments: readonly CommentNode[]): boolean {
  const last = comments[comments.length - 1];
  return last !== undefined && (last.text.startsWith("//") || /[\n\r]/.test(last.text));
}

function innerItems(item: Item): readonly Item[] | undefined {
  if (item.kind === "cell") return item.other === undefined ? itemsInText(item) : undefined;
  if (item.kind !== "function") return undefined;
  const { equations, results, derivative } = item;
  const values = results.map(({ value }) => value);
  const span = { start: values[0]?.span.start ?? 0, end: values[values.length - 1]?.span.end ?? 0 };
  const end = derivative === undefined ? [] : [derivative];
  return [...equations.filter(standsInText), { kind: "return", span, values }, ...end];
}

class AstPrinter {
  private readonly blankLines: ReadonlySet<number>;
  private readonly notation: Notation;
  private readonly lines: string[] = [];

  constructor(blankLines: ReadonlySet<number>, notation: Notation) {
    this.blankLines = blankLines;
    this.notation = notation;
  }

  text(): string {
    return this.lines.length === 0 ? "" : `${this.lines.join("\n")}\n`;
  }

  block({ entries, closing }: PrintedBlock, indentation: number): void {
    const columns = alignment(entries, this.blankLines, this.notation);
    let isFirst = true;
    for (const [index, entry] of entries.entries()) {
      const previous = entries[index - 1];
      this.entry(
        entry,
        indentation,
        columns[index] ?? 0,
        !isFirst,
        previous !== undefined && parts(previous.item, entry.item),
      );
      isFirst = false;
    }
    for (const comment of closing) {
      this.comment(comment, indentation, !isFirst && this.blankLines.has(comment.span.start));
      isFirst = false;
    }
  }

  private entry(
    { item, leading, trailing, block }: CommentedItem,
    indentation: number,
    column: number,
    blankAllowed: boolean,
    apart: boolean,
  ) {
    // Comments from inside of the item come last; the blank line above the item then stands above them.
    const before = leading.filter((comment) => comment.span.start < item.span.start);
    const inside = leading.filter((comment) => comment.span.start >= item.span.start);
    let blank = blankAllowed && apart;
    for (const [index, comment] of before.entries()) {
      const wanted = (blankAllowed || index > 0) && this.blankLines.has(comment.span.start);
      this.comment(comment, indentation, blank || wanted);
      blank = false;
    }
    const isAlone = before.length === 0;
    if (blank || ((blankAllowed || !isAlone) && this.blankLines.has(item.span.start))) this.lines.push("");
    for (const comment of inside) this.comment(comment, indentation, false);
    for (const text of documentationLines(item)) this.push(indentation, text === "" ? "///" : `/// ${text}`);
    const head = headOf(item, column, this.notation);
    const close = block === undefined ? "" : " {";
    this.push(indentation, render([head, close], indentation, indentation, width));
    if (block !== undefined) {
      if (block.opening !== undefined) this.after(block.opening);
      this.block(block, indentation + 2);
      this.push(indentation, "}");
    }
    for (const comment of trailing) this.after(comment);
  }

  private push(indentation: number, text: string): void {
    this.lines.push(" ".repeat(indentation) + text);
  }

  private comment(comment: CommentNode, indentation: number, blank: boolean): void {
    if (blank) this.lines.push("");
    this.push(indentation, comment.text);
  }

  /** Puts a comment after what was printed last. */
  private after(comment: CommentNode): void {
    this.lines[this.lines.length - 1] += ` ${comment.text}`;
  }
}

function documentationLines(item: Item): readonly string[] {
  const text = "documentation" in item ? item.documentation : undefined;
  return text === undefined ? [] : text.split("\n");
}

/** Whether a blank line always stands between two items. */
function parts(above: Item, below: Item): boolean {
  return groupOf(above) !== groupOf(below) || above.kind === "cell" || above.kind === "function";
}

function groupOf(item: Item): string {
  if (item.kind === "import" || item.kind === "cell" || item.kind === "function" || item.kind === "output")
    return item.kind;
  if (item.kind === "loss" || item.kind === "entry") return "output";
  if (item.kind === "equation" || item.kind === "return" || item.kind === "derivative") return "equation";
  return "declaration";
}

/** For every entry the width its name is filled up to: equations in consecutive lines share theirs. */
function alignment(entries: readonly CommentedItem[], blankLines: ReadonlySet<number>, notation: Notation): number[] {
  const columns: number[] = [];
  let start = 0;
  while (start < entries.length) {
    let end = start + 1;
    while (end < entries.length && continues(entries[end - 1]!, entries[end]!, blankLines)) end += 1;
    let column = 0;
    for (const { item } of entries.slice(start, end)) {
      const length = item.kind === "equation" ? widthOf(equationName(item, notation)) : 0;
      if (length <= alignedNameLimit) column = Math.max(column, length);
    }
    while (columns.length < end) columns.push(column);
    start = end;
  }
  return columns;
}

function continues(above: CommentedItem, below: CommentedItem, blankLines: ReadonlySet<number>): boolean {
  if (above.item.kind !== "equation" || below.item.kind !== "equation") return false;
  return below.leading.length === 0 && below.item.documentation === undefined && !blankLines.has(below.item.span.start);
}

function equationName({ name, next, value }: EquationNode, notation: Notation): string {
  const own = { ...name, ...(next && ({ next } as const)) };
  return namesText(own, value, notation) + render(indicesDoc(value, notation), 0, 0, Infinity);
}

/** The name of an equation or an output, or those of the group that it belongs to. */
function namesText(own: ResultName, value: Expression, notation: Notation): string {
  const group: readonly ResultName[] =
    value.kind === "rounds" ? value.rounds.names : value.kind === "result" ? value.names : [own];
  return group.map(({ text, next }) => notation.name(text) + (next ? "'" : "")).join(", ");
}

/** Columns that a text takes: accents stand above the letter before them. */
function widthOf(text: string): number {
  return text.replace(/\p{M}/gu, "").length;
}

function headOf(item: Item, column: number, notation: Notation): Doc {
  switch (item.kind) {
    case "import":
      return importDoc(item);
    case "cell":
      if (item.other !== undefined) {
        const { cell, arguments: given } = item.other;
        return [
          `${item.form} ${notation.called(item.name.text)} = ${notation.called(cell.text)}`,
          argumentsDoc(given, notation),
        ];
      }
      return cellHead(item, notation);
    case "function":
      return functionHead(item, notation);
    case "use":
      return [
        "use ",
        item.names.map((name, i): Doc => [i === 0 ? "" : ", ", usedNameDoc(name, notation)]),
        " = ",
        item.arguments === undefined ? notation.name(item.cell.text) : notation.called(item.cell.text),
        item.arguments === undefined ? "" : argumentsDoc(item.arguments, notation),
        startsDoc(item.starts, notation),
      ];
    case "output":
      return [
        `output ${namesText(item.name, item.value, notation)}`,
        indicesDoc(item.value, notation),
        " = ",
        valueDoc(item.value, notation),
      ];
    case "loss":
      return [
        `${item.name.text === "loss" ? "" : "loss "}${notation.name(item.name.text)} = `,
        valueDoc(item.value, notation),
        item.per === undefined ? "" : [" per ", expressionDoc(item.per, notation)],
      ];
    case "require":
      return requirementDoc(item, notation);
    case "equation": {
      const name = equationName(item, notation);
      return [`${name}${" ".repeat(Math.max(0, column - widthOf(name)))} = `, valueDoc(item.value, notation)];
    }
    case "derivative":
      return [
        "derivative",
        parenthesised(item.tangents.map(({ text }) => notation.name(text))),
        " = ",
        severalDoc(item.values, notation),
      ];
    case "stream":
      return item.kind;
    case "entry":
      return entryDoc(item, notation);
    case "return":
      return ["return ", severalDoc(item.values, notation)];
    default:
      return declarationDoc(item, notation);
  }
}

function declarationDoc({ kind, names, type, initial, initializer }: DeclarationNode, notation: Notation): Doc {
  const list = commaList(names.map(({ text, indices }) => notation.name(text) + placesText(indices, notation)));
  const content: Doc = { kind: "indent", content: list };
  const parts: Doc[] = [`${kind} `, { kind: "group", content }, ": ", typeDoc(type, notation)];
  if (initial !== undefined) parts.push(" = ", expressionDoc(initial, notation));
  if (initializer !== undefined) parts.push(" ~ ", expressionDoc(initializer, notation));
  return parts;
}

function placesText(indices: readonly BinderNode[] | undefined, notation: Notation): string {
  return indices === undefined ? "" : `[${indices.map(({ name }) => notation.name(name.text)).join(", ")}]`;
}

function usedNameDoc({ text, first, count }: UsedName, notation: Notation): Doc {
  if (count === undefined) return notation.name(text);
  const from = first === undefined ? "" : `${first}:`;
  return [`${notation.name(text)}[${from}`, expressionDoc(count, notation), "]"];
}

/** ` with b_f ~ ones, inner.W ~ orthogonal(1)`. */
function startsDoc(starts: readonly StartNode[], notation: Notation): Doc {
  if (starts.length === 0) return "";
  const list = starts.map(({ path, indices, initializer }): Doc => {
    const name = path.map(({ text }) => notation.name(text)).join(".");
    return [name + placesText(indices, notation), " ~ ", expressionDoc(initializer, notation)];
  });
  return group(indent(line, "with ", commaList(list)));
}
