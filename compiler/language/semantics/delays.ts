/**
 * `delay(x, by = k)` and `past(x, K)`: values of earlier steps. Each is a state of the cell, called after the equation it stands
 * in, `a.past`, of shape `[k, …]`: the last k values, the newest first. What reads it are selections of it.
 */
import type { CallNode, EquationNode, Expression, OutputNode } from "../syntax/ast.js";
import { type Dim, equalDims } from "../../base/types/dim.js";
import { timeFunctionNamed, timeFunctions, type TimeFunctionName } from "./builtins.js";
import { forEachPart, forEachRepeated } from "./expression-parts.js";
import type { CellScope, Scope } from "./scope.js";
import { axesOf, type Axis, errorType, scalarType, type SemanticType, withLeading } from "./semantic-type.js";

export interface Delay {
  readonly word: TimeFunctionName;
  readonly call: CallNode;
  /** Name of the state. */
  readonly state: string;
  readonly value: Expression | undefined;
  readonly first: Expression | undefined;
  /** Where the number of steps is real: that number, which is of this step. */
  readonly steps: Expression | undefined;
}

/** Why there is no state where one stands, and what to do instead. */
export interface MisplacedDelay {
  readonly message: string;
  readonly help: string;
}

/** The delays of a cell, and what is found about them while its values are checked. */
export class Delays {
  readonly byCall = new Map<CallNode, Delay>();
  readonly misplaced = new Map<CallNode, MisplacedDelay>();
  /** Of the values that are delayed, by state: from the values themselves, or as guessed where they depend on their own past. */
  readonly types = new Map<string, SemanticType>();
  /** How many values states have. */
  readonly counts = new Map<string, Dim>();
  private readonly states = new Set<string>();

  constructor(scope: CellScope) {
    for (const node of [...scope.equations, ...scope.nexts.values()]) this.find(node, scope);
  }

  /** In an order that is not that of the equations, in which states are declared then. */
  get all(): readonly Delay[] {
    return [...this.byCall.values()].sort((a, b) => (a.state < b.state ? -1 : 1));
  }

  private find({ name, value }: EquationNode | OutputNode, scope: CellScope): void {
    forEachRepeated(value, (part, repeated) => {
      const word = part.kind === "call" ? wordOf(part, scope) : undefined;
      if (part.kind === "call" && word !== undefined) this.add(part, word, name.text, repeated !== "once");
    });
  }

  private add(call: CallNode, word: TimeFunctionName, equation: string, isRepeated: boolean): void {
    // The equations of a group share what they are made of.
    if (this.byCall.has(call) || this.misplaced.has(call)) return;
    const state = `${equation}.past`;
    const isReal = word === "delay" && call.arguments.some(({ name }) => name?.text === "most");
    if (isRepeated) {
      this.misplaced.set(call, {
        message: `\`${word}\` would be taken for each value of an index, or in each round`,
        help: isReal
          ? "it has one state: delay the whole, `p = delay(v, by = d, most = M)`, with as many numbers `d: [N]` as `v: [N, …]` has places, and read `p[n]`"
          : `it has one state: name the whole, \`p = ${word}(…)\`, and read \`p[n]\`${word === "past" ? "" : "; steps for each place are real numbers: `delay(v, by = d, most = M)` with `d: [N]`"}`,
      });
    } else if (this.states.has(state)) {
      this.misplaced.set(call, {
        message: `\`${word}\` is the second value of earlier steps in the equation \`${equation}\``,
        help: `each is a state with the name of its equation: give it one, \`p = ${word}(…)\``,
      });
    } else {
      const given = timeFunctions[word].parameters.map((parameter, i) => argumentOf(call, parameter.name, i));
      const [value, count, first, most] = given;
      const steps = most === undefined ? undefined : count;
      this.states.add(state);
      this.byCall.set(call, { word, call, state, value, first, steps });
    }
  }

  /** States that expressions read. */
  readIn(values: readonly Expression[]): string[] {
    const states: string[] = [];
    for (const value of values) {
      forEachPart(value, (part) => {
        const delay = part.kind === "call" ? this.byCall.get(part) : undefined;
        if (delay !== undefined) states.push(delay.state);
        return delay === undefined;
      });
    }
    return states;
  }

  /**
   * Types of what depends on its own past: those which come out where they went in.
   *
   * @param typesFrom Checks the cell with guesses.
   */
  guess(typesFrom: (guesses: ReadonlyMap<string, SemanticType>) => ReadonlyMap<string, SemanticType>): void {
    const states = this.all.map(({ state }) => state);
    // A number fits nearly everywhere.
    let guesses: ReadonlyMap<string, SemanticType> = new Map(states.map((state) => [state, scalarType]));
    for (let round = 0; round < Math.min(states.length, mostRounds) + 2; round++) {
      const found = typesFrom(guesses);
      const isFound = states.every((state) =>
        sameShape(found.get(state) ?? errorType, guesses.get(state) ?? errorType),
      );
      if (isFound) break;
      guesses = found;
    }
    for (const [state, type] of guesses) this.types.set(state, type);
  }
}

/** Each brings types past one delay more. */
const mostRounds = 30;

/** `delay`, `past`: where nothing that can be called has the name. */
export function wordOf({ callee }: CallNode, scope: Scope): TimeFunctionName | undefined {
  const name = callee.text;
  const isOwn =
    scope.functions.has(name) || scope.module.entries.has(name) || scope.entries.get(name)?.kind === "instance";
  return isOwn ? undefined : timeFunctionNamed(name);
}

function argumentOf({ arguments: given }: CallNode, name: string, place: number): Expression | undefined {
  const named = given.find((argument) => argument.name?.text === name);
  return (named ?? given.filter((argument) => argument.name === undefined)[place])?.value;
}

export function sameShape(a: SemanticType, b: SemanticType): boolean {
  const [own, other] = [axesOf(a), axesOf(b)];
  const isEqual = ({ dim }: Axis, i: number): boolean => other[i] !== undefined && equalDims(dim, other[i].dim);
  const isBound = a.kind !== "index" || (b.kind === "index" && equalDims(a.bound, b.bound));
  return a.kind === b.kind && isBound && own.length === other.length && own.every(isEqual);
}

export function pastType(count: Dim, type: SemanticType): SemanticType {
  return withLeading(type, [count]);
}
