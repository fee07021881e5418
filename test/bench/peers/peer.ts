/** What a peer is to the harness. */
import type { Data } from "../data.js";
import type { PeerName, Workload } from "../workloads.js";

export type Tensors = Readonly<Record<string, ArrayLike<number>>>;

/** A peer ready to run one workload. */
export interface Contender {
  /** How it does it, where there is more than one way. */
  readonly variant: string;
  /** One call: the inputs are read from the same array each time, the results are there for JavaScript to read. */
  readonly run: () => unknown;
  /**
   * What is compared with the reference. Forward: `y` `[B, T, H]` and the last states `[B, H]`; steps: `y` of
   * `stepCount` steps from a zero state; gradients: one for each weight, in its layout.
   */
  readonly results: () => Tensors | Promise<Tensors>;
}

export interface Peer {
  readonly name: PeerName;
  readonly title: string;
  /** Machine code of the host rather than JavaScript or WebAssembly. */
  readonly native: boolean;
  /** Loads it and says which version it is. @throws Where it does not load here. */
  load(): Promise<string>;
  /** Ways to do the workload; of several the fastest is measured. None where it cannot. */
  prepare(workload: Workload, data: Data): Promise<readonly Contender[]>;
}
