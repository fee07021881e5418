/**
 * Parts of a network that are called by themselves: `entry next = scores given memory, previous`. A part is the network in which what is
 * given is no equation but an input. So what needs what, and which equations are loops, is found anew without the equations that are given.
 */
import { symbolsOf } from "../../base/types/dim.js";
import type { CellNode, EntryNode, Expression } from "../syntax/ast.js";
import type { CellGraph, GraphNode } from "./cell-graph.js";
import type { Checker } from "./checker.js";
import { typeOfValue } from "./check-values.js";
import { forEachPart } from "./expression-parts.js";
import { allNeeds, findLoops, type FoundLoops, orderWithLoops } from "./loops.js";
import { type CellScope, isNameOfModule, type ScopeEntry, wordsFor } from "./scope.js";
import { axesOf, errorType, type SemanticType, shapeOf } from "./semantic-type.js";
import { suggestion } from "./suggestion.js";
import { topologicalOrder } from "./topological-order.js";
import type { TypedOutput } from "./typed-interface.js";
import type { TypedPart, TypedFound, TypedLoop } from "./typed-networks.js";
import type { TypedCell, TypedNode } from "./typed-program.js";

/** What is known of the network. */
interface PartSurroundings {
  readonly checker: Checker;
  readonly scope: CellScope;
  readonly graph: CellGraph;
  readonly loops: readonly TypedLoop[];
  /** Of losses, which no part has. */
  readonly losses: TypedCell["losses"];
  /** Lengths that values tell. */
  readonly found: TypedCell["found"];
  /** To which what calls give is added under the name that a part has for it. */
  readonly nodes: Map<string, TypedNode>;
}

type GraphNodes = ReadonlyMap<string, GraphNode>;

export function typedParts(around: PartSurroundings, { items, entries }: CellNode): readonly TypedPart[] {
  const { checker, scope } = around;
  if (checker.isGuessing) return [];
  const known = new Map<string, EntryNode>();
  const written = items.filter((item) => item.kind === "equation" || item.kind === "output");
  const documentation = new Map(written.map((item) => [item.name.text, item.documentation ?? ""]));
  return entries.flatMap((node) => {
    const { text, span } = node.name;
    const other = known.get(text);
    if (other !== undefined) {
      checker.report("duplicate-name", span, `there are two entries \`${text}\``, {
        related: [{ span: other.name.span, message: "the first" }],
      });
      return [];
    }
    known.set(text, node);
    if (scope.form === "network") return new PartCheck(around, documentation, node).run() ?? [];
    checker.report("not-in-cell", span, `\`${text}\` is an entry, and a cell has none`, {
      help: "a cell is one step, which its module calls as a whole; a network is made of equations that can be called by themselves",
    });
    return [];
  });
}

/** One part; undefined where something is wrong. */
class PartCheck {
  private readonly around: PartSurroundings;
  /** Of equations and outputs, by name. */
  private readonly documentation: ReadonlyMap<string, string>;
  private readonly node: EntryNode;
  private isSound = true;

  constructor(around: PartSurroundings, documentation: ReadonlyMap<string, string>, node: EntryNode) {
    this.around = around;
    this.documentation = documentation;
    this.node = node;
  }

  run(): TypedPart | undefined {
    const { name, documentation = "", results } = this.node;
    const given = this.node.given.flatMap((cut) => (this.isGivable(cut) ? [cut.text] : []));
    const isGiven = new Set(given);
    const outputs = results.flatMap((result) => this.output(result, isGiven) ?? []);
    this.checkNames([...outputs, ...this.node.given.map(({ text, span }) => ({ name: text, span }))]);
    if (!this.isSound) return undefined;
    const { graph, loops } = this.around;
    const cut: GraphNodes = new Map([...graph.nodes].filter(([key]) => !isGiven.has(key)));
    const left = findLoops(cut);
    const roots = results.map((result) => rootOf(result)?.name ?? "");
    const { needed, found } = this.withLengths(roots, cut, results);
    this.checkReads(needed, isGiven, results);
    const ends = found.filter(({ key }) => cut.has(key)).map(({ key }) => key);
    return {
      name: name.text,
      span: name.span,
      documentation,
      given: given.flatMap((key) => this.givenEquation(key) ?? []),
      outputs,
      // What calls give is read once the calls are there.
      order: [
        ...orderWithLoops([...roots, ...ends], left),
        ...results.flatMap((one) => (one.kind === "member" ? nameOf(one) : [])),
        ...found.flatMap(({ key }) => (cut.has(key) ? [] : [key])),
      ],
      found,
      loops: whatIsLeft(left, loops),
    };
  }

  /** What the results need, and the lengths that values tell in it, with what these need. */
  private withLengths(
    roots: readonly string[],
    cut: GraphNodes,
    results: readonly Expression[],
  ): { readonly needed: GraphNodes; readonly found: TypedPart["found"] } {
    const { checker, found: all } = this.around;
    let found: TypedPart["found"] = [];
    for (;;) {
      const needed = reachedFrom([...roots, ...found.map(({ key }) => key)], cut);
      const values = [...[...needed.values()].flatMap(({ values: own }) => own), ...results];
      const more = all.filter((length) => isNeededIn(checker, length, needed, values));
      if (more.length <= found.length) return { needed, found };
      found = more;
    }
  }

  private refuse(span: EntryNode["span"], message: string, help: string): void {
    this.isSound = false;
    this.around.checker.report("bad-entry", span, message, { help });
  }

  private isGivable({ text, span }: EntryNode["given"][number]): boolean {
    const { scope, losses, checker } = this.around;
    scope.used.add(text);
    const kind = scope.entries.get(text)?.kind;
    if (kind === undefined) {
      this.isSound = false;
      const names = [...scope.entries].flatMap(([name, entry]) => (givable.has(entry.kind) ? [name] : []));
      const help = suggestion(text, names) ?? "what an entry is given are equations and inputs of the network";
      checker.report("unknown-name", span, `nothing is called \`${text}\` here`, { help });
    } else if (!givable.has(kind)) {
      this.refuse(span, `${wordsFor(kind, text)} cannot be given`, "equations, outputs and inputs are given; params and settings all entries share"); // prettier-ignore
    } else if (losses.some(({ name }) => name === text)) {
      this.refuse(
        span,
        `the loss \`${text}\` cannot be given`,
        "a loss is of the whole network, and no entry with a name has one",
      );
    } else return kind === "input" || this.isGivableEquation(text, span);
    return false;
  }

  private isGivableEquation(text: string, span: EntryNode["span"]): boolean {
    const { scope } = this.around;
    const type = scope.types.get(text) ?? errorType;
    const what = `the equation \`${text}\``;
    if (type.kind === "error") this.isSound = false;
    else if (type.kind === "outputs") {
      this.refuse(span, `${what} has several values`, `give one of them a name, \`z = ${text}.…\`, and read and give that`); // prettier-ignore
    } else if (type.kind === "bool" || type.kind === "complex") {
      this.refuse(
        span,
        `${what} is not made of real numbers or places, and a call gives no others`,
        "give what it is made of",
      );
    } else if (type.kind === "index" && type.isOpen === true) {
      this.refuse(span, `${what} is a whole number of which nothing more is known`, "`narrow(i, V, other)` makes an index of it"); // prettier-ignore
    } else {
      const symbols = [...shapeOf(axesOf(type)), ...(type.kind === "index" ? [type.bound] : [])].flatMap(symbolsOf);
      const length = this.around.found.find(({ symbol }) => symbols.includes(symbol));
      if (length === undefined) return true;
      this.refuse(span, `${what} is as long as values tell, \`${length.symbol}\`, and a call gives no such length`, "give what it is made of; or write `before(…)` of a sequence that calls give, `previous`, and give that"); // prettier-ignore
    }
    return false;
  }

  private output(result: Expression, isGiven: ReadonlySet<string>): TypedOutput | undefined {
    const { checker, scope, losses, nodes } = this.around;
    const { span } = result;
    const name = nameOf(result);
    const root = rootOf(result)?.name ?? "";
    checker.loop = undefined;
    const value = checker.infer(result);
    const entry = scope.entries.get(root);
    if (entry === undefined || value.type.kind === "error") {
      this.isSound = false;
      return undefined;
    }
    if (!isEquation(entry)) {
      this.refuse(span, `${wordsFor(entry.kind, root)} is nothing that the network computes`, "an entry gives equations and outputs"); // prettier-ignore
    } else if (losses.some((loss) => loss.name === root)) {
      this.refuse(span, `the loss \`${root}\` is of the whole network`, "`forward` of the module gives losses; an entry gives equations and outputs"); // prettier-ignore
    } else if (isGiven.has(root)) {
      this.refuse(span, `\`${root}\` is given, so it is no result`, "leave it out on one side of `given`");
    } else if (value.type.kind === "outputs") {
      this.refuse(span, `\`${root}\` has several values`, `name those that the entry gives: \`${root}.…\``);
    } else {
      const type = typeOfValue(checker, "network", { kind: "output" }, value);
      if (result.kind === "member") nodes.set(name, { key: name, name, span, value });
      this.isSound &&= type.kind !== "error";
      return { name, span, documentation: this.documentation.get(name) ?? "", type };
    }
    return undefined;
  }

  /** No two of one name, and none that the module gives another meaning. */
  private checkNames(tensors: readonly Pick<TypedOutput, "name" | "span">[]): void {
    const { checker } = this.around;
    const seen = new Set<string>();
    for (const { name, span } of tensors) {
      if (seen.has(name)) {
        this.isSound = false;
        checker.report("duplicate-name", span, `\`${name}\` stands here twice`, { help: "name it once" });
      } else if (isNameOfModule(name)) {
        this.isSound = false;
        checker.report("reserved-name", span, `\`${name}\` has a name that the module needs`, {
          help: "what calls take and give has other names: rename the equation",
        });
      }
      seen.add(name);
    }
  }

  /** Everything that is given is read, and of a call that is given nothing else is. */
  private checkReads(needed: GraphNodes, isGiven: ReadonlySet<string>, results: readonly Expression[]): void {
    const { checker, scope } = this.around;
    const read = new Set<string>();
    const values = [...needed.values()].flatMap(({ values: own, reads }) => [...own, ...reads]);
    for (const value of [...values, ...results]) {
      forEachPart(value, (part) => {
        if (part.kind === "reference") read.add(part.name);
        const root = part.kind === "member" ? rootOf(part)?.name : undefined;
        if (root === undefined || !isGiven.has(root) || !isEquation(scope.entries.get(root))) return;
        const span = this.node.given.find(({ text }) => text === root)?.span ?? part.span;
        const message = `\`${root}\` is given, and \`${nameOf(part)}\` of its call is read`;
        this.refuse(span, message, `give that as well: an equation \`z = ${nameOf(part)}\`, read in its place`);
      });
    }
    for (const { text, span } of this.node.given) {
      if (read.has(text)) continue;
      checker.report("given-not-needed", span, `nothing in \`${this.node.name.text}\` reads \`${text}\``, {
        help: "leave it out of what is given",
      });
    }
  }

  /** An input is given as it is. */
  private givenEquation(key: string): TypedOutput | undefined {
    const { scope } = this.around;
    const entry = scope.entries.get(key);
    if (entry === undefined || !isEquation(entry)) return undefined;
    const type = scope.types.get(key) ?? errorType;
    return { name: key, span: entry.span, documentation: this.documentation.get(key) ?? "", type };
  }
}

/** A length is needed where something has it as its size, reads it as a number, or calls the network that finds it. */
function isNeededIn(
  checker: Checker,
  { symbol, span }: TypedFound,
  needed: GraphNodes,
  values: readonly Expression[],
): boolean {
  const hasLength = (type: SemanticType): boolean => shapeOf(axesOf(type)).some((dim) => symbolsOf(dim).includes(symbol)); // prettier-ignore
  const ofEquations = [...needed.keys()].some((key) => hasLength(checker.scope.types.get(key) ?? errorType));
  let isRead = ofEquations;
  for (const value of values)
    forEachPart(value, (part) => {
      isRead ||= (part.kind === "reference" && part.name === symbol) || (part.kind === "call" && part.span === span);
    });
  return isRead;
}

const givable: ReadonlySet<ScopeEntry["kind"]> = new Set<ScopeEntry["kind"]>(["equation", "output", "input"]);

const isEquation = (entry: ScopeEntry | undefined): boolean => entry?.kind === "equation" || entry?.kind === "output";

/** What the path `d.rnn.h'` begins with. */
function rootOf(value: Expression): Extract<Expression, { kind: "reference" }> | undefined {
  let root = value;
  while (root.kind === "member") root = root.object;
  return root.kind === "reference" ? root : undefined;
}

/** As it is written. */
function nameOf(value: Expression): string {
  if (value.kind === "reference") return value.name;
  return value.kind === "member" ? `${nameOf(value.object)}.${value.member.text}${value.next ? "'" : ""}` : "";
}

function reachedFrom(roots: readonly string[], nodes: GraphNodes): GraphNodes {
  const { order } = topologicalOrder(roots, allNeeds(nodes));
  const reached = new Set(order);
  return new Map([...nodes].filter(([key]) => reached.has(key)));
}

/** The loops that go on without what is given: each is a part of one of the network. */
function whatIsLeft({ all, needs }: FoundLoops, loops: readonly TypedLoop[]): readonly TypedLoop[] {
  return all.flatMap(({ key, members, fed }): TypedLoop[] => {
    const whole = loops.find((loop) => loop.members.some((member) => members.has(member)));
    if (whole === undefined) return [];
    const inside = (name: string): readonly string[] => needs(name).filter((need) => members.has(need));
    const { order } = topologicalOrder(members, inside);
    return [{ ...whole, key, members: order, fed: new Map([...whole.fed].filter(([name]) => fed.has(name))) }];
  });
}
