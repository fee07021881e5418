/** The names of a script that it does not declare itself: what it takes from the host. */
import type { Node } from "acorn";

type Tree = Node & Readonly<Record<string, unknown>>;

/** The names that are declared in a function, block or loop. */
interface NameScope {
  readonly names: Set<string>;
  /** Names that are read or written in it, and in scopes inside that do not declare them. */
  used: Set<string>;
  /** The names of the function that it is in, or is: `var` goes there. */
  readonly variables: Set<string>;
  readonly outer: NameScope | undefined;
}

const isNode = (value: unknown): value is Tree =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** The nodes right below, in the order of the text. */
function childrenOf(node: Tree): Tree[] {
  const children: Tree[] = [];
  for (const value of Object.values(node)) {
    if (isNode(value)) children.push(value);
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) children.push(item);
  }
  return children;
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

/**
 * Free names, in the order in which the text first has them. Scopes are those of a strict script, where a name is its declaration's in the whole scope.
 * What a scope does not declare is handed to the one around it, always the smaller set to the larger: deep nesting costs nothing.
 */
export function freeNames(program: Node): ReadonlySet<string> {
  const global = scopeIn(undefined, true, new Set());
  // Every scope comes after those that it is in.
  const scopes = [global];
  const mentioned = new Set<string>();
  walk(program, global, (node, parent, outer) => {
    declare(node, outer);
    if (node.type === "Identifier" && (parent === undefined || (isReference[parent.type]?.(parent, node) ?? true))) {
      const name = node["name"] as string;
      mentioned.add(name);
      outer.used.add(name);
    }
    if (!makesScope(node)) return outer;
    const made = scopeIn(outer, isFunction(node), namesOf(node));
    scopes.push(made);
    return made;
  });
  for (const { names, used, outer } of scopes.reverse()) {
    for (const name of names) used.delete(name);
    if (outer !== undefined) outer.used = union(outer.used, used);
  }
  return new Set([...mentioned].filter((name) => global.used.has(name)));
}

/** Of two sets that nobody needs any more. */
function union(one: Set<string>, other: Set<string>): Set<string> {
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  for (const name of small) large.add(name);
  return large;
}

function scopeIn(outer: NameScope | undefined, isOfFunction: boolean, names: Set<string>): NameScope {
  const variables = isOfFunction || outer === undefined ? names : outer.variables;
  return { names, used: new Set(), variables, outer };
}

/** What a statement declares in the scope that it stands in. */
function declare(node: Tree, scope: NameScope): void {
  if (node.type === "VariableDeclaration") {
    const target = node["kind"] === "var" ? scope.variables : scope.names;
    for (const { id } of node["declarations"] as readonly { id: Tree }[])
      for (const name of boundBy(id)) target.add(name);
  }
  if (node.type === "FunctionDeclaration" || node.type === "ClassDeclaration") {
    if (isNode(node["id"])) scope.names.add(node["id"]["name"] as string);
  }
}

/** What a node declares in the scope that it makes: parameters, and its own name where it is an expression. */
function namesOf(node: Tree): Set<string> {
  const names = new Set<string>();
  if (isFunction(node)) {
    for (const parameter of (node["params"] as readonly Tree[] | undefined) ?? [])
      for (const name of boundBy(parameter)) names.add(name);
    if (node.type !== "ArrowFunctionExpression") names.add("arguments");
  }
  if (/Expression$|^Class/u.test(node.type) && isNode(node["id"])) names.add(node["id"]["name"] as string);
  if (node.type === "CatchClause" && isNode(node["param"])) for (const name of boundBy(node["param"])) names.add(name);
  return names;
}
