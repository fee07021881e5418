/**
 * Older spellings whose successors have other tensors: a param that nothing is derived by is a fixed value, a state that keeps an input is a
 * delay. Names of states, or what is trained, change for the callers of the module.
 */
import { at } from "../../base/at.js";
import { forEachPart } from "../../language/semantics/expression-parts.js";
import type {
  CellNode,
  DeclarationNode,
  EquationNode,
  Expression,
  ReferenceNode,
  SourceFileNode,
} from "../../language/syntax/ast.js";
import type { Edit, Proposal } from "./edit.js";
import { expressionsOf, valuesOfDeclaration } from "./values-in-file.js";

/** A proposal, or why what looks like an older spelling is left. */
interface TensorProposal extends Proposal {
  readonly cell: string;
  /** Why it cannot be decided here. */
  readonly against?: string;
}

/** A cell of a file, and what is read in it. */
interface ReadCell {
  readonly cell: CellNode;
  readonly text: string;
  /** Every reference in the cell, with the expression around it. */
  readonly reads: readonly { readonly node: ReferenceNode; readonly around: Expression | undefined }[];
  /** Names that are read, given or begun from other cells of the file. */
  readonly elsewhere: ReadonlySet<string>;
}

export function tensorProposals(file: SourceFileNode, text: string): TensorProposal[] {
  const elsewhere = namesElsewhere(file);
  return file.declarations.flatMap((cell) => {
    if (cell.kind !== "cell") return [];
    const reads = [...expressionsOf(cell)].flatMap(([node, around]) =>
      node.kind === "reference" ? [{ node, around }] : [],
    );
    const subject: ReadCell = { cell, text, reads, elsewhere };
    return cell.items.flatMap((item) => {
      if (item.kind === "param") return paramAsFixed(item, subject);
      if (item.kind !== "equation" || !item.next || cell.form !== "cell") return [];
      return stateAsDelay(item, subject) ?? [];
    });
  });
}

/** Last names of members, of given states and params, and of how those of used cells begin. */
function namesElsewhere({ declarations }: SourceFileNode): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (path: string): unknown => names.add(path.slice(path.lastIndexOf(".") + 1));
  for (const declaration of declarations) {
    for (const value of valuesOfDeclaration(declaration)) {
      forEachPart(value, (part) => {
        if (part.kind === "member") add(part.member.text);
        if (part.kind === "call") for (const { name } of part.arguments) add(name?.text ?? "");
      });
    }
    if (declaration.kind !== "cell") continue;
    for (const item of declaration.items) {
      if (item.kind !== "use") continue;
      for (const { name } of item.arguments ?? []) add(name?.text ?? "");
      for (const { path } of item.starts) add(at(path, path.length - 1).text);
    }
  }
  return names;
}

/** `stop_gradient(P)` wherever a param is read. */
function paramAsFixed(declaration: DeclarationNode, { cell, text, reads, elsewhere }: ReadCell): TensorProposal[] {
  const stops = (name: string): Expression[] | undefined => {
    const all = reads.filter(({ node }) => node.name === name).map(({ around }) => around);
    const stopped = all.flatMap((around) => (around !== undefined && isStop(around) ? [around] : []));
    return all.length > 0 && stopped.length === all.length ? stopped : undefined;
  };
  const found = declaration.names.flatMap(({ text: name }) => {
    const around = stops(name);
    return around === undefined ? [] : [{ name, around }];
  });
  if (found.length === 0) return [];
  const names = found.map(({ name }) => name);
  const edits = found.flatMap(({ name, around }) => around.map(({ span }): Edit => ({ start: span.start, end: span.end, text: name }))); // prettier-ignore
  const used = names.filter((name) => elsewhere.has(name));
  const against = used.length === 0 ? withIndices(declaration, names) : readElsewhere(used);
  return [
    {
      cell: cell.name.text,
      start: declaration.span.start,
      was: `param ${names.join(", ")} in stop_gradient`,
      now: `fixed ${names.join(", ")}`,
      edits: [...edits, asFixed(declaration, names, text)],
      ...(against !== undefined && { against }),
    },
  ];
}

const isStop = (part: Expression): boolean =>
  part.kind === "call" && part.callee.text === "stop_gradient" && part.arguments.length === 1;

const readElsewhere = (names: readonly string[]): string =>
  `other cells of the file read or give ${names.map((name) => `\`${name}\``).join(", ")}`;

/** Of names with indices some cannot be told apart by their text. */
const withIndices = ({ names }: DeclarationNode, own: readonly string[]): string | undefined =>
  own.length < names.length && names.some(({ indices }) => indices !== undefined)
    ? "it is declared together with params that are learned"
    : undefined;

/** `param a, b: T ~ i` with `a` fixed: `fixed a: T ~ i` and `param b: T ~ i`. */
function asFixed(declaration: DeclarationNode, own: readonly string[], text: string): Edit {
  const { span, names, kind } = declaration;
  if (own.length === names.length) return { start: span.start, end: span.start + kind.length, text: "fixed" };
  const rest = text.slice(at(names, names.length - 1).span.end, span.end);
  const others = names.map((name) => name.text).filter((name) => !own.includes(name));
  const lines = [`fixed ${own.join(", ")}${rest}`, `${kind} ${others.join(", ")}${rest}`];
  return { start: span.start, end: span.end, text: lines.join("\n") };
}

/** `p' = x` of an input, or `s' = concat(stack(x), s[:K - 1])`. */
function stateAsDelay(equation: EquationNode, subject: ReadCell): TensorProposal | undefined {
  const { cell, text, reads, elsewhere } = subject;
  const name = equation.name.text;
  const state = cell.items.find((item): item is DeclarationNode => item.kind === "state" && item.names.some((own) => own.text === name)); // prettier-ignore
  const line = state === undefined ? undefined : lineOf(equation, state, subject);
  if (state === undefined || line === undefined) return undefined;
  const own = (part: Expression | undefined): boolean =>
    part !== undefined && part.span.start >= equation.span.start && part.span.end <= equation.span.end;
  const others = reads.filter(({ node }) => node.name === name && !own(node));
  const against = elsewhere.has(name)
    ? readElsewhere([name])
    : others.some(({ node }) => node.next !== line.isNext)
      ? line.against
      : state.documentation !== undefined && (state.names.length > 1 || equation.documentation !== undefined)
        ? "its documentation would be that of something else"
        : undefined;
  // A documented one takes the place of the declaration.
  const [here, gone] = state.documentation === undefined ? [equation, without(state, name, text)] : [state, { ...rangeOf(equation), text: "" }]; // prettier-ignore
  const edits: Edit[] = [
    gone,
    { ...rangeOf(here), text: `${name} = ${line.value}` },
    ...others.flatMap(({ node }): Edit[] => (node.next === line.isNext ? [{ ...rangeOf(node), text: name }] : [])),
  ];
  const was = text.slice(equation.span.start, equation.span.end).replace(/\s+/gu, " ");
  const now = `${name} = ${line.value}`;
  return {
    cell: cell.name.text,
    start: equation.span.start,
    was,
    now,
    edits,
    ...(against !== undefined && { against }),
  };
}

const rangeOf = ({ span: { start, end } }: { readonly span: Edit | Expression["span"] }): Pick<Edit, "start" | "end"> => ({ start, end }); // prettier-ignore

interface MovedLine {
  readonly value: string;
  /** Whether it is what is read with a prime. */
  readonly isNext: boolean;
  /** Why it cannot be a delay where it is read in the other way, too. */
  readonly against: string;
}

function lineOf(
  { name, value }: EquationNode,
  state: DeclarationNode,
  { cell, text }: ReadCell,
): MovedLine | undefined {
  const first = state.initial === undefined ? "" : `, first = ${text.slice(state.initial.span.start, state.initial.span.end)}`; // prettier-ignore
  const isInput = (part: Expression | undefined): part is ReferenceNode =>
    part?.kind === "reference" &&
    cell.items.some((item) => item.kind === "input" && item.names.some((own) => own.text === part.name));
  if (isInput(value)) {
    const against = `\`${name.text}'\`, the input of this step, is read as well`;
    return { value: `delay(${value.name}, by = 1${first})`, isNext: false, against };
  }
  if (value.kind !== "call" || value.callee.text !== "concat" || state.type.kind !== "tensor-type") return undefined;
  const [newest, rest, ...more] = value.arguments.map((argument) => argument.value);
  const size = state.type.dimensions[0];
  if (more.length > 0 || rest?.kind !== "index" || newest === undefined || size === undefined) return undefined;
  const taken = newest.kind === "tuple" ? newest.items : newest.kind === "call" && newest.callee.text === "stack" ? newest.arguments.map((argument) => argument.value) : []; // prettier-ignore
  const [range] = rest.indices;
  const isLine =
    rest.object.kind === "reference" &&
    rest.object.name === name.text &&
    !rest.object.next &&
    rest.indices.length === 1 &&
    range?.kind === "range" &&
    range.start === undefined;
  const [entry] = taken;
  if (!isLine || entry === undefined || taken.length > 1) return undefined;
  const [x, count] = [entry, size].map(({ span }) => text.slice(span.start, span.end));
  const against = `\`${name.text}\`, the values before this step, is read: a delay of each, or a window without this step`;
  return { value: `past(${x}, ${count}${first})`, isNext: true, against };
}

/** The declaration without one of its names. */
function without(declaration: DeclarationNode, name: string, text: string): Edit {
  const { names, kind, span } = declaration;
  const others = names.map((own) => own.text).filter((own) => own !== name);
  const rest = text.slice(at(names, names.length - 1).span.end, span.end);
  return { ...rangeOf(declaration), text: others.length === 0 ? "" : `${kind} ${others.join(", ")}${rest}` };
}
