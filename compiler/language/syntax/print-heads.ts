/** What imports, cells and functions begin with, and what only networks have, in canonical form. */
import {
  type CellNode,
  type EntryNode,
  type FunctionNode,
  type FunctionTypeNode,
  type ImportNode,
  type RequireNode,
  type TypeNode,
} from "./ast.js";
import { parametersInOrder } from "./parameters-in-order.js";
import type { Notation } from "./notation.js";
import { expressionDoc, parenthesised, typeDoc } from "./print-expression.js";
import { commaList, type Doc, group, indent, line, softLine } from "./print-layout.js";

export function cellHead({ form, name, parameters, runtime }: CellNode, notation: Notation): Doc {
  const list = parameters.map((parameter) => cellParameterDoc(parameter, notation));
  const head = `${form} ${notation.called(name.text)}`;
  if (runtime.length === 0) return [head, parenthesised(list)];
  const sizes = runtime.map(({ name: own, least }) => `${notation.name(own.text)}${least === 0 ? "" : ` >= ${least}`}`);
  const all = group("(", indent(softLine, commaList(list), "; ", commaList(sizes)), softLine, ")");
  return [head, all];
}

export function importDoc({ names, path }: ImportNode): Doc {
  const list = names.map(({ name, alias }) => (alias === undefined ? name.text : `${name.text} as ${alias.text}`));
  return `import { ${list.join(", ")} } from "${path}"`;
}

function cellParameterDoc(
  { name, type, bound, defaultValue, dimensions }: CellNode["parameters"][number],
  notation: Notation,
): Doc {
  if (dimensions !== undefined) {
    const list = dimensions.map(({ text }) => notation.name(text));
    return [`${notation.called(name.text)}: cell`, parenthesised(list)];
  }
  const ofType: Doc = bound !== undefined ? [": index(", expressionDoc(bound, notation), ")"] : type === "real" ? ": real" : ""; // prettier-ignore
  return [
    notation.name(name.text),
    ofType,
    defaultValue === undefined ? "" : [" = ", expressionDoc(defaultValue, notation)],
  ];
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
