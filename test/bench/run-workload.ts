/** One workload: prepares all peers, checks their results, times those that are right. Runs in a process of its own. */
import { drawData } from "./data.js";
import { type Contestant, measure, type Timing } from "../../compiler/tools/bench/measure.js";
import { peers } from "./peers/index.js";
import type { Contender, Peer } from "./peers/peer.js";
import { referenceOf, tolerance, worstError } from "./reference.js";
import type { PeerName, Workload } from "./workloads.js";

export type PeerResult =
  | {
      readonly peer: PeerName;
      readonly title: string;
      readonly native: boolean;
      readonly version: string;
      readonly variant: string;
      /** Largest error, as a share of the largest value of its tensor. */
      readonly error: number;
      /** Microseconds. */
      readonly median: number;
      readonly minimum: number;
      readonly turns: number;
    }
  | {
      readonly peer: PeerName;
      readonly title: string;
      readonly native: boolean;
      readonly problem: string;
      /** It ran, and gave something else than the reference. */
      readonly wrong: boolean;
    };

export type TimedResult = Extract<PeerResult, { readonly median: number }>;

export const isTimed = (result: PeerResult): result is TimedResult => "median" in result;

class WrongResultError extends Error {}

interface Ready {
  readonly peer: Peer;
  readonly version: string;
  readonly error: number;
  readonly contender: Contender;
}

/** Undefined where the peer does not do this workload. */
async function prepare(
  peer: Peer,
  workload: Workload,
  data: ReturnType<typeof drawData>,
  reference: Awaited<ReturnType<typeof referenceOf>>,
): Promise<Ready | undefined> {
  const version = await peer.load();
  const contenders = await peer.prepare(workload, data);
  let error = 0;
  for (const { variant, results } of contenders) {
    const found = worstError(await results(), reference);
    if (!(found <= tolerance)) {
      throw new WrongResultError(`its results are wrong (${variant}): off by ${found.toExponential(1)}`);
    }
    error = Math.max(error, found);
  }
  const contender = await fastest(contenders);
  return contender && { peer, version, error, contender };
}

async function fastest(contenders: readonly Contender[]): Promise<Contender | undefined> {
  if (contenders.length < 2) return contenders[0];
  const contestants = contenders.map(({ run }, i): Contestant => ({ name: String(i), run }));
  const timings = await measure(contestants, { seconds: 0.6 });
  const [best] = [...timings].sort((a, b) => a.median - b.median);
  return contenders[Number((best as Timing).name)];
}

/** Peers that cannot do the workload are left out of the results; those that fail are in them with their problem. */
export async function runWorkload(
  workload: Workload,
  names: readonly PeerName[],
  seconds: number,
  progress: (text: string) => void,
): Promise<PeerResult[]> {
  const data = drawData(workload);
  progress("reference");
  const reference = await referenceOf(workload, data);
  const ready: Ready[] = [];
  const failed: PeerResult[] = [];
  for (const peer of peers.filter(({ name }) => names.includes(name))) {
    progress(`preparing ${peer.title}`);
    try {
      const found = await prepare(peer, workload, data, reference);
      if (found !== undefined) ready.push(found);
    } catch (problem) {
      const { name, title, native } = peer;
      const [text = ""] = (problem instanceof Error ? problem.message : String(problem)).split("\n");
      failed.push({ peer: name, title, native, problem: text, wrong: problem instanceof WrongResultError });
    }
  }
  progress(`timing ${ready.length} peers`);
  const contestants = ready.map(({ peer, contender }) => ({ name: peer.name, run: contender.run }));
  const timings = await measure(contestants, { seconds });
  const timed = ready.map(({ peer, version, error, contender }, i): PeerResult => {
    const { median, minimum, turns } = timings[i]!;
    const { name, title, native } = peer;
    return { peer: name, title, native, version, variant: contender.variant, error, median, minimum, turns };
  });
  return [...timed, ...failed];
}
