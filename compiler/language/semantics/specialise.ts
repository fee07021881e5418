/** Cells with some of their parameters given: `cell LuongDotGRU = LuongDot(GRU)`, `use s = Stack(LSTM, H, H)`. */
import { dimensionsOfInterface } from "./cell-interface.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { standardHomeOf } from "../std/sources.js";
import type { ArgumentNode, CellParameterNode, Expression, Name } from "../syntax/ast.js";
import { interfaceDeclaration } from "./cell-interface.js";
import type { BoundCell, CellDeclaration, Declaration, ModuleScope } from "./declared.js";
import { matchArguments } from "./match-arguments.js";
import { cellElsewhere } from "../syntax/other-names.js";
import { suggestion } from "./suggestion.js";

/** Makes `cell A = B(…)` what it says, in the order in which that is possible. */
export function resolveOthers(scope: ModuleScope, collector: DiagnosticCollector): void {
  for (const declaration of scope.declarations) resolveOther(declaration, new Set(), collector);
}

function resolveOther(declaration: Declaration, path: ReadonlySet<Declaration>, collector: DiagnosticCollector): void {
  if (declaration.kind !== "cell" || declaration.node.other === undefined) return;
  const { other } = declaration.node;
  const around = new Set([...path, declaration]);
  const target = cellNamed(declaration.home, other.cell, collector);
  // Circles are reported with those of used cells.
  if (target === undefined || around.has(target)) return;
  resolveOther(target, around, collector);
  const found = specialise(target, other.arguments, { home: declaration.home, collector }, other.cell.span);
  if (found !== undefined) Object.assign(declaration, filledIn(found, declaration));
}

/** Under the name and with the documentation of the text. */
function filledIn(found: CellDeclaration, { written }: CellDeclaration): Partial<CellDeclaration> {
  const { module, functions, captures, bound, node } = found;
  const { name, documentation } = written;
  return {
    module,
    functions,
    captures,
    bound,
    node: { ...node, name, documentation: documentation ?? node.documentation },
  };
}

/** The cell of that name; undefined where it is reported, here or where an import failed. */
export function cellNamed(
  scope: ModuleScope,
  { text, span }: Name,
  collector: DiagnosticCollector,
): CellDeclaration | undefined {
  const entry = scope.entries.get(text);
  scope.used.add(text);
  if (entry?.declaration?.kind === "cell") return entry.declaration;
  if (entry !== undefined && entry.declaration === undefined) return undefined;
  const cells = [...scope.entries].filter(([, { declaration }]) => declaration?.kind === "cell");
  const names = cells.map(([name]) => name);
  const kind = entry?.declaration?.kind ?? "cell";
  const message = entry === undefined ? `there is no cell \`${text}\`` : `\`${text}\` is a ${kind}, not a cell`;
  const home = standardHomeOf(text);
  const elsewhere = home === undefined ? cellElsewhere(text) : undefined;
  const help = elsewhere ?? suggestion(text, names) ?? `import it: \`import { ${text} } from "${home ?? "…"}"\``;
  collector.report("unknown-cell", span, message, {
    help: entry === undefined ? help : kind === "function" ? `call it: \`${text}(…)\`` : undefined,
  });
  return undefined;
}

/** Where cells are given: what names mean there. */
export interface GivenIn {
  readonly home: ModuleScope;
  /** The cell around, whose own parameters may be handed on. */
  readonly owner?: CellDeclaration;
  readonly collector: DiagnosticCollector;
}

/** What is given for a parameter, and what its dimensions are called there by which it is given. */
interface CellArgument {
  readonly declaration: CellDeclaration;
  /** Of a parameter that is handed on: by the names in its interface, those of the cell. */
  readonly dimensions?: ReadonlyMap<string, string>;
}

/** `GRU`, `LayerNormLSTM(eps = 1e-3)`, or a parameter of the cell around. */
function cellArgument(value: Expression, around: GivenIn): CellArgument | undefined {
  const { home, owner, collector } = around;
  if (value.kind === "reference" && !value.next) {
    const handed = owner && parameterOf(owner, value.name);
    if (handed !== undefined) return handed;
    const declaration = cellNamed(home, { text: value.name, span: value.span }, collector);
    return declaration && { declaration };
  }
  if (value.kind === "call") {
    const target = cellNamed(home, value.callee, collector);
    const cells = target?.node.parameters.filter(isCell).length;
    const size = value.arguments.filter(({ name }) => name === undefined)[cells ?? Infinity];
    if (target !== undefined && size !== undefined) {
      const given = target.node.name.text + (cells === 0 ? "" : "(…)");
      collector.report("wrong-arity", size.span, "a cell that is given has no sizes", {
        help: `its user gives them: \`${given}\` alone`,
      });
      return undefined;
    }
    const declaration = target && specialise(target, value.arguments, around, value.span);
    return declaration && { declaration };
  }
  collector.report("unknown-cell", value.span, "this is not a cell", { help: "a cell is given by its name: `GRU`" });
  return undefined;
}

/** The cell that a parameter of the one around stands for: what was given for it, or what it says. */
function parameterOf({ node, module, bound }: CellDeclaration, name: string): CellArgument | undefined {
  const given = bound.get(name);
  if (given !== undefined) return given;
  const parameter = node.parameters.find((own) => own.name.text === name);
  return parameter?.cell && { declaration: interfaceDeclaration({ ...parameter, cell: parameter.cell }, module) };
}

const isCell = ({ type }: CellParameterNode): boolean => type === "cell";

/**
 * A cell with cells and reals given; its dimensions stay open.
 *
 * @returns undefined where something was reported
 */
export function specialise(
  target: CellDeclaration,
  list: readonly ArgumentNode[],
  around: GivenIn,
  span: Name["span"],
): CellDeclaration | undefined {
  const { parameters } = target.node;
  const { collector } = around;
  const callee = `cell \`${target.node.name.text}\``;
  const open = parameters.map(({ name, type }) => ({ name: name.text, optional: true, named: type !== "cell" }));
  // Cells come by position, in their order; everything else by name.
  const inOrder = [...open.filter(({ named }) => !named), ...open.filter(({ named }) => named)];
  const matched = matchArguments(list, inOrder, callee, span, collector);
  if (matched === undefined) return undefined;
  const given = new Map(inOrder.flatMap(({ name }, i) => (matched[i] === undefined ? [] : [[name, matched[i].value]])));
  const bound = bindCells(target, parameters, given, around);
  const kept = parameters.filter((parameter) => !isCell(parameter) || bound?.has(parameter.name.text) === false);
  const filled = kept.map((parameter) => fillIn(parameter, given, collector));
  if (bound === undefined || filled.some((parameter) => parameter === undefined)) return undefined;
  return { ...target, bound, node: { ...target.node, parameters: filled.flatMap((parameter) => parameter ?? []) } };
}

/** A real number becomes its default. */
function fillIn(
  parameter: CellParameterNode,
  given: ReadonlyMap<string, Expression>,
  collector: DiagnosticCollector,
): CellParameterNode | undefined {
  const { type, name } = parameter;
  const value = given.get(name.text);
  if (value === undefined) return parameter;
  if (type === "real" && isNumber(value)) return { ...parameter, defaultValue: value };
  const message =
    type === "real" ? "a number is expected here" : `\`${name.text}\` is a dimension, and those stay open here`;
  collector.report("not-a-constant", value.span, message, {
    help: type === "real" ? undefined : "dimensions are given where the cell is used or compiled",
  });
  return undefined;
}

function isNumber(value: Expression): boolean {
  return value.kind === "number" || (value.kind === "unary" && value.operator === "-" && isNumber(value.operand));
}

function bindCells(
  target: CellDeclaration,
  parameters: readonly CellParameterNode[],
  given: ReadonlyMap<string, Expression>,
  around: GivenIn,
): ReadonlyMap<string, BoundCell> | undefined {
  const { collector } = around;
  const { module } = target;
  const bound = new Map(target.bound);
  for (const parameter of parameters.filter(isCell)) {
    const own = given.get(parameter.name.text);
    const value = own ?? parameter.defaultValue;
    if (value === undefined) continue;
    const argument = cellArgument(value, own === undefined ? { home: module, collector } : around);
    const dimensions = argument && matchDimensions(parameter, argument, value, collector);
    if (argument === undefined || dimensions === undefined) return undefined;
    const { declaration } = argument;
    bound.set(parameter.name.text, { parameter, module, span: value.span, declaration, dimensions });
  }
  return bound;
}

/** By name where all names fit, else by position. */
function matchDimensions(
  { name, cell }: CellParameterNode,
  { declaration: { node }, dimensions: handed }: CellArgument,
  { span }: Expression,
  collector: DiagnosticCollector,
): ReadonlyMap<string, string> | undefined {
  const wanted = cell === undefined ? [] : dimensionsOfInterface(cell).map(({ text }) => text);
  const open = node.parameters.filter(({ type, defaultValue }) => type === "cell" || defaultValue === undefined);
  const own = handed === undefined ? open.map((parameter) => parameter.name.text) : [...handed.keys()];
  const areDimensions = open.every(({ type }) => type === "dimension");
  if (areDimensions && own.length === wanted.length) {
    const isByName = wanted.every((text) => own.includes(text));
    const names = wanted.map((text, i): [string, string] => [text, isByName ? text : (own[i] ?? "")]);
    return new Map(names.map(([text, there]) => [text, handed?.get(there) ?? there]));
  }
  const message = `\`${name.text}\` is a cell of (${wanted.join(", ")}), \`${node.name.text}\` is one of (${own.join(", ")})`;
  collector.report("cell-does-not-fit", span, message, {
    related: [{ span: name.span, message: "declared here" }],
    help: areDimensions ? undefined : "reals and cells of it are given here, by name: `Name(eps = 1e-3)`",
  });
  return undefined;
}

/** Whether it takes a cell that nobody has given, so that it cannot be compiled by itself. */
export function takesCells({ node, bound, isInterface }: CellDeclaration): boolean {
  if (isInterface === true || node.parameters.some(isCell)) return true;
  return [...bound.values()].some(({ declaration }) => takesCells(declaration));
}

/** With the cells that it takes where none are given; undefined where it takes others, or none. */
export function withOwnCells(
  declaration: CellDeclaration,
  collector: DiagnosticCollector,
): CellDeclaration | undefined {
  const { node, module } = declaration;
  const cells = node.parameters.filter(isCell);
  if (cells.length === 0 || cells.some(({ defaultValue }) => defaultValue === undefined)) return undefined;
  return specialise(declaration, [], { home: module, collector }, node.name.span);
}
