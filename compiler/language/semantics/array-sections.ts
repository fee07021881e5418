/**
 * Arrays whose used cells are declared in sections, `use l[0] = LSTM(E, H)` and `use l[1 : L] = LSTM(H, H)`: each section becomes an array of its
 * own, and calls go to the section in which their place lies.
 */
import { boundedAdd } from "../../base/types/bounded-dim.js";
import { type Dim, dimConstant, equalDims, printDim } from "../../base/types/dim.js";
import type { CellItem, Expression, UsedName, UseNode } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import type { CellDeclaration } from "./declared.js";
import type { TypedInstance } from "./typed-program.js";

interface ArraySection {
  readonly array: string;
  readonly first: number;
}

/** A used name that is a section, as the rest of the analysis sees it. */
export interface SectionName extends UsedName {
  readonly section?: ArraySection;
}

type SectionsOfArrays = ReadonlyMap<string, readonly ArraySection[]>;

const sectionName = ({ array, first }: ArraySection): string => `${array}[${first}]`;

export function withArraySections(declaration: CellDeclaration): CellDeclaration {
  const { node } = declaration;
  const sections = sectionsIn(node.items.flatMap((item) => (item.kind === "use" ? item.names : [])));
  if (sections.size === 0) return declaration;
  const items = node.items.map((item) => inSections(item, sections));
  return { ...declaration, node: { ...node, items } };
}

/** By the names of the arrays, from the first to the last. */
function sectionsIn(names: readonly UsedName[]): SectionsOfArrays {
  const found = new Map<string, ArraySection[]>();
  for (const array of new Set(names.map(({ text }) => text))) {
    const own = names.filter(({ text }) => text === array);
    const firsts = own.map(firstOf);
    const isWhole = own.length === 1 && own[0]?.first === undefined;
    if (isWhole || firsts.includes(undefined)) continue;
    found.set(array, firsts.flatMap((first) => (first === undefined ? [] : [{ array, first }])).sort((a, b) => a.first - b.first)); // prettier-ignore
  }
  return found;
}

/** Where a section begins; undefined of a name without one. */
function firstOf({ first, count }: UsedName): number | undefined {
  if (first !== undefined) return first;
  return count?.kind === "number" && Number.isInteger(count.value) ? count.value : undefined;
}

function inSections(item: CellItem, sections: SectionsOfArrays): CellItem {
  if (item.kind === "use") return { ...item, names: item.names.map((name) => asSection(name, sections)) };
  if (item.kind === "loss")
    return {
      ...item,
      value: redirected(item.value, sections),
      ...(item.per && { per: redirected(item.per, sections) }),
    };
  return item.kind === "equation" || item.kind === "output"
    ? { ...item, value: redirected(item.value, sections) }
    : item;
}

function asSection(name: UseNode["names"][number], sections: SectionsOfArrays): SectionName {
  const first = firstOf(name);
  const { span, text, count } = name;
  if (!sections.has(text) || first === undefined || count === undefined) return name;
  const section = { array: text, first };
  const number = (value: number): Expression => ({ kind: "number", value, text: String(value), span: count.span });
  const length: Expression =
    name.first === undefined
      ? number(1)
      : {
          kind: "binary",
          operator: "-",
          operatorSpan: count.span,
          left: count,
          right: number(first),
          span: count.span,
        };
  return { text: sectionName(section), span, count: first === 0 && name.first !== undefined ? count : length, section };
}

/** The groups of rounds and of results share what they are made of, here too. */
const known = new WeakMap<object, object>();

function shared<Node extends object>(node: Node, make: () => Node): Node {
  const found = (known.get(node) as Node | undefined) ?? make();
  known.set(node, found);
  return found;
}

/** With calls and members of the sections that they mean. */
function redirected(
  root: Expression,
  sections: SectionsOfArrays,
  from: ReadonlyMap<string, number> = new Map(),
): Expression {
  const inside = (part: Expression): Expression => redirected(part, sections, from);
  const all = (parts: readonly Expression[]): Expression[] => parts.map(inside);
  switch (root.kind) {
    case "call": {
      const given = root.arguments.map((argument) => ({ ...argument, value: inside(argument.value) }));
      const name = root.place && sectionAt(root.callee.text, root.place, sections, from);
      const place = root.place && inside(root.place);
      const callee = name === undefined ? root.callee : { ...root.callee, text: name };
      return shared(root, () => ({ ...root, callee, ...(place && { place }), arguments: given }));
    }
    case "index": {
      const [only, ...others] = root.indices;
      const name =
        root.object.kind === "reference" && only?.kind === "at" && others.length === 0
          ? sectionAt(root.object.name, only.value, sections, from)
          : undefined;
      const object = name === undefined ? inside(root.object) : { ...root.object, name };
      const indices = root.indices.map(
        (index) =>
        index.kind === "at"
          ? { ...index, value: inside(index.value) }
          : { ...index, ...(index.start && { start: inside(index.start) }), ...(index.end && { end: inside(index.end) }) }, // prettier-ignore
      );
      return { ...root, object: object as Expression, indices };
    }
    case "rounds": {
      const rounds = shared(root.rounds, () => {
        const { index, first, next, until } = root.rounds;
        const counted = index === undefined ? from : new Map([...from, [index.text, root.rounds.from ?? 0]]);
        const within = (part: Expression): Expression => redirected(part, sections, counted);
        return { ...root.rounds, first: all(first), next: next.map(within), ...(until && { until: within(until) }) };
      });
      return { ...root, rounds };
    }
    case "result":
      return { ...root, call: inside(root.call) as typeof root.call };
    case "unary":
      return { ...root, operand: inside(root.operand) };
    case "binary":
      return { ...root, left: inside(root.left), right: inside(root.right) };
    case "if":
      return { ...root, condition: inside(root.condition), whenTrue: inside(root.whenTrue), whenFalse: inside(root.whenFalse) }; // prettier-ignore
    case "member":
      return { ...root, object: inside(root.object) };
    case "indexed":
      return { ...root, value: inside(root.value) };
    case "tuple":
    case "group":
      return { ...root, items: all(root.items) };
    default:
      return root;
  }
}

/** The name of the section in which a place lies: the last that begins before it, where that can be said. */
function sectionAt(
  array: string,
  place: Expression,
  sections: SectionsOfArrays,
  from: ReadonlyMap<string, number>,
): string | undefined {
  const all = sections.get(array);
  if (all === undefined) return undefined;
  const least = leastOf(place, from) ?? Infinity;
  const found = all.filter(({ first }) => first <= least).at(-1) ?? all[0];
  return found && sectionName(found);
}

/** The least value of a place: where the index of rounds begins. */
function leastOf(place: Expression, from: ReadonlyMap<string, number>): number | undefined {
  if (place.kind === "number") return place.value;
  if (place.kind === "reference" && !place.next) return from.get(place.name);
  if (place.kind !== "binary" || (place.operator !== "+" && place.operator !== "-")) return undefined;
  const left = leastOf(place.left, from);
  const right = place.operator === "+" ? leastOf(place.right, from) : place.right.kind === "number" ? -place.right.value : undefined; // prettier-ignore
  return left === undefined || right === undefined ? undefined : left + right;
}

/** Whether sections are the whole of their arrays, each place once. */
export function checkSections(checker: Checker, instances: Iterable<TypedInstance>): void {
  const all = [...instances].flatMap(({ section, count, span }) => (section === undefined ? [] : [{ ...section, count, span }])); // prettier-ignore
  for (const array of new Set(all.map((section) => section.array))) {
    const own = all.filter((section) => section.array === array).sort((a, b) => a.first - b.first);
    let end: Dim | undefined = dimConstant(0);
    for (const { first: begin, count, span } of own) {
      const first = dimConstant(begin);
      if (end !== undefined && !equalDims(end, first)) {
        checker.report("array-pieces", span, `\`${array}\` goes to ${printDim(end)}, and this section begins at ${printDim(first)}`, { help: `its sections are the whole of it, each place once: \`use ${array}[0] = …\`, \`use ${array}[1 : L] = …\`` }); // prettier-ignore
        return;
      }
      end = count && boundedAdd(first, count);
    }
  }
}
