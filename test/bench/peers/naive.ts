/** Plain JavaScript loops. */
import { cells } from "../cells.js";
import { stepCount } from "../data.js";
import { createState, naiveForward, naiveSteps } from "../naive-cells.js";
import type { Contender, Peer } from "./peer.js";

export const naive: Peer = {
  name: "naive",
  title: "naive JavaScript",
  native: false,
  load: () => Promise.resolve(`Node ${process.versions.node}`),
  prepare: (workload, { weights, x }) => {
    const { cell, kind, I, H, B, T } = workload;
    const none: readonly Contender[] = [];
    if (kind === "gradient") return Promise.resolve(none);
    if (kind === "forward") {
      const out = { y: new Float32Array(B * T * H), h: new Float32Array(B * H), c: new Float32Array(B * H) };
      const run = (): void => naiveForward(cell, weights, x, workload, out);
      const names = ["y", ...cells[cell].states] as const;
      const results = (): Record<string, Float32Array> => {
        run();
        return Object.fromEntries(names.map((name) => [name, out[name]]));
      };
      return Promise.resolve([{ variant: "loops", run, results }]);
    }
    const step = naiveSteps[cell];
    const state = createState(H, Float32Array);
    let at = 0;
    const run = (): void => {
      step(weights, x, at * I, state, I, H);
      at = (at + 1) % stepCount;
    };
    const results = (): Record<string, Float32Array> => {
      state.h.fill(0);
      state.c.fill(0);
      const y = new Float32Array(stepCount * H);
      for (at = 0; at < stepCount; at++) {
        step(weights, x, at * I, state, I, H);
        y.set(state.h, at * H);
      }
      at = 0;
      return { y };
    };
    return Promise.resolve([{ variant: "loops", run, results }]);
  },
};
