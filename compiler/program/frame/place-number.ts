/** Places as numbers. */
import type { Dim } from "../../base/types/dim.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";

/** A place as a real number: inputs and states are integers, whatever is computed is one already. */
export function asNumber(builder: GraphBuilder, value: ValueId, bound: Dim): ValueId {
  if (builder.typeOf(value).dtype === "real") return value;
  return builder.emit({ kind: "gather", along: 0 }, [builder.iota(bound), value]);
}
