/**
 * Draws in the equations and the initial values of a cell. What each is made of is an input that no call gives: it is called after
 * the equation, with the position of the draw in it, `h' 0`, and filled by the seed of the call.
 */
import type { CallNode, CellNode, Expression } from "../syntax/ast.js";
import type { Delays } from "./delays.js";
import { drawFunctionNamed, type DrawFunctionName } from "./draw-functions.js";
import { forEachRepeated, type Repeated } from "./expression-parts.js";
import { initialKey, nextKey } from "./node-keys.js";
import type { CellScope, Scope } from "./scope.js";
import { countsSteps } from "./step-counter.js";
import type { TypedCell, TypedItem, TypedTensor } from "./typed-program.js";

/** Where a draw stands. */
interface PlacedDraw {
  /** Of the equation; of an initial value, which several states may share, the key of the node at hand. */
  readonly owner: string | undefined;
  readonly position: number;
  /** In rounds each is drawn for itself, and the index of the rounds tells which. */
  readonly repeated: Repeated;
  /** Drawn once for a sequence. */
  readonly isInitial: boolean;
}

interface MisplacedDraw {
  readonly message: string;
  readonly help: string;
}

export class DrawsOfCell {
  /** Key of the node whose expression is being checked. */
  node = "";
  private readonly byCall = new Map<CallNode, PlacedDraw>();
  private readonly misplaced = new Map<CallNode, MisplacedDraw>();
  private readonly found = new Map<string, TypedTensor>();
  private readonly scope: CellScope;

  constructor(scope: CellScope, node: CellNode, delays: Delays) {
    this.scope = scope;
    for (const { state, first } of delays.all) if (first !== undefined) this.find(first, initialKey(state), "initial");
    const step = scope.entries.has("step") && !countsSteps(node) ? "unknown step" : "step";
    for (const { name, value } of scope.equations) this.find(value, name.text, step);
    for (const [state, { value }] of scope.nexts) this.find(value, nextKey(state), step);
    for (const item of node.items) {
      if (item.kind === "state" && item.initial !== undefined) this.find(item.initial, undefined, "initial");
    }
  }

  /** Tensors of what was drawn, in an order that is not that of the equations. */
  get items(): TypedItem[] {
    const tensors = [...this.found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    return tensors.map((tensor) => ({ kind: "tensor", tensor }));
  }

  /** The name of what a call draws, and whether it draws once for a sequence; or why it cannot. */
  placeOf(call: CallNode, isCounted: boolean): { readonly key: string; readonly isInitial: boolean } | MisplacedDraw {
    const why = this.misplaced.get(call);
    const place = this.byCall.get(call);
    if (why !== undefined || place === undefined) return why ?? outside;
    if (place.repeated === "rounds" && !isCounted) return uncounted;
    const owner = place.owner ?? this.node;
    return { key: `${owner} ${place.position}`, isInitial: place.isInitial };
  }

  /** Why a network cannot call a cell here that draws. */
  refusalOf(call: CallNode): MisplacedDraw | undefined {
    return this.misplaced.get(call);
  }

  note(tensor: TypedTensor): void {
    this.found.set(tensor.name, tensor);
  }

  /** Each of an array is one of its own in rounds. */
  private findRun(call: CallNode, repeated: Repeated): void {
    const { text } = call.callee;
    if (this.scope.entries.get(text)?.kind !== "instance") return;
    if (repeated === "once" || (repeated === "rounds" && call.place !== undefined)) return;
    this.misplaced.set(call, {
      message: `\`${text}\` draws, and would for each value of an index, or in each round`,
      help: "call it in an equation of its own, over the whole sequence; in rounds one of an array, `x then l[k](x) for k < L`",
    });
  }

  private find(value: Expression, owner: string | undefined, when: "initial" | "step" | "unknown step"): void {
    let position = 0;
    forEachRepeated(value, (part, repeated) => {
      // The equations of a group share what they are made of.
      if (part.kind !== "call" || this.byCall.has(part) || this.misplaced.has(part)) return;
      const word = drawWordOf(part, this.scope);
      if (word === undefined) return this.findRun(part, repeated);
      if (when === "unknown step") {
        this.misplaced.set(part, {
          message: `\`${word}\` is drawn by the number of the step, which is the state \`step\``,
          help: "this cell has something else of that name: call it another one",
        });
      } else this.byCall.set(part, { owner, position: position++, repeated, isInitial: when === "initial" });
    });
  }
}

const outside: MisplacedDraw = {
  message: "a draw belongs to an equation of a cell, or to the initial value of a state",
  help: "functions are given what is drawn as an argument",
};

const uncounted: MisplacedDraw = {
  message: "each round draws numbers of its own, and nothing counts these",
  help: "give the rounds an index: `r = x then f(dropout(r, 0.2)) for k < 6`",
};

/** `dropout`, `normal`, …: where nothing that can be called has the name. */
export function drawWordOf({ callee: { text } }: CallNode, scope: Scope): DrawFunctionName | undefined {
  const isOwn =
    scope.functions.has(text) || scope.module.entries.has(text) || scope.entries.get(text)?.kind === "instance";
  return isOwn ? undefined : drawFunctionNamed(text);
}

/** In itself, or in what it uses. */
export const drawsAnything = ({ items }: TypedCell): boolean =>
  items.some((item) => (item.kind === "tensor" ? item.tensor.role === "random" : drawsAnything(item.instance.cell)));
