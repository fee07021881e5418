/** How much of the derivative of the losses arrives at each place of a sequence. */
import { expect, it, test } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { arrays, type FlowAlong, sgd, train, type TrainOptions } from "../../../../runtime/index.js";
import type { Manifest } from "../../../../runtime/module/manifest.js";
import { checkFlow, findFlow } from "../../../../runtime/training/train/flow.js";

async function flowsOf(options: TrainOptions): Promise<Record<number, FlowAlong>> {
  const found: Record<number, FlowAlong> = {};
  for await (const event of train(options)) {
    if (event.kind === "update" && event.flow !== undefined) found[event.update] = event.flow;
  }
  return found;
}

it("is what equations say, of two losses, in whole sequences and in chunks", async () => {
  // dL/ds before place t: of the sum half to the power of what follows, of the other one half of the weight at each place.
  const text = `network Fades(; T) {
    input x: [T]
    param a: [] ~ ones
    s = 0.5 * before(s, 0) + a * x
    loss = sum(s) per T
    loss twice = 2 * sum(s)
    output y = s
  }`;
  const module = await cell(text, { cell: "Fades", gradient: true, dtype: "f64" });
  const x = Array.from({ length: 80 }, (_, t) => t);
  const options = { module, data: arrays({ x: [x] }), optimizer: sgd({ learningRate: 0.1 }), batch: 1, updates: 2, seed: 0 }; // prettier-ignore
  const wanted = (places: readonly number[], end: number, weight: number) =>
    places.map((from) => Array.from({ length: end - from }, (_, i) => 0.5 ** (i + 1) * (1 / weight + 2)).reduce((a, b) => a + b, 0)); // prettier-ignore
  const whole = await flowsOf({ ...options, flow: 2 });
  expect(Object.keys(whole)).toEqual(["2"]);
  const { along, places, norms } = whole[2]!;
  expect([along, places.length, places.slice(0, 3), Object.keys(norms)]).toEqual(["T", 27, [0, 3, 6], ["s"]]);
  wanted(places, 80, 80).forEach((norm, i) => expect(norms["s"]![i]).toBeCloseTo(norm, 12));
  const chunks = await flowsOf({ ...options, flow: [1, 2], truncate: 20 });
  expect(Object.keys(chunks)).toEqual(["1", "2"]);
  wanted(chunks[2]!.places, 20, 20).forEach((norm, i) => expect(chunks[2]!.norms["s"]![i]).toBeCloseTo(norm, 12));
});

it("changes no bit of the run, also where something is drawn", async () => {
  const text = `network Drops(; T) {
    input x: [T]
    param a: [] ~ ones
    s = 0.5 * before(s, 0) + dropout(a * x, 0.5)
    loss = sum(s * s) per T
    output y = s
  }`;
  const module = await cell(text, { cell: "Drops", gradient: true, target: "js" });
  const run = async (flow: TrainOptions["flow"]): Promise<readonly number[]> => {
    const norms: number[] = [];
    const data = arrays({ x: [[1, 2, 3, 4, 5]] });
    const options = { module, data, optimizer: sgd({ learningRate: 0.01 }), batch: 1, updates: 4, seed: 0 };
    for await (const event of train({ ...options, ...(flow !== undefined && { flow }) }))
      if (event.kind === "update") norms.push(event.norm);
    return norms;
  };
  expect(await run(1)).toEqual(await run(undefined));
});

const manifest = {
  cell: "A",
  axes: [{ name: "T", kind: "sequence" }],
  states: [{ name: "h", shape: [3], dtype: "real" }, { name: "step", shape: [], dtype: "index" }],
  cuts: [{ axis: "T", states: ["h", "step"] }],
} as unknown as Manifest; // prettier-ignore

test("updates are every so many, or those of a list", () => {
  const due = (flow: unknown): readonly number[] => [1, 2, 3, 4, 6].filter((update) => checkFlow(manifest, flow, undefined)!.isDue(update)); // prettier-ignore
  expect([due(2), due([1, 6])]).toEqual([
    [2, 4, 6],
    [1, 6],
  ]);
  expect(checkFlow(manifest, undefined, undefined)).toBeUndefined();
  expect(findFlow(manifest, undefined)).toEqual({
    plan: { axis: "T", least: expect.any(Number), states: ["h", "step"], shown: ["h"] },
  });
});

test.each<[unknown, object, string]>([
  ["2", {}, 'flow must be every how many updates, or a list of updates, got "2"'],
  [[0], {}, "flow must be a positive integer, got 0"],
  [1, { cuts: [] }, "flow: no input of A has a sequence in front"],
  [1, { cuts: [{ axis: "T", obstacle: "`y` looks ahead" }] }, "flow: A cannot be cut along T: `y` looks ahead"],
  [1, { cuts: [{ axis: "T", states: ["step"] }] }, "flow: no state of A goes along T"],
  [1, { states: [{ name: "h", shape: ["S"], dtype: "real" }] }, "flow: A has states whose sizes differ from call to call"],
])("%j, %j", (flow, changed, message) => {
  expect(() => checkFlow({ ...manifest, ...changed }, flow, undefined)).toThrow(`train: ${message}`);
}); // prettier-ignore
