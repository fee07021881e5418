/** Delay lines of loops: each has a place for every step beside its first elements, so that addresses are affine in the step. */
import { at } from "../../base/at.js";
import { addDims, dimConstant, subtractDims } from "../../base/types/dim.js";
import type { MovingLine } from "../../ir/graph/delay-line.js";
import type { Scan } from "../../ir/graph/scan.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { addAffine, affineConstant, affineVariable, subtractAffine } from "../../ir/kernel/affine.js";
import type { Affine, Statement } from "../../ir/kernel/kernel-program.js";
import type { Block } from "./block.js";
import { load, NONE } from "./compensated.js";
import { copyLine } from "./copy-line.js";
import { beginAt, shapeOfRoom } from "./delay-lines.js";
import { elementOf } from "./formula.js";
import { accessOf, type BufferLocation } from "./location.js";

/**
 * A line while its loop runs. With `n` steps on this side of it, counted from step 0 whichever way the loop goes, its window begins
 * at place `n`, or that far from the steps of the longest example: so that it moves to where elements come in. Examples with fewer
 * steps begin or end within.
 */
export class History {
  readonly before: BufferLocation;
  readonly after: BufferLocation;
  /** Where a new element goes. */
  readonly entry: BufferLocation;
  private readonly block: Block;
  private readonly line: MovingLine;
  private readonly loop: Pick<Scan, "length" | "reverse">;
  private readonly room: BufferLocation;

  /** @param step the variable of the loop */
  constructor(block: Block, line: MovingLine, loop: Pick<Scan, "length" | "reverse">, step: string, name: string) {
    this.block = block;
    this.line = line;
    this.loop = loop;
    const room = shapeOfRoom(line, (count) => addDims(count, loop.length));
    this.room = block.storage.scratch(name, "real", room, true);
    const [n, next] = [affineVariable(step), addAffine(affineVariable(step), affineConstant(1))];
    [this.before, this.after] = loop.reverse
      ? [this.window(next), this.window(n)]
      : [this.window(n), this.window(next)];
    const { axis, shape, end } = line;
    const place = end === "front" ? dimConstant(0) : subtractDims(at(shape, axis), dimConstant(1));
    this.entry = beginAt(this.after, axis, affineConstant(place));
  }

  private window(n: Affine): BufferLocation {
    const { end, axis } = this.line;
    const { length, reverse } = this.loop;
    const rises = (end === "front") === reverse;
    return beginAt(this.room, axis, rises ? n : subtractAffine(affineConstant(length), n));
  }

  /** What is carried before the first step. */
  begin(initial: ValueId, name: string): Statement {
    const { block, line, loop } = this;
    return copyLine(block, line, `${name} begins`, (nest, indices) => {
      const window = this.window(loop.reverse ? nest.size(loop.length) : affineConstant(0));
      nest.store(accessOf(window, indices, nest.example), elementOf(block, initial, indices, nest), "set");
    });
  }

  /** A zero comes in. @param body the block of a step */
  enterZero(body: Block, name: string): Statement {
    const { axis, shape } = this.line;
    const one = { shape: shape.map((size, i) => (i === axis ? dimConstant(1) : size)) };
    return copyLine(body, one, `${name} enters`, (nest, indices) => {
      nest.store(accessOf(this.entry, indices, nest.example), NONE, "set");
    });
  }

  /** What is left after the last. */
  end(last: BufferLocation, name: string): Statement {
    const { block, line, loop } = this;
    return copyLine(block, line, `${name} ends`, (nest, indices) => {
      const window = this.window(loop.reverse ? affineConstant(0) : nest.size(loop.length));
      nest.store(accessOf(last, indices, nest.example), load(accessOf(window, indices, nest.example)), "set");
    });
  }
}
