/** Equations of a network that need each other's elements before or after: one loop over the sequence, in which each has one element at a time. */
import { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import type { TypedLoop } from "../../language/semantics/typed-networks.js";
import { broadcastTo } from "../frame/broadcast-to.js";
import { again } from "../frame/frame-in-place.js";
import {
  builderAt,
  type CellFrame,
  dimIn,
  type Lowering,
  NotLowered,
  type RunState,
  type RunStates,
  shapeIn,
} from "../frame/frame.js";
import { ElementByElement } from "../frame/element-by-element.js";
import { sharedIn } from "../frame/once.js";

/** Computes the equations of a loop, and what its runs come to. */
export function lowerLoop(lowering: Lowering, frame: CellFrame, loop: TypedLoop): void {
  const outer = lowering.builder;
  const length = dimIn(frame, loop.axis);
  const inner = new GraphBuilder(outer.name, outer.context);
  const brought = new Map<ValueId, ValueId>();
  const bring = (value: ValueId): ValueId => {
    const own = inner.input(`outer.${brought.size}`, outer.typeOf(value));
    brought.set(own, value);
    return own;
  };
  const own = frameInside(frame, bring);
  // What was computed before the loop, a run and its states among it, is not computed again in it.
  for (const [what, values] of sharedIn(frame)) sharedIn(own).set(what, values.map((value) => (value === undefined ? undefined : bring(value)))); // prettier-ignore
  const { states: around, drawn } = lowering;
  const { states, ended } = statesInside(around, bring);
  const fed = new Map<ValueId, ValueId>();
  const awaited = new Map<string, ValueId>();
  for (const [name, type] of loop.fed) {
    const dtype = type.kind === "index" ? "index" : "real";
    const input = inner.input(name, { dtype, shape: shapeIn(frame, type), shared: false });
    awaited.set(name, input);
    own.values.set(name, input);
  }
  const draws = drawn && { drawn: (random: Parameters<typeof drawn>[0]) => bring(drawn(random)) };
  const inside: Lowering = { ...lowering, builder: inner, states, ...draws };
  for (const key of loop.members) {
    const node = frame.cell.nodes.get(key);
    if (node === undefined || node.value.type.kind === "outputs") continue;
    const value = lowering.lower({ ...inside, equation: frame.path + key }, own, node.value);
    const full = broadcastTo(builderAt(inside, own, node.value), value, shapeIn(frame, node.value.type));
    own.values.set(key, full);
    const input = awaited.get(key);
    if (input !== undefined) fed.set(input, full);
  }
  const walk = new ElementByElement(builderAt(lowering, frame, loop), inner, {
    length,
    reverse: loop.reverse,
    brought,
    fed,
  });
  const wanted = [
    ...loop.members.flatMap((key) => own.values.get(key) ?? []),
    ...sharedValues(own),
    ...ended.flatMap(({ first, last }) => [first, last]),
  ];
  const refused = walk.run(wanted);
  if (refused !== undefined) throw notByEntry(loop, refused);
  for (const key of loop.members) {
    const value = own.values.get(key);
    const found = value === undefined ? undefined : walk.outside(value);
    if (found === undefined) continue;
    frame.values.set(key, found);
    if (!frame.isInPlace) outer.nameValue(found, frame.path + key);
  }
  for (const [what, values] of sharedIn(own)) sharedIn(frame).set(what, values.map((value) => (value === undefined ? undefined : walk.outside(value)))); // prettier-ignore
  for (const { state, ...ends } of ended) {
    const [first, last] = [walk.outside(ends.first), walk.outside(ends.last)];
    if (first !== undefined && last !== undefined) around?.note(state, first, last);
  }
}

/** States of runs in the loop, as values of its builder. */
function statesInside(
  around: RunStates | undefined,
  bring: (value: ValueId) => ValueId,
): {
  readonly states: RunStates | undefined;
  readonly ended: readonly { readonly state: RunState; readonly first: ValueId; readonly last: ValueId }[];
} {
  const ended: { readonly state: RunState; readonly first: ValueId; readonly last: ValueId }[] = [];
  const states = around && {
    ofModule: around.ofModule,
    before: (state: RunState, isComputed: boolean) => {
      const value = around.before(state, isComputed);
      return value === undefined ? undefined : bring(value);
    },
    note: (state: RunState, first: ValueId, last: ValueId) => void ended.push({ state, first, last }),
  };
  return { states, ended };
}

const sharedValues = (frame: CellFrame): ValueId[] =>
  [...sharedIn(frame).values()].flatMap((values) => values.flatMap((value) => value ?? []));

/** The frame with all that is known in it as values of another builder. */
function frameInside(frame: CellFrame, bring: (value: ValueId) => ValueId): CellFrame {
  const values = new Map([...frame.values].map(([key, value]) => [key, bring(value)]));
  // By name: the path of a network that is called several times is that of the call.
  const children = new Map([...frame.children].map(([name, child]) => [name, again(child, child.dimensions, bring)]));
  return { ...frame, values, children, isInPlace: true };
}

function notByEntry(loop: TypedLoop, { span }: { readonly span: NotLowered["span"] | undefined }): NotLowered {
  const names = loop.members.map((name) => `\`${name}\``).join(", ");
  const message = `${names} need each other element by element, and this looks at other elements, too`;
  return new NotLowered("not-entry-by-entry", span ?? loop.span, message, "in a cycle through `before` an element is made of what its operands have at the same place"); // prettier-ignore
}
