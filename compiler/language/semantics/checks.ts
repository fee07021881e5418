/** Checks of a cell that look at how its values hang together. */
import type { Span } from "../../base/source/span.js";
import type { CellNode } from "../syntax/ast.js";
import { isStateless } from "./calls-in-place.js";
import type { CellGraph, GraphNode } from "./cell-graph.js";
import type { Checker } from "./checker.js";
import { reportCycles } from "./cycles.js";
import { type CellScope, wordsFor } from "./scope.js";

/** Cycles that no state breaks. */
export function checkCycles(
  checker: Checker,
  cycles: readonly (readonly string[])[],
  nodes: ReadonlyMap<string, GraphNode>,
  scope: CellScope,
): void {
  const isFunction = (key: string): boolean => nodes.get(key)?.kind === "function";
  // Functions that only call each other are reported as such.
  const mixed = cycles.filter((cycle) => !cycle.every(isFunction));
  const found = mixed.map((cycle) => ({
    help: helpFor(
      cycle.flatMap((key) => nodes.get(key) ?? []),
      scope,
    ),
    parts: cycle.flatMap((key) => {
      const node = nodes.get(key);
      const span = node && spanOf(node, scope);
      if (node === undefined || span === undefined || node.kind === "contexts" || node.kind === "given") return [];
      return [{ text: textOf(node), span, isCall: isCalled(node) }];
    }),
  }));
  reportCycles(checker, found);
}

function helpFor(cycle: readonly GraphNode[], { form }: CellScope): string {
  const [own] = cycle;
  if (form === "network")
    return `in a network a cycle goes through the elements before: \`before(${own?.name ?? "y"}, 0)\` has them, with 0 in front of the first`;
  const isPast = cycle.some(({ kind }) => kind === "delayed");
  const delayed = cycle.find(({ kind }) => kind === "equation" || kind === "output")?.name ?? "x";
  const call = cycle.find(({ kind }) => kind === "call")?.name;
  return isPast
    ? `\`past\` has the value of this step among its own; one of earlier steps is \`delay(${delayed}, by = …)\``
    : call === undefined
      ? "a cycle goes through a state or a delay: without the prime, a state is its value from the previous step"
      : `a cycle goes through a state or a delay, also in a used cell; what \`${call}\` gives here depends on what it is given in the same step`;
}

function textOf(node: GraphNode): string {
  if (node.kind === "next") return `${node.name}'`;
  return isCalled(node) ? `${node.name}(…)` : node.name;
}

const isCalled = ({ kind }: GraphNode): boolean => kind === "call" || kind === "early" || kind === "function";

function spanOf(node: GraphNode, scope: CellScope): Span | undefined {
  if (node.kind === "next") return scope.nexts.get(node.name)?.name.span;
  return scope.entries.get(node.name)?.span;
}

/** Every used cell is called once. */
export function checkCalls(checker: Checker, graph: CellGraph, scope: CellScope): void {
  for (const call of graph.repeatedCalls) {
    const name = call.callee.text;
    // What could not be resolved may be a network, which is called as often as one likes.
    if (!checker.instances.instances.has(name)) continue;
    const first = graph.calls.get(name);
    checker.report("called-twice", call.callee.span, `\`${name}\` is called a second time`, {
      related: first === undefined ? [] : [{ span: first.span, message: "the first call" }],
      help: `it has one state and moves one step at a time: declare another, \`use ${name}2 = …\`, or name the result: \`u = ${name}(…)\``,
    });
  }
  for (const [{ callee }, repeated] of graph.refusedCalls) {
    if (repeated === "index") {
      checker.report("called-twice", callee.span, `\`${callee.text}\` would be called for each value of an index`, {
        help: "it has one state and moves one step at a time; used cells without state can be called so",
      });
      continue;
    }
    const message = `\`${callee.text}\` is called in a round, and it moves one step at a time`;
    checker.report("call-in-rounds", callee.span, message, {
      help: "name the result before the rounds, `u = …(x)`, and read that; used cells without state can be called so",
    });
  }
  const others = [...graph.repeatedCalls, ...graph.refusedCalls.keys(), ...graph.callsInInitials];
  const named = new Set(others.map((call) => call.callee.text));
  for (const name of scope.instances.keys()) {
    if (graph.calls.has(name) || graph.inPlace.has(name) || named.has(name)) continue;
    const cell = checker.instances.instances.get(name)?.cell;
    const why = cell !== undefined && isStateless(cell) ? "so it does nothing" : "so its states would never change";
    checker.report("never-called", scope.entries.get(name)!.span, `\`${name}\` is never called, ${why}`, {
      help: `call it in an equation of the cell: \`u = ${name}(…)\``,
    });
  }
}

/** Every state has a next value, and nothing else has. */
export function checkStates(checker: Checker, scope: CellScope, cell: CellNode): void {
  for (const [name, { kind, span }] of scope.entries) {
    if (kind !== "state" || scope.nexts.has(name) || scope.contested.has(name)) continue;
    // That a network has none was said.
    if (cell.form === "network") continue;
    checker.report("state-not-updated", span, `the state \`${name}\` has no next value`, {
      help: `write an equation \`${name}' = …\``,
    });
  }
  for (const [name, node] of scope.nexts) {
    const entry = scope.entries.get(name);
    if (entry?.kind === "state" || scope.contested.has(name)) continue;
    const states = (): string[] => [...scope.entries].filter(([, { kind }]) => kind === "state").map(([text]) => text);
    const message =
      entry === undefined
        ? `there is no state \`${name}\` in cell \`${cell.name.text}\``
        : `${wordsFor(entry.kind, name)} has no next value`;
    checker.report("next-of-non-state", node.name.span, message, {
      related: entry === undefined ? [] : [{ span: entry.span, message: "declared here" }],
      help:
        checker.suggest(name, states) ??
        (entry === undefined ? `declare it: \`state ${name}: […]\`` : "only states have one"),
    });
  }
}

/** Initial values, contexts of used cells and what functions read of the cell are the same at every step. */
export function checkConstancy(
  checker: Checker,
  { nodes }: CellGraph,
  order: readonly string[],
  scope: CellScope,
): void {
  const causes = new Map<string, string>();
  for (const key of order) {
    const node = nodes.get(key);
    if (node === undefined) continue;
    if (node.kind === "function") {
      reportVaryingReads(checker, node, causes, scope);
      continue;
    }
    const through = node.needs.find((need) => causes.has(need));
    const inherited =
      through === undefined ? undefined : `\`${through}\`, which depends on ${causes.get(through) ?? ""}`;
    const cause = node.steps ?? inherited;
    if (cause === undefined) continue;
    causes.set(key, node.steps ?? (through === undefined ? "" : (causes.get(through) ?? "")));
    const span = node.values[0]?.span;
    if (span === undefined) continue;
    if (node.kind === "initial") {
      const isState = scope.entries.get(node.name)?.kind === "state";
      checker.report("varying-initial-value", span, `the initial value of \`${node.name}\` depends on ${cause}`, {
        help: isState
          ? "initial values are made of params, contexts and numbers"
          : "params begin with numbers, draws, other params and what is made of these",
      });
    } else if (node.kind === "contexts" || node.kind === "given") {
      const what = node.kind === "given" ? "param" : "context";
      checker.report("varying-context", span, `a ${what} of \`${node.name}\` depends on ${cause}`, {
        help: `a ${what} is the same at every step: make it an input of the used cell`,
      });
    }
  }
}

/** `causes`: why equations change from step to step, by their names. */
function reportVaryingReads(
  checker: Checker,
  { name: fn, reads }: GraphNode,
  causes: ReadonlyMap<string, string>,
  scope: CellScope,
): void {
  const seen = new Set<string>();
  for (const { name, next, span } of reads) {
    const text = next ? `${name}'` : name;
    const entry = scope.entries.get(name);
    const cause = causes.get(name);
    const isVarying = next || entry?.kind === "state" || entry?.kind === "input" || cause !== undefined;
    if (entry === undefined || !isVarying || seen.has(text) || scope.contested.has(name)) continue;
    seen.add(text);
    const why = cause === undefined ? "" : `: it depends on ${cause}`;
    const what = next ? `\`${text}\`` : wordsFor(entry.kind, name);
    checker.report("varying-in-function", span, `\`${fn}\` reads ${what}, which changes from step to step${why}`, {
      related: [{ span: entry.span, message: `${wordsFor(entry.kind, name)} is declared here` }],
      help: "give it as an argument; functions see params, contexts and what is made of them only",
    });
  }
}
