/** A cell and everything it uses, from however many files, as one file that imports nothing. */
import { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import type {
  ArgumentNode,
  CallNode,
  EquationNode,
  CellItem,
  CellNode,
  Expression,
  FunctionNode,
  SourceFileNode,
} from "../syntax/ast.js";
import { declareModules } from "./declarations.js";
import type { Declaration, FunctionDeclaration } from "./declared.js";
import { initializerNames } from "./initializers.js";
import { loadModules, type ReadFile } from "./load-modules.js";
import { neededBy } from "./needed-declarations.js";
import { topologicalOrder } from "./topological-order.js";
import { valueNames } from "./value-names.js";

/**
 * What a cell uses stands before it. Names stay as they are unless two files have the same for different things.
 * Comments are left out, documentation is kept.
 *
 * @param file without errors, as {@link analyze} found
 */
export function linkCell(file: SourceFileNode, readFile: ReadFile, cell: string): SourceFileNode {
  const scope = declareModules(loadModules(file, readFile, new DiagnosticCollector()), new DiagnosticCollector());
  const root = scope.declarations.find(({ kind, node }) => kind === "cell" && node.name.text === cell);
  invariant(root !== undefined, `no cell ${cell} to link`);
  const { order } = topologicalOrder([root], (declaration) => [
    ...neededBy(declaration),
    ...(declaration.kind === "cell" ? declaration.functions.values() : []),
  ]);
  const names = chooseNames(order);
  const declarations = order
    .filter((declaration) => !isNested(declaration))
    .map((declaration, position) => {
      const node = withNames(declaration, names);
      // The printer goes by places, and these come from different files.
      return { ...node, span: { ...node.span, start: position, end: position } };
    });
  return { span: file.span, imports: [], declarations, comments: [], blankLines: [] };
}

type DeclaredNames = ReadonlyMap<Declaration, string>;

function isNested(declaration: Declaration): boolean {
  return declaration.kind === "function" && declaration.owner !== undefined;
}

type FunctionVariant = FunctionDeclaration & Required<Pick<FunctionDeclaration, "variantOf">>;

function isVariant(declaration: Declaration): declaration is FunctionVariant {
  return declaration.kind === "function" && declaration.variantOf !== undefined;
}

/** A name for each, under which every text that means it finds it, and no other text does. */
function chooseNames(declarations: readonly Declaration[]): DeclaredNames {
  const names = new Map<Declaration, string>();
  const taken = new Set<string>();
  const variants = declarations.filter(isVariant);
  const top = declarations.filter((declaration) => !isNested(declaration) && !isVariant(declaration));
  // The last is the cell itself: it keeps its name.
  for (const declaration of top.reverse()) {
    const own = declaration.node.name.text;
    let name = own;
    for (let count = 2; !fits(name, declaration, declarations, taken); count++) name = `${own}_${count}`;
    names.set(declaration, name);
    taken.add(name);
  }
  for (const variant of variants) names.set(variant, names.get(variant.variantOf) ?? variant.node.name.text);
  return names;
}

function fits(
  name: string,
  declaration: Declaration,
  all: readonly Declaration[],
  taken: ReadonlySet<string>,
): boolean {
  if (taken.has(name)) return false;
  return all.every((reader) => {
    const local = localNames(reader);
    const readsIt = textsIn(reader).some((text) => !local.has(text) && meaningOf(reader, text) === declaration);
    const isHidden = local.has(name) || (declaration.kind === "constant" && valueNames(reader).has(name));
    if (readsIt && isHidden) return false;
    return !textsIn(reader).includes(name) || local.has(name) || meaningOf(reader, name) === declaration;
  });
}

/** Names that hide those of the file where something is called or used. */
function localNames(declaration: Declaration): ReadonlySet<string> {
  const cell =
    declaration.kind === "cell" ? declaration : declaration.kind === "function" ? declaration.owner : undefined;
  const instances = declaration.kind === "cell" ? declaration.written.items.filter(({ kind }) => kind === "use") : [];
  return new Set([
    ...(cell?.written.parameters.map(({ name }) => name.text) ?? []),
    ...(cell?.written.items.flatMap((item) => (item.kind === "function" ? [item.name.text] : [])) ?? []),
    ...instances.flatMap((item) => (item.kind === "use" ? item.names.map(({ text }) => text) : [])),
  ]);
}

function meaningOf(declaration: Declaration, text: string): Declaration | undefined {
  const scope = declaration.kind === "cell" ? declaration.home : declaration.module;
  return scope.entries.get(text)?.declaration;
}

/** As it stands in the text. */
function writtenNode(declaration: Declaration): CellNode | FunctionNode | EquationNode {
  return declaration.kind === "cell" ? declaration.written : declaration.node;
}

/** What is called or used anywhere in a cell or function. */
function textsIn(declaration: Declaration): string[] {
  const texts: string[] = [];
  const values = valueNames(declaration);
  const collect = (text: string, asValue = false): string => {
    if (!asValue || (!values.has(text) && meaningOf(declaration, text)?.kind === "constant")) texts.push(text);
    return text;
  };
  rename(writtenNode(declaration), () => collect);
  return texts;
}

function withNames(declaration: Declaration, names: DeclaredNames): CellNode | FunctionNode | EquationNode {
  const inside = (reader: Declaration) => {
    const [local, values] = [localNames(reader), valueNames(reader)];
    return (text: string, asValue = false): string => {
      const found = (asValue ? values : local).has(text) ? undefined : meaningOf(reader, text);
      const meaning = asValue && found?.kind !== "constant" ? undefined : found;
      return (meaning === undefined ? undefined : names.get(meaning)) ?? text;
    };
  };
  const node = rename(writtenNode(declaration), (nested) => {
    const inner = declaration.kind === "cell" && nested !== undefined ? declaration.functions.get(nested) : undefined;
    return inside(inner ?? declaration);
  });
  const name = names.get(declaration) ?? node.name.text;
  return { ...node, name: { ...node.name, text: name } };
}

/** `asValue`: it is read, and not called or used. */
type Rename = (text: string, asValue?: boolean) => string;

/** The node with other names where something is called or used; `of` gives what to do in a nested function. */
function rename<Node extends CellNode | FunctionNode | EquationNode>(
  node: Node,
  of: (nested?: string) => Rename,
): Node {
  if (node.kind === "equation") return { ...node, value: renameCalls(node.value, of()) };
  if (node.kind === "function") return renameInFunction(node, of()) as Node;
  const parameters = node.parameters.map((parameter) =>
    parameter.defaultValue === undefined
      ? parameter
      : { ...parameter, defaultValue: renameCalls(parameter.defaultValue, of()) },
  );
  const items = node.items.map((item) =>
    item.kind === "function" ? renameInFunction(item, of(item.name.text)) : renameInItem(item, of()),
  );
  const { other } = node;
  if (other === undefined) return { ...node, parameters, items };
  const cell = { ...other.cell, text: of()(other.cell.text) };
  return { ...node, parameters, items, other: { cell, arguments: renameArguments(other.arguments, of()) } };
}

/** Among them may be cells. */
function renameArguments(list: readonly ArgumentNode[], name: Rename): ArgumentNode[] {
  return list.map((argument) => ({ ...argument, value: renameCell(argument.value, name) }));
}

function renameCell(value: Expression, name: Rename): Expression {
  if (value.kind === "reference" && !value.next) return { ...value, name: name(value.name) };
  if (value.kind !== "call") return renameCalls(value, name);
  return { ...value, callee: { ...value.callee, text: name(value.callee.text) }, arguments: renameArguments(value.arguments, name) }; // prettier-ignore
}

function renameInFunction(node: FunctionNode, name: Rename): FunctionNode {
  const equations = node.equations.map((equation) => ({ ...equation, value: renameCalls(equation.value, name) }));
  const { derivative } = node;
  return {
    ...node,
    equations,
    results: node.results.map((result) => ({ ...result, value: renameCalls(result.value, name) })),
    ...(derivative && {
      derivative: { ...derivative, values: derivative.values.map((value) => renameCalls(value, name)) },
    }),
  };
}

function renameInItem(item: Exclude<CellItem, FunctionNode>, name: Rename): CellItem {
  switch (item.kind) {
    case "use":
      if (item.arguments === undefined) return item;
      return {
        ...item,
        starts: item.starts.map((start) => ({ ...start, initializer: renameInInitializer(start.initializer, name) })),
        cell: { ...item.cell, text: name(item.cell.text) },
        arguments: renameArguments(item.arguments, name),
      };
    case "equation":
    case "output":
      return { ...item, value: renameCalls(item.value, name) };
    case "require":
      return item;
    case "loss":
      return {
        ...item,
        value: renameCalls(item.value, name),
        ...(item.per === undefined ? {} : { per: renameCalls(item.per, name) }),
      };
    default:
      return {
        ...item,
        ...(item.initial === undefined ? {} : { initial: renameCalls(item.initial, name) }),
        ...(item.initializer === undefined ? {} : { initializer: renameInInitializer(item.initializer, name) }),
      };
  }
}

/** The names of initialisers are no functions of the file. */
function renameInInitializer(node: Expression, name: Rename): Expression {
  const renamed = renameCalls(node, name);
  if (node.kind === "call" && node.callee.text === "complex") {
    const parts = node.arguments.map((part) => ({ ...part, value: renameInInitializer(part.value, name) }));
    return { ...node, arguments: parts };
  }
  return node.kind === "call" && renamed.kind === "call" && initializerNames.has(node.callee.text)
    ? { ...renamed, callee: node.callee }
    : renamed;
}

function renameCall(node: CallNode, name: Rename): CallNode {
  return {
    ...node,
    callee: { ...node.callee, text: name(node.callee.text) },
    arguments: node.arguments.map((argument) => ({ ...argument, value: renameCalls(argument.value, name) })),
  };
}

function renameCalls(node: Expression, name: Rename): Expression {
  const inside = (part: Expression): Expression => renameCalls(part, name);
  switch (node.kind) {
    case "number":
    case "imaginary":
      return node;
    case "reference":
      return node.next ? node : { ...node, name: name(node.name, true) };
    case "unary":
      return { ...node, operand: inside(node.operand) };
    case "binary":
      return { ...node, left: inside(node.left), right: inside(node.right) };
    case "if": {
      const { condition, whenTrue, whenFalse } = node;
      return { ...node, condition: inside(condition), whenTrue: inside(whenTrue), whenFalse: inside(whenFalse) };
    }
    case "call":
      return renameCall(node, name);
    case "member":
      return { ...node, object: inside(node.object) };
    case "index":
      return {
        ...node,
        object: inside(node.object),
        indices: node.indices.map((index) => {
          if (index.kind === "at") return { ...index, value: inside(index.value) };
          return {
            ...index,
            ...(index.start === undefined ? {} : { start: inside(index.start) }),
            ...(index.end === undefined ? {} : { end: inside(index.end) }),
          };
        }),
      };
    case "indexed":
      return { ...node, value: inside(node.value) };
    case "tuple":
    case "group":
      return { ...node, items: node.items.map(inside) };
    case "result":
      return { ...node, call: renameCall(node.call, name) };
    case "rounds": {
      const { first, next, count, until } = node.rounds;
      const parts = { first: first.map(inside), next: next.map(inside), count: inside(count) };
      return { ...node, rounds: { ...node.rounds, ...parts, ...(until && { until: inside(until) }) } };
    }
  }
}
