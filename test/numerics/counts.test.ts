/** Where the products of a cell run: before the loop over time, in it, or behind it. */
import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { lowerSource } from "../../compiler/lower-source.js";
import { explainProgram, type Region } from "../../compiler/transform/explain.js";
import { buildSequenceProgram } from "../../compiler/transform/pipeline.js";

type Counts = Readonly<Record<Exclude<Region, "once">, number>>;

function products(file: string, cell: string): { forward: Counts; backward: Counts } {
  const text = readFileSync(new URL(`../../compiler/std/${file}.cell`, import.meta.url), "utf8");
  const { cell: lowered } = lowerSource(text, { cell }, "symbolic");
  if (lowered === undefined) throw new Error(`${cell} does not compile`);
  const reports = explainProgram(buildSequenceProgram(lowered, { gradient: true, jvp: false, hvp: false }));
  const counts = (entry: string): Counts => {
    const regions = reports.find((report) => report.entry === entry)?.regions ?? [];
    const of = (region: Region): number => regions.find((r) => r.region === region)?.products ?? 0;
    return { before: of("before"), loop: of("loop"), after: of("after") };
  };
  return { forward: counts("forward"), backward: counts("backward") };
}

describe("products", () => {
  it("an LSTM has one before the loop and one in it; backward one in the loop, weight gradients behind", () => {
    expect(products("lstm", "LSTM")).toEqual({
      forward: { before: 1, loop: 1, after: 0 },
      backward: { before: 0, loop: 1, after: 3 },
    });
  });

  it("so has a GRU with the reset gate behind the product", () => {
    expect(products("gru", "GRU")).toEqual({
      forward: { before: 1, loop: 1, after: 0 },
      backward: { before: 0, loop: 1, after: 3 },
    });
  });

  it("with the reset gate before the product, the candidate needs one of its own", () => {
    const { forward, backward } = products("gru-reset-before", "GRUResetBefore");
    expect(forward).toEqual({ before: 1, loop: 2, after: 0 });
    expect(backward.loop).toBe(2);
  });

  it.each([["mingru", "MinGRU"], ["mingru", "MinLSTM"], ["indrnn", "IndRNN"]])("%s %s has none in its loops", (file, cell) => {
    const { forward, backward } = products(file, cell);
    expect(forward).toEqual({ before: 1, loop: 0, after: 0 });
    expect(backward.loop).toBe(0);
  }); // prettier-ignore

  it("a read-out runs behind the loop", () => {
    expect(products("simple-rnn", "ReadoutRNN").forward).toEqual({ before: 1, loop: 1, after: 1 });
  });

  it("each layer of a stack has a loop of its own, and reads the one below in one product", () => {
    const { forward, backward } = products("stacked", "StackedLSTM");
    expect(forward).toEqual({ before: 2, loop: 2, after: 0 });
    expect(backward.loop).toBe(2);
  });
});
