/**
 * Equations of a network that need each other through `before`, or through `after`: they are one loop over a sequence. What is read so
 * is known at other places already, so their cycle is none.
 */
import { listAt } from "../../base/at.js";
import { type Dim, equalDims, symbolsOf } from "../../base/types/dim.js";
import type { Diagnostic, DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import type { Checker } from "./checker.js";
import type { CellScope } from "./scope.js";
import type { GraphNode } from "./cell-graph.js";
import { sameShape } from "./delays.js";
import { axesOf, type SemanticType } from "./semantic-type.js";
import { topologicalOrder } from "./topological-order.js";
import type { LoopGuesses, LoopTypes, TypedLoop } from "./typed-networks.js";

type Nodes = ReadonlyMap<string, GraphNode>;

interface FoundLoop {
  readonly key: string;
  readonly members: ReadonlySet<string>;
  /** Which of them are read before they are known. */
  readonly fed: ReadonlySet<string>;
  /** Undefined where some go one way and some the other. */
  readonly reverse: boolean | undefined;
}

export interface FoundLoops {
  /** Each after those that it needs. */
  readonly all: readonly FoundLoop[];
  /** What a node needs at the same place, or whole. */
  readonly needs: (key: string) => readonly string[];
}

/** What a node needs at the same place, or at others. */
export const allNeeds =
  (nodes: Nodes) =>
  (key: string): readonly string[] => {
    const node = nodes.get(key);
    return node === undefined ? [] : [...node.needs, ...node.shifted.keys()];
  };

export function findLoops(nodes: Nodes): FoundLoops {
  const whole = allNeeds(nodes);
  const all = components(nodes.keys(), whole).flatMap((members): FoundLoop[] => {
    const [first] = members;
    if (first === undefined) return [];
    const inside = new Set(members);
    const shifts = members.flatMap((key) => [...(nodes.get(key)?.shifted ?? [])].filter(([name]) => inside.has(name)));
    if (shifts.length === 0) return [];
    const words = new Set(shifts.map(([, word]) => word));
    const reverse = words.size > 1 ? undefined : words.has("after");
    return [{ key: `loop ${first}`, members: inside, fed: new Set(shifts.map(([name]) => name)), reverse }];
  });
  const loopOf = new Map(all.flatMap((loop) => [...loop.members].map((key) => [key, loop] as const)));
  const needs = (key: string): readonly string[] => {
    const own = loopOf.get(key);
    const node = nodes.get(key);
    const shifted = [...(node?.shifted.keys() ?? [])].filter((name) => own?.members.has(name) !== true);
    return [...(node?.needs ?? []), ...shifted];
  };
  return { all, needs };
}

/** The strongly connected components, each after those that it needs. */
function components(keys: Iterable<string>, needs: (key: string) => readonly string[]): string[][] {
  const { order } = topologicalOrder(keys, needs);
  const back = new Map<string, string[]>();
  for (const key of order) for (const need of needs(key)) listAt(back, need).push(key);
  // From the last that finished on, what reaches a node and was not taken yet is its component (Kosaraju 1978).
  const taken = new Set<string>();
  const found: string[][] = [];
  for (const root of [...order].reverse()) {
    if (taken.has(root)) continue;
    const members: string[] = [];
    const waiting = [root];
    taken.add(root);
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      members.push(key);
      for (const user of back.get(key) ?? []) {
        if (taken.has(user)) continue;
        taken.add(user);
        waiting.push(user);
      }
    }
    found.push(members);
  }
  return found.reverse();
}

/** What a trial with guessed types finds. */
interface LoopTrial {
  readonly typeOf: (name: string) => SemanticType | undefined;
  /** What is wrong in the equations of these names; undefined where nothing is. */
  readonly firstError: (members: ReadonlySet<string>) => Diagnostic | undefined;
}

/**
 * The sequence of each loop, and the types of what is read before it is known: those that come out as they went in.
 *
 * @param axes Sizes of sequences that there are.
 */
export function guessLoops(
  loops: readonly FoundLoop[],
  axes: readonly Dim[],
  trial: (known: LoopGuesses) => LoopTrial,
): LoopGuesses {
  const known = new Map<string, LoopTypes>();
  for (const loop of loops) {
    const tried = axes.flatMap((axis) => {
      const along = (asIndices: boolean): LoopTypes | undefined =>
        typesAlong(loop, { fed: loop.fed, axis, asIndices }, (guess) => trial(new Map([...known, [loop.key, guess]])));
      const asNumbers = along(false);
      return isFitting(asNumbers) ? [asNumbers] : [asNumbers, along(true)];
    });
    const fitting = tried.filter(isFitting);
    const [first] = fitting;
    const wrong = tried.flatMap((one) => (one?.error === undefined ? [] : [one]));
    const near = (wrong.find(({ asIndices }) => asIndices) ?? wrong[0])?.error;
    // Where it could go along one sequence as well as along another, its author has to say.
    const isOne = fitting.every(({ axis }) => axis?.key === first?.axis?.key);
    if (first !== undefined && isOne) known.set(loop.key, first);
    else if (first === undefined && near !== undefined) known.set(loop.key, { ...noTypes(loop), error: near });
  }
  return known;
}

const isFitting = (one: LoopTypes | undefined): one is LoopTypes => one !== undefined && one.error === undefined;

function sameType(a: SemanticType, b: SemanticType): boolean {
  return sameShape(a, b) && (a.kind !== "index" || b.kind !== "index" || equalDims(a.bound, b.bound));
}

function typesAlong(
  loop: FoundLoop,
  way: Omit<LoopTypes, "types">,
  trial: (guess: LoopTypes) => LoopTrial,
): LoopTypes | undefined {
  let types: ReadonlyMap<string, SemanticType> = new Map();
  for (let round = 0; round < loop.members.size + 2; round++) {
    const found = trial({ ...way, types });
    const next = new Map<string, SemanticType>();
    for (const name of loop.fed) {
      const type = found.typeOf(name);
      if (type !== undefined && type.kind !== "error") next.set(name, type);
    }
    const isSame = [...loop.fed].every((name) => {
      const [before, now] = [types.get(name), next.get(name)];
      return before !== undefined && now !== undefined && sameType(before, now);
    });
    const runsAlong = [...next.values()].every((type) => {
      const [first] = axesOf(type);
      return first !== undefined && way.axis !== undefined && equalDims(first.dim, way.axis);
    });
    if (isSame && !runsAlong) return undefined;
    const error = found.firstError(loop.members);
    if (isSame) return { ...way, types: next, ...(error && { error }) };
    types = next;
  }
  return undefined;
}

/** The keys in an order in which loops stand for their members. */
export function orderWithLoops(roots: readonly string[], { all, needs }: FoundLoops): readonly string[] {
  const loopOf = new Map(all.flatMap((loop) => [...loop.members].map((key) => [key, loop] as const)));
  const loopNamed = new Map(all.map((loop) => [loop.key, loop]));
  const unitOf = (key: string): string => loopOf.get(key)?.key ?? key;
  const needsOf = (unit: string): readonly string[] => {
    const loop = loopNamed.get(unit);
    if (loop === undefined) return needs(unit).map(unitOf);
    return [...loop.members].flatMap((key) => needs(key).filter((need) => !loop.members.has(need))).map(unitOf);
  };
  return topologicalOrder(roots.map(unitOf), needsOf).order;
}

/** What is known of the loop that a node belongs to; undefined of others. */
export function loopAround(key: string, { all }: FoundLoops, known: LoopGuesses): LoopTypes | undefined {
  const loop = all.find(({ members }) => members.has(key));
  return loop && (known.get(loop.key) ?? noTypes(loop));
}

const noTypes = ({ fed }: FoundLoop): LoopTypes => ({ fed, axis: undefined, asIndices: false, types: new Map() });

/** What was found with guessed types. */
export function trialOf(scope: CellScope, { diagnostics }: DiagnosticCollector): LoopTrial {
  const spans = new Map(scope.equations.map(({ name, value }) => [name.text, value.span]));
  return {
    typeOf: (name) => scope.types.get(name),
    firstError: (members) =>
      diagnostics.find(({ severity, span }) => {
        if (severity !== "error") return false;
        return [...members].some((name) => {
          const own = spans.get(name);
          return own !== undefined && own.file === span.file && own.start <= span.start && span.end <= own.end;
        });
      }),
  };
}

/** The loops with their types; reports those of which nothing is known. */
export function typedLoops(
  checker: Checker,
  loops: FoundLoops,
  known: LoopGuesses,
  scope: CellScope,
): readonly TypedLoop[] {
  if (checker.isGuessing) return [];
  return loops.all.flatMap((loop): TypedLoop[] => {
    const { members, fed, reverse, key } = loop;
    const span = firstOf(members, scope);
    const names = [...members].map((name) => `\`${name}\``).join(", ");
    const found = known.get(key);
    if (reverse === undefined) {
      checker.report("loop-both-ways", span, `${names} need each other through \`before\` and through \`after\``, {
        help: "a loop goes one way: in a cycle is `before` alone, or `after` alone",
      });
      return [];
    }
    if (found?.axis === undefined) {
      if (checker.collector.hasErrors) return [];
      const { error } = found ?? {};
      if (error !== undefined) {
        checker.report(error.code, error.span, error.message, { help: error.help, related: error.related });
        return [];
      }
      checker.report("loop-sequence-unknown", span, `along which sequence do ${names} need each other?`, {
        help: `say how an element looks, \`before(${[...fed][0] ?? "y"}, zeros([H]))\`, and along which sequence of the call, \`${[...fed][0] ?? "y"}[n < N] = …\`; if an equation of these has another error, that shows then`,
      });
      return [];
    }
    for (const symbol of symbolsOf(found.axis)) scope.used.add(symbol);
    const inside = (name: string): readonly string[] => loops.needs(name).filter((need) => members.has(need));
    const ordered = topologicalOrder(members, inside).order;
    return [{ key, span, members: ordered, fed: found.types, axis: found.axis, reverse }];
  });
}

function firstOf(members: ReadonlySet<string>, { entries }: CellScope): Span {
  const spans = [...members].flatMap((name) => entries.get(name)?.span ?? []);
  return spans.reduce((first, span) => (span.start < first.start ? span : first));
}
