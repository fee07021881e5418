/** What imports, cells and functions begin with, and what only networks have, in canonical form. */
import {
  type CellNode,
  type EntryNode,
  type FunctionNode,
  type FunctionTypeNode,
  type ImportNode,
  type InterfaceNode,
  type RequireNode,
  type TypeNode,
} from "./ast.js";
import { parametersInOrder } from "./parameters-in-order.js";
import type { Notation } from "./notation.js";
import { expressionDoc, parenthesised, typeDoc } from "./print-expression.js";
import { commaList, type Doc, group, indent, line, lineOr, softLine } from "./print-layout.js";

export function cellHead({ form, name, parameters, runtime }: CellNode, notation: Notation): Doc {
  const list = parameters.map((parameter) => cellParameterDoc(parameter, notation));
  return [`${form} ${notation.called(name.text)}`, dimensionsDoc(list, runtime, notation)];
}

/** `(I, H; T >= 1)`. */
function dimensionsDoc(list: readonly Doc[], runtime: CellNode["runtime"], notation: Notation): Doc {
  if (runtime.length === 0) return parenthesised(list);
  const sizes = runtime.map(({ name: own, least }) => `${notation.name(own.text)}${least === 0 ? "" : ` >= ${least}`}`);
  return group("(", indent(softLine, commaList(list), "; ", commaList(sizes)), softLine, ")");
}

export function importDoc({ names, path }: ImportNode): Doc {
  const list = names.map(({ name, alias }) => (alias === undefined ? name.text : `${name.text} as ${alias.text}`));
  return `import { ${list.join(", ")} } from "${path}"`;
}

function cellParameterDoc(
  { name, type, bound, defaultValue, cell }: CellNode["parameters"][number],
  notation: Notation,
): Doc {
  const ofType: Doc = bound !== undefined ? ["index(", expressionDoc(bound, notation), ")"] : type === "real" ? "real" : ""; // prettier-ignore
  const own = cell === undefined ? ofType : interfaceDoc(cell, notation);
  return [
    cell === undefined ? notation.name(name.text) : notation.called(name.text),
    own === "" ? "" : [": ", own],
    defaultValue === undefined ? "" : [" = ", expressionDoc(defaultValue, notation)],
  ];
}

/** `cell(I, H) { input x: [I]; output y: [H] }`, in one line or with a line for each item. */
function interfaceDoc({ form, dimensions, runtime, items }: InterfaceNode, notation: Notation): Doc {
  const list = dimensions.map(({ text }) => notation.name(text));
  const head: Doc = [form, dimensionsDoc(list, runtime, notation)];
  if (items === undefined) return head;
  const docs = items.map(({ kind, names, type }): Doc => {
    const own = names.map(({ text }) => notation.name(text)).join(", ");
    return [`${kind} ${own}: `, typeDoc(type, notation)];
  });
  const separated = docs.map((doc, i): Doc => [i === 0 ? "" : lineOr("; "), doc]);
  return [head, items.length === 0 ? " {}" : group(" {", indent(line, separated), line, "}")];
}

export function functionHead(node: FunctionNode, notation: Notation): Doc {
  const { name } = node;
  const list = parametersInOrder(node).map(({ name: own, type }) =>
    type === undefined ? notation.name(own.text) : [`${notation.name(own.text)}: `, parameterTypeDoc(type, notation)],
  );
  const results = node.results.map(({ name: own, type }): Doc => [
    own === undefined ? "" : `${notation.name(own.text)}: `,
    typeDoc(type, notation),
  ]);
  const several = node.results.some((one) => one.name !== undefined);
  return [`fn ${notation.called(name.text)}`, parenthesised(list), ": ", several ? parenthesised(results) : results];
}

function parameterTypeDoc(type: TypeNode | FunctionTypeNode, notation: Notation): Doc {
  if (type.kind !== "function-type") return typeDoc(type, notation);
  const list = type.parameters.map((parameter) => typeDoc(parameter, notation));
  return ["fn", parenthesised(list), ": ", typeDoc(type.result, notation)];
}

/** `entry next = scores, d.h' given memory, previous`. */
export function entryDoc({ name, results, given }: EntryNode, notation: Notation): Doc {
  const list = commaList(results.map((result) => expressionDoc(result, notation)));
  const cuts = commaList(given.map(({ text }) => notation.name(text)));
  const end: Doc = given.length === 0 ? "" : [line, "given ", cuts];
  return group(`entry ${notation.name(name.text)} = `, indent(list, end));
}

/** `require T >= K - 1`. */
export const requirementDoc = ({ operator, left, right }: RequireNode, notation: Notation): Doc => [
  "require ",
  expressionDoc(left, notation),
  ` ${operator} `,
  expressionDoc(right, notation),
];
