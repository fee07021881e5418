/** The stream of a network's module: contexts that are computed once, other orders of examples, calls that are refused. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { lowerSource } from "../../../../compiler/driver/pipeline.js";
import type { ModuleInstance } from "../../../../runtime/module/compiled-module.js";
import { runSequence } from "../../../../runtime/index.js";

const attending = `network Attending(H, D; S >= 1, T) {
  input x: [T, H]
  input memory: [S, D]
  input speaker: index(H)
  param W: [H, D]
  param table: [H, H]
  keys[s] = tanh(W @ memory[s]) + table[speaker]
  total = before(total, 0) + x
  output y[t] = softmax(keys @ total[t]) @ keys
  loss = sum(y * y, axis = [0, 1]) per T
}`;
const dimensions = { H: 2, D: 2 };

it("what contexts alone tell is no work of a step", () => {
  const { program } = lowerSource(attending, { cell: "Attending", dimensions }, "all sizes");
  const { entries, roles } = buildEntries(program!, { gradient: false, jvp: false, hvp: false });
  const kinds = (name: string): string[] =>
    entries
      .get(name)!
      .fn.instructions.map(({ operation }) => (operation.kind === "map" ? operation.op : operation.kind));
  expect(kinds("stepContexts")).toContain("tanh");
  expect(kinds("stepContexts").filter((kind) => kind === "contract")).toHaveLength(1);
  expect(kinds("step")).not.toContain("tanh");
  // The gather of the speaker went, too.
  expect(kinds("step")).not.toContain("gather");
  expect(kinds("step").filter((kind) => kind === "contract")).toHaveLength(2);
  expect(roles.has("step.residual.context.0")).toBe(true);
  expect([...roles.keys()].filter((name) => name.startsWith("step.output"))).toEqual(["step.output.y"]);
});

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  async function make(): Promise<ModuleInstance> {
    const { instantiate } = await cell(attending, { cell: "Attending", dimensions, target, dtype: "f64" });
    const net = instantiate({ batch: 2, sizes: { S: 3, T: 4 } }) as ModuleInstance;
    net.setParams({ W: [1, 0.5, -0.5, 1], table: [0, 0.25, 0.5, 0] });
    return net;
  }
  const memory = [1, 2, 3, 4, 5, 6, 6, 5, 4, 3, 2, 1].map((value) => value / 8);
  const start = { memory, speaker: [0, 1], sizes: { S: [3, 2] } };
  const values = { x: [1, 2, 3, 4] };

  it("contexts are those of the stream until others are given", async () => {
    const net = await make();
    net.reset(start);
    const first = [...net.step(values)["y"]!];
    net.reset({ sizes: start.sizes });
    expect([...net.step(values)["y"]!]).toEqual(first);
    const other = [...net.step({ ...values, memory: memory.map((value) => -value) })["y"]!];
    const next = await make();
    next.reset({ ...start, memory: memory.map((value) => -value) });
    next.step(values);
    expect([...next.step(values)["y"]!]).toEqual(other);
    // Restored, contexts are what they were, and what is made of them.
    const third = await make();
    third.restore(net.snapshot() as never);
    expect([...third.step(values)["y"]!]).toEqual([...net.step(values)["y"]!]);
  });

  it("select goes on with the states of other examples", async () => {
    const [net, other] = [await make(), await make()];
    const same = { memory: [...memory.slice(0, 6), ...memory.slice(0, 6)], speaker: [1, 1] };
    net.reset(same);
    other.reset(same);
    net.step({ x: [1, 2, 3, 4] });
    other.step({ x: [3, 4, 1, 2] });
    net.select!([1, 0]);
    expect([...net.step(values)["y"]!]).toEqual([...other.step(values)["y"]!]);
    net.select!(Int32Array.of(1, 1));
    const { states } = net.snapshot() as { states: { total: Float64Array } };
    expect([...states.total.slice(0, 2)]).toEqual([...states.total.slice(2)]);
  });

  it("refuses what does not fit, and changes nothing", async () => {
    const net = await make();
    expect(() => net.select!([0, 1])).toThrow("select: there is no stream yet: call reset or step first");
    expect(() => net.step(values)).toThrow(TypeError);
    net.reset(start);
    net.step(values);
    const before = structuredClone(net.snapshot());
    const wrong: [() => unknown, string][] = [
      [() => net.select!([0]), "select: rows must have shape [batch 2]"],
      [() => net.select!([0, 2]), "select: rows[1] must be an integer from 0 to 1, got 2"],
      [() => net.select!([0, 0.5]), "select: rows[1] must be an integer from 0 to 1, got 0.5"],
      [() => net.select!(undefined as never), "select: rows is missing"],
      [() => net.step({}), "step: x is missing"],
      [() => net.step({ ...values, loss: [1] }), "step: unknown name loss"],
      [() => net.step({ x: [1] }), "step: x must have shape [batch 2, 2]"],
      [() => net.steps({ ...values, steps: 5 }), "steps: steps must be an integer from 0 to 4, got 5"],
      [() => net.reset({ ...start, speaker: [0, 2] }), "reset: speaker[1] must be an integer from 0 to 1, got 2"],
      [() => net.forward({ ...start, ...values, sizes: { T: 5 } }), "forward: sizes.T must be"],
    ];
    for (const [run, message] of wrong) expect(run).toThrow(message);
    expect(net.snapshot()).toEqual(before);
  });

  it("runs in chunks of a sequence, each example with its own end", async () => {
    const { instantiate, manifest } = await cell(attending, { cell: "Attending", dimensions, target, dtype: "f64" });
    const net = instantiate({ batch: 2, sizes: { S: 3, T: 5 } }) as ModuleInstance;
    net.init(1);
    const x = Array.from({ length: 20 }, (_, i) => Math.sin(i));
    const all = { x, memory, speaker: [0, 1] };
    const whole = net.forward({ ...all, sizes: { S: [3, 2], T: [5, 3] } });
    const [y, total] = [[...whole["y"]!], [...whole.final["total"]!]];
    const found = runSequence({ manifest }, net, all, {
      batch: 2,
      steps: 5,
      chunk: 2,
      lengths: [5, 3],
      sizes: { S: [3, 2] },
    });
    expect([...found.outputs["y"]!]).toEqual(y);
    expect([...found.final["total"]!]).toEqual(total);
  });
});
