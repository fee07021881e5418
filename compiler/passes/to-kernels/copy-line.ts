import type { Affine, Statement } from "../../ir/kernel/kernel-program.js";
import type { Block } from "./block.js";
import type { MovingLine } from "../../ir/graph/delay-line.js";
import { indicesOf, nestFor } from "./loops.js";
import type { Nest } from "./nest.js";

/** A region that goes through what a line carries. */
export function copyLine(
  block: Block,
  { shape }: Pick<MovingLine, "shape">,
  name: string,
  copy: (nest: Nest, indices: readonly Affine[]) => void,
): Statement {
  const nest = nestFor(block, shape, true);
  copy(nest, indicesOf(nest));
  return { kind: "region", name: `${block.path} ${name}`, comment: name, body: nest.finish() };
}
