/** What can be said of a network once its equations are known: whether its lengths are found, and `stream`, an error where it looks ahead. */
import type { DiagnosticCollector } from "../base/diagnostics/diagnostic.js";
import type { TypedCell } from "../language/semantics/typed-program.js";
import { describeObstacle } from "./sequences/find-stream.js";
import type { LoweredCell, LoweredNetwork } from "./base/lowered-cell.js";
import { checkNetworkLengths, searchNetwork } from "./network-program.js";

export function checkStream(
  { name, stream }: Pick<TypedCell, "name" | "stream">,
  lowered: LoweredCell | LoweredNetwork,
  collector: DiagnosticCollector,
): void {
  if ("step" in lowered) return;
  checkNetworkLengths(lowered, collector);
  if (stream === undefined || collector.hasErrors) return;
  const { symbol, obstacle } = searchNetwork(lowered);
  if (symbol !== undefined) return;
  if (obstacle === undefined) {
    collector.report("looks-ahead", stream, `\`${name}\` has no outputs, so there is nothing to stream`);
    return;
  }
  const { span, axis } = obstacle;
  const along = axis === undefined ? "" : ` along \`${axis}\``;
  collector.report("looks-ahead", stream, `\`${name}\` does not stream${along}: ${describeObstacle(obstacle)}`, {
    help: "each element of an output is made of what there is up to its place; losses may look at all of it",
    ...(span && { related: [{ span, message: "here it looks ahead" }] }),
  });
}
