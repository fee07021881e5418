/** `use lower = LSTM(I, H)`: instances with their dimensions and real parameters. */
import { suggestion } from "./suggestion.js";
import type { ArgumentNode, CellParameterNode, Expression, UseNode } from "../syntax/ast.js";
import { boundedSubstitute } from "../../base/types/bounded-dim.js";
import { constantOf, type Dim } from "../../base/types/dim.js";
import type { SectionName } from "./array-sections.js";
import { tensorsIn } from "./cell-tensors.js";
import { interfaceDeclaration } from "./cell-interface.js";
import type { Checker } from "./checker.js";
import type { CellDeclaration } from "./declared.js";
import { forEachPart } from "./expression-parts.js";
import { inferConstant, inferIndex } from "./constants.js";
import { dimensionOf, sizeOf } from "./dimension-expressions.js";
import { withDefaults } from "./fit-cell.js";
import { matchArguments } from "./match-arguments.js";
import { cellNamed, specialise } from "./specialise.js";
import { takeOver } from "./take-over.js";
import { isStored, type TypedCell, type TypedExpression, type TypedInstance } from "./typed-program.js";

/** What a used cell adds to the nesting. */
const levelsOfUse = 5;

/** A used cell, and the expressions for its params that are given. */
export interface ResolvedUse {
  readonly instance: TypedInstance;
  readonly given: ReadonlyMap<string, Expression>;
}

/**
 * The used cells that a declaration makes, without their names; undefined where something was reported, here or in the used cell.
 *
 * @param others Used cells that were resolved before, by name.
 * @param owner The cell around, which may have cells as parameters.
 */
export function resolveUse(
  checker: Checker,
  node: UseNode,
  others: ReadonlyMap<string, ResolvedUse>,
  owner: CellDeclaration,
): ResolvedUse | undefined {
  if (node.arguments === undefined) return resolveShared(checker, node, others);
  return resolveNew(checker, node, node.arguments, owner);
}

/** `use b = a`: another one with the params of `a`. */
function resolveShared(
  checker: Checker,
  { cell, span }: UseNode,
  others: ReadonlyMap<string, ResolvedUse>,
): ResolvedUse | undefined {
  const other = others.get(cell.text);
  checker.scope.used.add(cell.text);
  if (other !== undefined) {
    checker.addExtent(other.instance.cell.extent, span, levelsOfUse);
    return { ...other, instance: { ...other.instance, sharedWith: other.instance.sharedWith ?? cell.text } };
  }
  const entry = checker.scope.entries.get(cell.text);
  if (entry?.kind === "instance") {
    // What was wrong with it was said there; only its place may be.
    const isLater = entry.span.start > span.start;
    if (isLater) {
      checker.report("unknown-cell", cell.span, `\`${cell.text}\` is declared below`, {
        related: [{ span: entry.span, message: "declared here" }],
        help: "first the used cell that has the params, then those that share them",
      });
    }
    return undefined;
  }
  const isCell = checker.scope.module.entries.get(cell.text)?.declaration?.kind === "cell";
  if (isCell) checker.scope.module.used.add(cell.text);
  const instances = [...checker.scope.entries].filter(([, { kind }]) => kind === "instance").map(([name]) => name);
  checker.report(
    "unknown-cell",
    cell.span,
    isCell ? `\`${cell.text}\` is a cell` : `there is no used cell \`${cell.text}\``,
    {
      help: isCell ? `with its dimensions: \`use … = ${cell.text}(…)\`` : suggestion(cell.text, instances),
    },
  );
  return undefined;
}

/** A cell that a name stands for, and what its parameters are called here. */
interface Usable {
  readonly name: string;
  readonly parameters: readonly CellParameterNode[];
  /** The name of a dimension in the cell itself. */
  readonly ownName: (dimension: string) => string;
  /** What stands in an interface under another name than the cell has for it. */
  readonly called?: ReadonlyMap<string, string>;
  /** With the cells that are given for its parameters. */
  readonly typed: (cells: readonly ArgumentNode[]) => TypedCell | undefined;
}

function candidateOf(checker: Checker, { cell, span }: UseNode, owner: CellDeclaration): Usable | undefined {
  const { text } = cell;
  const { collector, known } = checker;
  const parameter = owner.node.parameters.find(({ name, type }) => type === "cell" && name.text === text);
  const bound = owner.bound.get(text);
  const asParameters = (names: readonly string[]): CellParameterNode[] =>
    names.map((name) => ({ name: { text: name, span }, type: "dimension", span }));
  if (parameter?.cell !== undefined) {
    checker.scope.used.add(text);
    const names = parameter.cell.dimensions.map((dimension) => dimension.text);
    const declaration = interfaceDeclaration({ ...parameter, cell: parameter.cell }, owner.module);
    const typed = (): TypedCell | undefined => known.cellOf(declaration, cell.span, collector);
    return { name: text, parameters: asParameters(names), ownName: (name) => name, typed };
  }
  if (bound !== undefined) {
    const names = [...bound.dimensions.keys()];
    checker.scope.used.add(text);
    const fitted = known.givenCell(bound, owner.node.form, collector);
    return {
      name: text,
      parameters: asParameters(names),
      ownName: (name) => bound.dimensions.get(name) ?? name,
      typed: () => fitted?.cell,
      ...(fitted && { called: fitted.called }),
    };
  }
  const declaration = cellNamed(checker.scope.module, cell, collector);
  if (declaration === undefined) return undefined;
  const typed = (cells: readonly ArgumentNode[]): TypedCell | undefined => {
    const around = { home: checker.scope.module, owner, collector };
    const special = cells.length === 0 ? declaration : specialise(declaration, cells, around, span);
    return special && known.cellOf(special, cell.span, collector);
  };
  return { name: text, parameters: declaration.node.parameters, ownName: (name) => name, typed };
}

function resolveNew(
  checker: Checker,
  node: UseNode,
  list: readonly ArgumentNode[],
  owner: CellDeclaration,
): ResolvedUse | undefined {
  const candidate = candidateOf(checker, node, owner);
  if (candidate === undefined) return undefined;
  const { parameters, ownName } = candidate;
  const cells = cellsAmong(list, parameters);
  for (const { value } of cells) forEachPart(value, (part) => part.kind === "reference" && checker.scope.used.add(part.name)); // prettier-ignore
  const cell = candidate.typed(cells);
  const stored = cell === undefined ? [] : tensorsIn(cell).filter(isStored);
  const params = stored.map(({ name }) => ({ name, optional: true, named: true }));
  const own = parameters.map(({ name, defaultValue }) => ({
    name: name.text,
    ...(defaultValue !== undefined && { optional: true }),
  }));
  const matched = matchArguments(list, [...own, ...params], `cell \`${candidate.name}\``, node.span, checker.collector);
  if (matched === undefined) return undefined;
  const bound = bindParameters(checker, cell, parameters, matched);
  const given = new Map(
    params.flatMap(({ name }, i) => {
      const argument = matched[own.length + i];
      return argument === undefined ? [] : [[name, argument.value] as const];
    }),
  );
  if (bound === undefined || cell === undefined || !cell.sound) return undefined;
  const dimensions = withDefaults(cell, new Map([...bound.dimensions].map(([name, dim]) => [ownName(name), dim])));
  checker.addExtent(cell.extent, node.cell.span, levelsOfUse);
  if (!takeOver(checker, cell, dimensions, node.span)) return undefined;
  const { span } = node.cell;
  const { reals } = bound;
  const instance = {
    name: "",
    span,
    count: undefined,
    cell,
    dimensions,
    reals,
    given: new Set(given.keys()),
    sharedWith: undefined,
    starts: new Map(),
    called: candidate.called ?? new Map(),
  };
  return { instance, given };
}

/** The arguments that are cells, by their names; what does not match is reported with the others. */
function cellsAmong(list: readonly ArgumentNode[], parameters: readonly CellParameterNode[]): ArgumentNode[] {
  let position = 0;
  return list.flatMap((argument) => {
    const parameter =
      argument.name === undefined
        ? parameters[position++]
        : parameters.find(({ name }) => name.text === argument.name?.text);
    return parameter?.type === "cell" ? [{ ...argument, name: parameter.name }] : [];
  });
}

interface Bound {
  readonly dimensions: ReadonlyMap<string, Dim>;
  readonly reals: ReadonlyMap<string, TypedExpression>;
}

function bindParameters(
  checker: Checker,
  cell: TypedCell | undefined,
  parameters: readonly CellParameterNode[],
  given: readonly (ArgumentNode | undefined)[],
): Bound | undefined {
  const dimensions = new Map<string, Dim>();
  const reals = new Map<string, TypedExpression>();
  let isComplete = true;
  for (const [i, { name, type }] of parameters.entries()) {
    const argument = given[i];
    if (argument === undefined) continue;
    if (type === "cell") continue;
    const dim = type === "dimension" ? fixedSizeOf(checker, argument.value) : undefined;
    const declared = cell?.reals.find((real) => real.name === name.text)?.bound;
    const most = cell && declared && boundedSubstitute(declared, withDefaults(cell, dimensions));
    const constant = (): TypedExpression | undefined =>
      most === undefined ? inferConstant(checker, argument.value) : inferIndex(checker, argument.value, most);
    const value = type === "real" ? constant() : undefined;
    if (dim !== undefined) dimensions.set(name.text, dim);
    else if (value !== undefined) reals.set(name.text, value);
    else isComplete = false;
  }
  return isComplete ? { dimensions, reals } : undefined;
}

/** With how many there are, where it is an array; undefined where something was reported. */
export function countOf(
  checker: Checker,
  { count, text, section }: SectionName,
  instance: TypedInstance,
): TypedInstance | undefined {
  if (count === undefined) return instance;
  const { sharedWith } = instance;
  // A section above others may have none.
  const some = section && dimensionOf(checker, count);
  const isOpen = some !== undefined && constantOf(some) === undefined && checker.runtimeSymbol(some) === undefined;
  const isPossible = isOpen && checker.provenAtLeast(some, 0);
  const dim = sharedWith !== undefined ? undefined : isPossible ? some : fixedSizeOf(checker, count);
  if (sharedWith !== undefined) {
    const message = `\`${text}\` has the params of \`${sharedWith}\`, and is as many`;
    checker.report("bad-index", count.span, message, { help: `\`use ${text} = ${sharedWith}\`` });
  }
  return dim && { ...instance, count: dim };
}

function fixedSizeOf(checker: Checker, expression: Expression): Dim | undefined {
  const dim = sizeOf(checker, expression);
  const symbol = dim && checker.runtimeSymbol(dim);
  if (symbol === undefined) return dim;
  checker.report("run-time-dimension", expression.span, `\`${symbol}\` is known at run time only`, {
    help: "dimensions of a used cell are fixed when it is compiled; contexts bring run-time dimensions along",
  });
  return undefined;
}
