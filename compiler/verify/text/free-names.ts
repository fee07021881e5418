/** The names of a script that it does not declare itself: what it takes from the host. */
import type { Node } from "acorn";

export type Tree = Node & Readonly<Record<string, unknown>>;

/** The names that are declared in a function, block or loop. */
interface Scope {
  readonly names: Set<string>;
  /** `var` goes to the nearest of these. */
  readonly isFunction: boolean;
  readonly outer: Scope | undefined;
}

const isNode = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** The nodes right below, in the order of the text. */
function childrenOf(node: Tree): Tree[] {
  return Object.values(node)
    .flat()
    .filter((value) => isNode(value));
}

/** The identifiers that a pattern binds. */
function boundBy(pattern: Tree): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern["name"] as string];
    case "Property":
      return boundBy(pattern["value"] as Tree);
    case "AssignmentPattern":
      return boundBy(pattern["left"] as Tree);
    case "MemberExpression":
      return [];
    default:
      return childrenOf(pattern).flatMap(boundBy);
  }
}

export const isFunction = ({ type }: Tree): boolean => /Function(?:Declaration|Expression)$|^StaticBlock$/u.test(type);
const makesScope = (node: Tree): boolean =>
  isFunction(node) ||
  /^(?:BlockStatement|For\w*Statement|SwitchStatement|CatchClause|Class\w+|Program)$/u.test(node.type);

const nearestFunction = (scope: Scope): Scope =>
  scope.isFunction || scope.outer === undefined ? scope : nearestFunction(scope.outer);

const isReference: Readonly<Record<string, (node: Tree, child: Tree) => boolean>> = {
  MemberExpression: (node, child) => node["computed"] === true || child !== node["property"],
  Property: (node, child) => node["computed"] === true || child !== node["key"] || node["shorthand"] === true,
  PropertyDefinition: (node, child) => node["computed"] === true || child !== node["key"],
  MethodDefinition: (node, child) => node["computed"] === true || child !== node["key"],
  LabeledStatement: (node, child) => child !== node["label"],
  BreakStatement: () => false,
  ContinueStatement: () => false,
  MetaProperty: () => false,
};

/** Walks with a stack of its own, so that no depth of nesting ends it; `enter` says what is to be known below a node. */
export function walk<T>(root: Node, known: T, enter: (node: Tree, parent: Tree | undefined, known: T) => T): void {
  const todo: [Tree, Tree | undefined, T][] = [[root as Tree, undefined, known]];
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    const [node, parent, outer] = next;
    const own = enter(node, parent, outer);
    for (const child of childrenOf(node).reverse()) todo.push([child, node, own]);
  }
}

/** Free names. Scopes are those of a strict script, where a name is its declaration's in the whole scope. */
export function freeNames(program: Node): ReadonlySet<string> {
  const references: { readonly name: string; readonly scope: Scope }[] = [];
  const global: Scope = { names: new Set(), isFunction: true, outer: undefined };
  walk(program, global, (node, parent, outer) => {
    declare(node, outer);
    if (node.type === "Identifier" && (parent === undefined || (isReference[parent.type]?.(parent, node) ?? true))) {
      references.push({ name: node["name"] as string, scope: outer });
    }
    return makesScope(node) ? scopeOf(node, outer) : outer;
  });
  const free = new Set<string>();
  for (const { name, scope } of references) {
    let found: Scope | undefined = scope;
    while (found !== undefined && !found.names.has(name)) found = found.outer;
    if (found === undefined) free.add(name);
  }
  return free;
}

/** What a statement declares in the scope that it stands in. */
function declare(node: Tree, scope: Scope): void {
  if (node.type === "VariableDeclaration") {
    const target = node["kind"] === "var" ? nearestFunction(scope) : scope;
    for (const { id } of node["declarations"] as readonly { id: Tree }[])
      for (const name of boundBy(id)) target.names.add(name);
  }
  if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") {
    if (isNode(node["id"])) scope.names.add(node["id"]["name"] as string);
  }
}

/** The scope that a node makes, with what the node itself declares in it: parameters, and its own name where it is an expression. */
function scopeOf(node: Tree, outer: Scope): Scope {
  const names = new Set<string>();
  if (isFunction(node)) {
    for (const parameter of (node["params"] as readonly Tree[] | undefined) ?? [])
      for (const name of boundBy(parameter)) names.add(name);
    if (node.type !== "ArrowFunctionExpression") names.add("arguments");
  }
  if (/Expression$|^Class/u.test(node.type) && isNode(node["id"])) names.add(node["id"]["name"] as string);
  if (node.type === "CatchClause" && isNode(node["param"])) for (const name of boundBy(node["param"])) names.add(name);
  return { names, isFunction: isFunction(node), outer };
}
