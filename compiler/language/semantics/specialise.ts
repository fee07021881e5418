/** Cells with some of their parameters given: `cell LuongDotGRU = LuongDot(GRU)`, `use s = Stack(LSTM, H, H)`. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { standardHomeOf } from "../std/sources.js";
import type { ArgumentNode, CellParameterNode, Expression, Name } from "../syntax/ast.js";
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
  const found = specialise(target, other.arguments, declaration.home, collector, other.cell.span);
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

/** A cell given for a parameter, in the words of `home`: `GRU`, `LayerNormLSTM(eps = 1e-3)`. */
function cellArgument(
  value: Expression,
  home: ModuleScope,
  collector: DiagnosticCollector,
): CellDeclaration | undefined {
  if (value.kind === "reference" && !value.next)
    return cellNamed(home, { text: value.name, span: value.span }, collector);
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
    return target && specialise(target, value.arguments, home, collector, value.span);
  }
  collector.report("unknown-cell", value.span, "this is not a cell", { help: "a cell is given by its name: `GRU`" });
  return undefined;
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
  home: ModuleScope,
  collector: DiagnosticCollector,
  span: Name["span"],
): CellDeclaration | undefined {
  const { parameters } = target.node;
  const callee = `cell \`${target.node.name.text}\``;
  const open = parameters.map(({ name, type }) => ({ name: name.text, optional: true, named: type !== "cell" }));
  // Cells come by position, in their order; everything else by name.
  const inOrder = [...open.filter(({ named }) => !named), ...open.filter(({ named }) => named)];
  const matched = matchArguments(list, inOrder, callee, span, collector);
  if (matched === undefined) return undefined;
  const given = new Map(inOrder.flatMap(({ name }, i) => (matched[i] === undefined ? [] : [[name, matched[i].value]])));
  const bound = bindCells(target, parameters, given, home, collector);
  const kept = parameters.filter((parameter) => !isCell(parameter) || !given.has(parameter.name.text));
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
  home: ModuleScope,
  collector: DiagnosticCollector,
): ReadonlyMap<string, BoundCell> | undefined {
  const bound = new Map(target.bound);
  for (const parameter of parameters.filter(isCell)) {
    const value = given.get(parameter.name.text);
    if (value === undefined) continue;
    const declaration = cellArgument(value, home, collector);
    const dimensions = declaration && matchDimensions(parameter, declaration, value, collector);
    if (declaration === undefined || dimensions === undefined) return undefined;
    bound.set(parameter.name.text, { declaration, dimensions });
  }
  return bound;
}

/** By name where all names fit, else by position. */
function matchDimensions(
  { name, dimensions = [] }: CellParameterNode,
  { node }: CellDeclaration,
  { span }: Expression,
  collector: DiagnosticCollector,
): ReadonlyMap<string, string> | undefined {
  const wanted = dimensions.map(({ text }) => text);
  const open = node.parameters.filter(({ type, defaultValue }) => type === "cell" || defaultValue === undefined);
  const own = open.map((parameter) => parameter.name.text);
  const areDimensions = open.every(({ type }) => type === "dimension");
  if (areDimensions && own.length === wanted.length) {
    const isByName = wanted.every((text) => own.includes(text));
    return new Map(wanted.map((text, i) => [text, isByName ? text : (own[i] ?? "")]));
  }
  const message = `\`${name.text}\` is a cell of (${wanted.join(", ")}), \`${node.name.text}\` is one of (${own.join(", ")})`;
  collector.report("cell-does-not-fit", span, message, {
    related: [{ span: name.span, message: "declared here" }],
    help: areDimensions ? undefined : "reals and cells of it are given here, by name: `Name(eps = 1e-3)`",
  });
  return undefined;
}

/** Whether it takes a cell that nobody has given, so that it cannot be compiled by itself. */
export function takesCells({ node }: CellDeclaration): boolean {
  return node.parameters.some(isCell);
}
