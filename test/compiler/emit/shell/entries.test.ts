/** Entries of an instance: they share its params and kernels, and nothing else; wrong calls say which entry. */
import { describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import type { ModuleInstance } from "../../../../runtime/module/compiled-module.js";

const text = `network Retelling(V, H; S, T) {
  require S >= 2
  require T >= S
  input source: index(V)[S]
  input target: index(V)[T]
  param table: [V, H] ~ normal(1)
  param W: [H, H] ~ normal(1)
  known = table[source]
  total = before(total, 0) + known
  memory[s] = tanh(W @ total[s])
  previous = before(target, 0)
  said = before(said, memory[S - 1]) + table[previous]
  output scores[t] = memory @ said[t]
  entry encode = memory
  entry next = scores, said given memory, previous
  back = reverse(known)
  entry table = known
  entry backwards = back
}`;
const source = [1, 2, 0, 2, 1, 0];
const target = [0, 1, 2, 0, 2, 2, 1, 1];

describe.each(["js", "wasm"] as const)("on %s", (kernels) => {
  async function make(): Promise<ModuleInstance> {
    const options = { dimensions: { V: 3, H: 2 }, target: kernels, dtype: "f64" } as const;
    const net = (await cell(text, options)).instantiate({ batch: 2, sizes: { S: 3, T: 4 } }) as ModuleInstance;
    net.setParams({ table: [1, -1, 0.5, 2, 0.25, 1], W: [1, 0.5, -0.5, 1] });
    return net;
  }
  const partsOf = ({ entries }: ModuleInstance) => {
    const { encode, next, table } = entries!;
    return { encode: encode!, next: next!, table: table! };
  };
  const sizes = { S: [3, 2] };

  it("are undisturbed by the whole and by each other", async () => {
    const net = await make();
    const { encode, next } = partsOf(net);
    const memory = encode.forward({ source, sizes })["memory"]!.slice();
    const scores = (): number[] => {
      next.reset({ memory, sizes });
      return [0, 1].flatMap((t) => [...next.step({ previous: [t, 2 - t] })["scores"]!]);
    };
    const alone = scores();
    next.reset({ memory, sizes });
    const between = [0, 1].flatMap((t) => {
      net.forward({ source, target, sizes: { S: [2, 3], T: [4, 3] } });
      encode.forward({ source: source.slice(0, 2), batch: 1, sizes: { S: 2 } });
      return [...next.step({ previous: [t, 2 - t] })["scores"]!];
    });
    expect(between).toEqual(alone);
    // The first words are those that the whole reads before its targets.
    const whole = net.forward({ source, target: [1, 2, 0, 0, 1, 0, 0, 0], sizes: { S: [3, 2], T: [4, 4] } });
    expect(alone.slice(0, 3)).toEqual([...whole["scores"]!.subarray(0, 3)]);
  });

  it("compute with the params as they are", async () => {
    const net = await make();
    const { encode, table } = partsOf(net);
    const first = [...encode.forward({ source, sizes })["memory"]!];
    net.freeze();
    encode.forward({ source, sizes });
    net.setParams({ W: [2, 0, 0, 2] });
    const second = [...encode.forward({ source, sizes })["memory"]!];
    expect(second).not.toEqual(first);
    const own = net.params["W"]!;
    expect([...encode.forward({ source, sizes })["memory"]!]).toEqual(second);
    own.set([1, 0.5, -0.5, 1]);
    expect([...encode.forward({ source, sizes })["memory"]!]).toEqual(first);
    expect([...table.forward({ source: [2, 1], batch: 1, sizes: { S: 2 } })["known"]!]).toEqual([0.25, 1, 0.5, 2]);
  });

  it("say which entry a wrong call is of, and what it has", async () => {
    const net = await make();
    const { encode, next, table } = partsOf(net);
    const memory = encode.forward({ source, sizes })["memory"]!.slice();
    const asked = (call: () => unknown): string => {
      try {
        call();
        return "";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(asked(() => encode.forward({}))).toContain("encode.forward: source is missing: it must be an array of integers of shape [batch 2, S 3]"); // prettier-ignore
    expect(asked(() => encode.forward({ source, target }))).toBe("encode.forward: unknown name target; expected source, total, sizes, batch"); // prettier-ignore
    expect(asked(() => encode.forward({ source, sizes: { T: 1 } }))).toBe("encode.forward: sizes: unknown name T; expected S"); // prettier-ignore
    expect(asked(() => encode.forward({ source: [1, 2], sizes: { S: 1 } }))).toBe("encode.forward: S >= 2 must hold; example 0 has S 1"); // prettier-ignore
    expect(asked(() => next.step({ previous: [0, 3] }))).toBe("next.step: previous[1] must be an integer from 0 to 2, got 3"); // prettier-ignore
    expect(asked(() => next.select!([0, 0]))).toBe("next.select: there is no stream yet: call reset or step first");
    expect(asked(() => net.entries!["backwards"]!.step({}))).toBe(
      "backwards.step: this entry looks ahead, so it cannot stream",
    );
    const own = { get source(): number[] { table.forward({ source }); return source; } }; // prettier-ignore
    expect(asked(() => encode.forward(own))).toContain("another call is reading its arguments");
    next.reset({ memory, sizes });
    const snapshot = next.snapshot();
    expect(asked(() => table.restore(snapshot as never))).toContain("no snapshot of Retelling.table, but of"); // prettier-ignore
    // What only the whole demands is nothing to an entry.
    expect(asked(() => net.forward({ source, target: [1, 2], sizes: { S: 2, T: 1 } }))).not.toBe("");
    expect(asked(() => next.steps({ previous: [1, 2], steps: 1 }))).toBe("next.steps: T >= S must hold; example 0 has S 3, T 1"); // prettier-ignore
  });
});
