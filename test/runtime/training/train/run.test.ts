/** Updates that are not finite, and what becomes of a run. */
import { beforeAll, describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { adam, arrays, checkpoints, type CompiledModule, train, type TrainEvent, type TrainOptions } from "../../../../runtime/index.js"; // prettier-ignore
import { memoryStore } from "../../../support/memory-store.js";

let module: CompiledModule;
beforeAll(async () => {
  const source = "network Line(; T) { input x, y: [T] param a: [] ~ zeros loss = sum((a * x - y) ^ 2) per T }";
  module = await cell(source, { gradient: true, dtype: "f64" });
});

const data = arrays({ x: [[1], [2], [NaN], [3]], y: [[2], [4], [6], [6]] });
/** The same without the one that is wrong. */
const sound = arrays({ x: [[1], [2], [3]], y: [[2], [4], [6]] });
const base = (): TrainOptions => ({ module, data, optimizer: adam({ learningRate: 0.1 }), batch: 1, epochs: 2, seed: 3 }); // prettier-ignore

async function run(options: TrainOptions) {
  const history: string[] = [];
  const training = train({ ...options, history: (line) => history.push(line) });
  const events: TrainEvent[] = [];
  let error: unknown;
  try {
    for await (const event of training) events.push(event);
  } catch (caught) {
    error = caught;
  }
  return { events, history, error, a: training.instance.params["a"]![0], training };
}

describe("updates that are not finite", () => {
  it("are left out, as many as may be, and move nothing", async () => {
    const { events, history, a, training } = await run({ ...base(), onNonFinite: { skip: 2 } });
    const skipped = events.filter((event) => event.kind === "skipped");
    expect(skipped).toHaveLength(2);
    expect(skipped[0]!.cause).toMatch(/^update \d \(epoch 0\): loss is NaN; example 2 of the data, place 0/u);
    expect(events.filter(({ kind }) => kind === "update").map((event) => "update" in event && event.update)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].filter((n) => !skipped.some(({ update }) => update === n)),
    );
    expect(history.filter((line) => line.includes('"skipped"'))).toHaveLength(2);
    expect(await training.finish()).toMatchObject({ updates: 8, skipped: 2, reason: "epochs" });
    const values = [...events].flatMap((event) => (event.kind === "update" ? [event.loss] : []));
    expect(values.every(Number.isFinite)).toBe(true);
    expect(a).toBeGreaterThan(0.5);
  });

  it("move neither params nor the optimiser", async () => {
    const of = async (source: TrainOptions["data"]) =>
      (await run({ ...base(), data: source, batch: 4, epochs: 3, onNonFinite: { skip: 3 } })).a;
    expect(await of(data)).toBe(0);
    expect(await of(sound)).not.toBe(0);
  });

  it("end training where there are more, or none may be left out", async () => {
    const one = await run({ ...base(), onNonFinite: { skip: 1 } });
    expect(one.events.filter(({ kind }) => kind === "skipped")).toHaveLength(1);
    expect(one.error).toMatchObject({ code: "non-finite" });
    const none = await run({ ...base(), onNonFinite: "stop" });
    expect(none.error).toMatchObject({ code: "non-finite" });
    expect(none.events.some(({ kind }) => kind === "skipped")).toBe(false);
  });

  it("are counted by checkpoints", async () => {
    const store = checkpoints(memoryStore(), { every: 1 });
    const first = await run({ ...base(), epochs: 1, checkpoints: store, onNonFinite: { skip: 1 } });
    expect(first.error).toBeUndefined();
    const again = await run({ ...base(), checkpoints: store, resume: true, onNonFinite: { skip: 1 } });
    expect(again.error).toMatchObject({ code: "non-finite" });
    const more = await run({ ...base(), checkpoints: store, resume: true, onNonFinite: { skip: 2 } });
    expect(await more.training.finish()).toMatchObject({ updates: 8, skipped: 2 });
    expect(more.a).toBe((await run({ ...base(), onNonFinite: { skip: 2 } })).a);
  });

  it.each([
    [{ onNonFinite: "go on" }, 'train: onNonFinite must be "stop" or { skip: how many }, got "go on"'],
    [{ onNonFinite: { skip: -1 } }, "train: onNonFinite.skip must be"],
    [{ onNonFinite: { most: 1 } }, "most"],
    [{ onNonFinite: { skip: 1 }, truncate: 2 }, "train: onNonFinite: with `truncate` nothing is left out"],
  ])("are told how: %j", (option, message) => {
    expect(() => train({ ...base(), ...option } as TrainOptions)).toThrow(message);
  });
});
