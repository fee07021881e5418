/** Entries with names are verified as modules of their own, and what one of them does wrong is found. */
import { beforeAll, describe, expect, it } from "vitest";
import { cell } from "../../../../compiler/driver/in-process.js";
import { verifyModule } from "../../../../compiler/tools/verify/verify-module.js";
import type { CompiledModule, ModuleInstance, PartInstance } from "../../../../runtime/module/compiled-module.js";

const source = `
cell Leaky(H) { input x: [H] state h: [H] param a: [H] h' = tanh(a * h + x) output y = h' }
network Retelling(H; S >= 1, T) {
  input source: [S, H]
  input target: [T, H]
  use read, say = Leaky(H)
  memory = reverse(read(reverse(source)))
  start = memory[0]
  previous = before(target, 0)
  y = say(previous, h = start)
  output z[t] = y[t] + softmax(memory @ y[t]) @ memory
  entry encode = memory, start
  entry next = z given memory, start, previous
}`;

let module: CompiledModule;
beforeAll(async () => {
  const options = { cell: "Retelling", dimensions: { H: 2 }, target: "js", gradient: false } as const;
  module = await cell(source, options);
});

/** The module, with other functions of an entry. */
function changed(name: string, change: (own: PartInstance) => Partial<PartInstance>): CompiledModule {
  const { manifest, instantiate } = module;
  const made: CompiledModule["instantiate"] = (options) => {
    const instance = instantiate(options);
    const own = instance.entries?.[name] as PartInstance;
    const entries = { ...instance.entries, [name]: { ...own, ...change(own) } };
    return { ...instance, params: instance.params, entries } as ModuleInstance;
  };
  return { manifest, instantiate: made, instantiateAsync: (options) => Promise.resolve(made(options)) };
}

const failed = async (of: CompiledModule): Promise<string[]> => {
  const { checks, entries, passed } = await verifyModule(of, { runs: 1, seed: 5, bail: true });
  const all = [...checks.map((own) => ["", own] as const), ...entries.flatMap(({ name, checks: own }) => own.map((one) => [`${name} `, one] as const))]; // prettier-ignore
  const found = all.filter(([, { status }]) => status === "failed").map(([entry, { name }]) => entry + name);
  expect(passed).toBe(found.length === 0);
  return found;
};

it("passes what the compiler made, each entry with the checks that it can have", async () => {
  const { passed, entries } = await verifyModule(module, { runs: 1, seed: 5 });
  expect(passed).toBe(true);
  expect(entries.map(({ name, checks }) => [name, checks.filter(({ status }) => status === "passed").length])).toEqual([
    ["encode", 9],
    ["next", 12],
  ]);
  const [, next] = entries;
  expect(next?.checks.map(({ name }) => name)).toEqual([
    ...["shapes", "stream", "chunks", "select", "batch", "padding", "repeat", "parameters", "capacity"],
    ...["NaN", "infinity", "refusals"],
  ]);
});

describe("finds", () => {
  const firstOff = (values: Readonly<Record<string, unknown>>, name: string) => ({
    ...values,
    [name]: Float32Array.from(values[name] as Float32Array, (value, i) => (i === 0 ? value + 1 : value)),
  });

  it("a step that is another than the sequence has", async () => {
    expect(
      await failed(changed("next", (own) => ({ step: (values) => firstOff(own.step(values), "z") as never }))),
    ).toEqual(["next stream"]);
  });

  it("states that stay where they are", async () => {
    expect(await failed(changed("next", () => ({ select: () => undefined })))).toEqual(["next select"]);
  });

  it("an example that depends on others", async () => {
    const forward = (own: PartInstance): PartInstance["forward"] => {
      return (values) =>
        values["batch"] === 1 ? own.forward(values) : (firstOff(own.forward(values), "start") as never);
    };
    expect(await failed(changed("encode", (own) => ({ forward: forward(own) })))).toEqual(["encode batch"]);
  });
});
