/**
 * Delay lines of streams: rings. A line of K elements has K + 1 places, and each element stands twice, that many places apart, so that
 * every window is in one piece. Where it begins is the same for all examples, which go on together. Callers see a state in its
 * order: `takeRings` brings it into the rings, and `giveRings` what these hold into it. Who calls the kernels runs the one
 * where states were written and the rings are wanted, the other where it is the other way round.
 */
import { at } from "../../base/at.js";
import { addDims, dimConstant, multiplyDims } from "../../base/types/dim.js";
import type { DelayLine } from "../../ir/graph/delay-line.js";
import { addAffine, affineConstant, AFFINE_ZERO, affineVariable } from "../../ir/kernel/affine.js";
import type { Affine, KernelFunction, Statement } from "../../ir/kernel/kernel-program.js";
import { ringEntries } from "../../program/entry.js";
import { kernelInPart } from "../../program/base/roles.js";
import type { Block } from "./block.js";
import { load } from "./compensated.js";
import { copyLine } from "./copy-line.js";
import { beginAt, type PlacedLine, shapeOfRoom } from "./delay-lines.js";
import { accessOf, type BufferLocation } from "./location.js";
import type { Storage } from "./storage.js";

export class Ring {
  readonly placed: PlacedLine;
  /** Stands before all else in a step, and names these integers. */
  readonly moves: readonly Statement[];
  readonly names: readonly string[];
  private readonly line: DelayLine;
  private readonly state: BufferLocation;
  private readonly room: BufferLocation;
  /** Where its window begins between two steps. */
  private readonly place: BufferLocation;
  private readonly count: Affine;
  private readonly around: Affine;

  /** @param i its number among those of the step */
  constructor(line: DelayLine, state: BufferLocation, storage: Storage, i: number) {
    const { axis, shape, end } = line;
    const count = at(shape, axis);
    const places = addDims(count, dimConstant(1));
    this.line = line;
    this.state = state;
    this.count = affineConstant(count);
    this.around = affineConstant(places);
    const room = shapeOfRoom(line, () => multiplyDims(dimConstant(2), places));
    this.room = storage.kept(`${state.buffer}.ring`, "real", room, true);
    this.place = storage.kept(`${state.buffer}.place`, "index", [], false);
    const [held, turned, entered] = [`held${i}`, `turned${i}`, `entered${i}`];
    this.names = [held, turned, entered];
    const [place, next] = [affineVariable(turned), addAffine(affineVariable(turned), affineConstant(1))];
    const moves: Statement[] = [this.readPlace(held)];
    if (end === "front") {
      // A place less, which is as much more around the ring.
      moves.push(this.turn(turned, addAffine(affineVariable(held), this.count)), this.keepPlace(place));
      this.placed = { line, before: this.window(next), after: this.window(place), entries: this.twice(place) };
    } else {
      moves.push(this.turn(turned, affineVariable(held)), this.turn(entered, addAffine(place, this.count)));
      moves.push(this.keepPlace(next));
      const entries = this.twice(affineVariable(entered));
      this.placed = { line, before: this.window(place), after: this.window(next), entries };
    }
    this.moves = moves;
  }

  /** The state in its order into the ring. */
  take(block: Block): Statement[] {
    const { line, state } = this;
    const copy = copyLine(block, line, `${state.buffer} into its ring`, (nest, indices) => {
      const value = load(accessOf(state, indices, nest.example));
      for (const copied of this.twice(AFFINE_ZERO)) nest.store(accessOf(copied, indices, nest.example), value, "set");
    });
    return [this.keepPlace(AFFINE_ZERO), copy];
  }

  /** What the ring holds into the state. */
  give(block: Block, i: number): Statement[] {
    const { line, state } = this;
    const [held, turned] = [`held${i}`, `turned${i}`];
    const window = this.window(affineVariable(turned));
    const copy = copyLine(block, line, `${state.buffer} out of its ring`, (nest, indices) => {
      const value = load(accessOf(window, indices, nest.example));
      nest.store(accessOf(state, indices, nest.example), value, "set");
    });
    return [this.readPlace(held), this.turn(turned, affineVariable(held)), copy];
  }

  private window(place: Affine): BufferLocation {
    return beginAt(this.room, this.line.axis, place);
  }

  private twice(place: Affine): [BufferLocation, BufferLocation] {
    return [this.window(place), this.window(addAffine(place, this.around))];
  }

  private readPlace(name: string): Statement {
    return { kind: "let_index", name, value: { kind: "load", access: accessOf(this.place, [], undefined) } };
  }

  private turn(name: string, left: Affine): Statement {
    return { kind: "let_index", name, value: { kind: "remainder", left, right: this.around } };
  }

  private keepPlace(value: Affine): Statement {
    return { kind: "store_index", access: accessOf(this.place, [], undefined), value };
  }
}

/** The two kernels around those of a step; none where it has no rings. */
export function ringKernels(rings: readonly Ring[], block: Block, part: string | undefined): KernelFunction[] {
  if (rings.length === 0) return [];
  return [
    { name: kernelInPart(part, ringEntries.take), rings: "take", body: rings.flatMap((ring) => ring.take(block)) },
    {
      name: kernelInPart(part, ringEntries.give),
      rings: "give",
      body: rings.flatMap((ring, i) => ring.give(block, i)),
    },
  ];
}
