/**
 * Along which sequence a gradient can be computed in segments, from the last to the first: each begins with the states that the one before it has
 * left, and goes on with the sums of the one after it.
 */
import { findCuts, isDrawnAlong } from "./find-cuts.js";
import { describeObstacle, findStream } from "../sequences/find-stream.js";
import type { SegmentsAlong } from "../entry.js";
import type { Program } from "../program.js";

export type SegmentSearch = SegmentsAlong | { readonly obstacle: string };

/** A gradient that was asked for in segments and cannot be computed so: a matter of the source. */
export class SegmentsError extends TypeError {
  override readonly name = "SegmentsError";
  readonly help: string;

  constructor(obstacle: string, help: string) {
    super(`the gradient cannot be computed in segments: ${obstacle}`);
    this.help = help;
  }
}

type SegmentedProgram = Parameters<typeof findCuts>[0] & Pick<Program, "outputs" | "randoms">;

/** Of a program with losses what these are sums along, of others what they stream along. */
export function findSegments(program: SegmentedProgram): SegmentSearch {
  const found = (program.losses ?? []).length > 0 ? alongLosses(program) : alongStream(program);
  if ("obstacle" in found) return found;
  const { symbol } = found;
  const drawn = program.randoms.find((random) => random.counter === undefined && isDrawnAlong(random, symbol));
  return drawn === undefined ? found : { obstacle: `\`${drawn.name}\` draws by the place along \`${symbol}\`, which begins anew in every segment` }; // prettier-ignore
}

/** @throws SegmentsError where there is none. */
export function segmentsOf(program: SegmentedProgram): SegmentsAlong {
  const found = findSegments(program);
  if ("symbol" in found) return found;
  throw new SegmentsError(
    found.obstacle,
    "each step is made of what there is up to it, and losses are sums over the steps",
  );
}

function alongLosses(program: SegmentedProgram): SegmentSearch {
  const cuts = findCuts(program);
  const possible = cuts.filter(({ obstacle }) => obstacle === undefined);
  const cut = possible.find(({ axis }) => axis === program.stream) ?? possible[0];
  if (cut === undefined) return { obstacle: cuts[0]?.obstacle ?? "no input has a sequence in front" };
  return { symbol: cut.axis, totals: cut.totals };
}

function alongStream({ stream, forward, inputs, outputs, axes }: SegmentedProgram): SegmentSearch {
  if (stream !== undefined) return { symbol: stream, totals: [] };
  const names = (tensors: readonly { readonly name: string }[]): string[] => tensors.map(({ name }) => name);
  const { obstacle } = findStream(forward, names(inputs), names(outputs), axes);
  return { obstacle: obstacle === undefined ? "it has no outputs" : describeObstacle(obstacle) };
}
