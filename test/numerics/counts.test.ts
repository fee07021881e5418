/** Where the products of a cell run, before the loop over time, in it, or behind it, and what is kept for backward. */
import { describe, expect, it } from "vitest";
import { readFileSync } from "node:fs";
import { lowerSource } from "../../compiler/lower-source.js";
import { type EntryReport, explainProgram, printExplanation, type Region } from "../../compiler/transform/explain.js";
import { buildSequenceProgram } from "../../compiler/transform/pipeline.js";

type Counts = Readonly<Record<Exclude<Region, "once">, number>>;

function explained(file: string, cell: string, dimensions: Record<string, number> = {}): EntryReport[] {
  const text = readFileSync(new URL(`../../compiler/std/${file}.cell`, import.meta.url), "utf8");
  const { cell: lowered } = lowerSource(text, { cell, dimensions }, "symbolic");
  if (lowered === undefined) throw new Error(`${cell} does not compile`);
  return explainProgram(buildSequenceProgram(lowered, { gradient: true, jvp: false, hvp: false }));
}

function products(file: string, cell: string): { forward: Counts; backward: Counts } {
  const reports = explained(file, cell);
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

describe("what forward keeps for backward", () => {
  const kept = (file: string, cell: string, dimensions?: Record<string, number>): string =>
    printExplanation(explained(file, cell, dimensions), 4)
      .split("\n")
      .filter((line) => /^  kept|^  computed again|^    [^ ]+: .* bytes; /u.test(line))
      .join("\n");

  it("LSTM", () => {
    expect(kept("lstm", "LSTM")).toMatchInlineSnapshot(`
      "  kept for backward: 28*H bytes per example and step
          h: 4*H bytes; the state before the step
          c: 4*H bytes; the state before the step
          o: 4*H bytes; sigmoid is dear to repeat
          f: 4*H bytes; sigmoid is dear to repeat
          i: 4*H bytes; sigmoid is dear to repeat
          g: 4*H bytes; tanh is dear to repeat
          17: 4*H bytes; tanh is dear to repeat"
    `);
  });

  it("GRU", () => {
    expect(kept("gru", "GRU")).toMatchInlineSnapshot(`
      "  kept for backward: 20*H bytes per example and step
          h: 4*H bytes; the state before the step
          8: 4*H bytes; slice of what would take no less memory
          z: 4*H bytes; sigmoid is dear to repeat
          r: 4*H bytes; sigmoid is dear to repeat
          n: 4*H bytes; tanh is dear to repeat"
    `);
  });

  it("in bytes where sizes are given", () => {
    expect(kept("lstm", "LSTM", { I: 64, H: 128 }).split("\n")[0]).toMatchInlineSnapshot(
      `"  kept for backward: 3584 bytes per example and step"`,
    );
  });
});
