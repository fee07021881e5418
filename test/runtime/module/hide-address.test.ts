/** No message and no stack of a module that was loaded from a text carries the text. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { hideAddress } from "../../../runtime/module/hide-address.js";

const long = `\n// SECRET WEIGHTS ${"s".repeat(400)}\n`;

test("an address is taken out of messages, stacks and causes, whole or cut", () => {
  const address = `data:text/javascript;charset=utf-8,${encodeURIComponent(`import 'x';${long}`)}`;
  const error = new TypeError(`cannot resolve "x" from "${address}"`, {
    cause: new Error(`of ${address.slice(0, 300)}`),
  });
  const shown = hideAddress(error, address) as Error;
  expect(shown).toBe(error);
  expect(shown.message).toBe('cannot resolve "x" from "recell/module.js"');
  expect((shown.cause as Error).message).toBe("of recell/module.js");
  for (const { stack } of [shown, shown.cause as Error]) expect(stack).not.toContain("SECRET");
  expect(hideAddress(address, address)).toBe("recell/module.js");
  expect(hideAddress(undefined, address)).toBeUndefined();
  const frozen = Object.freeze(new Error(`at ${address}`));
  expect((hideAddress(frozen, address) as Error).message).toBe("at recell/module.js");
  expect((hideAddress(frozen, address) as Error).stack).not.toContain("SECRET");
});

test("whatever goes wrong in loading and in calls", () => {
  // In a process of its own, as the test runner maps stacks.
  const program = `
    import { inspect } from "node:util";
    import { cell } from ${JSON.stringify(new URL("../../../dist/compiler/index.js", import.meta.url))};
    import { embedParams, loadModule } from ${JSON.stringify(new URL("../../../dist/runtime/index.js", import.meta.url))};
    const long = ${JSON.stringify(long)};
    const thrown = [];
    const caught = async (run) => { try { await run(); } catch (error) { thrown.push(error); } };
    for (const text of [
      "export const = 1;", "export const a = 1; throw new Error('no');", "export const a = 1; /* ",
      "import './x.js';", "import 'bare';", "import 'node:nothing';", "export const a = await import('./x.js');",
      "import { nothing } from 'node:fs';", "throw new Error(import.meta.url); export {};", "throw import.meta.url; export {};",
      "export const a = 1;", "export const manifest = { format: import.meta.url };",
    ]) {
      await caught(() => loadModule(text + long));
      await caught(() => loadModule(new URL("data:text/javascript," + encodeURIComponent(text + long))));
    }
    const count = thrown.length;
    const source = "cell L(N) { input x: [N] state h: [N] param w: [N] ~ ones  h' = w * h + x  output y = h' }";
    for (const target of ["js", "wasm"]) {
      const { text } = await cell(source, { dimensions: { N: 3 }, target });
      for (const kind of [text, embedParams(text, { w: new Float32Array(3) })]) {
        const module = await loadModule(kind + long);
        const instance = module.instantiate();
        for (const run of [
          () => instance.forward({}), () => instance.step(1), () => instance.backward({}), () => instance.init(-1),
          () => instance.setParams({ v: [] }), () => instance.restore({}), () => module.instantiate({ batch: -1 }),
          () => module.instantiateAsync({ batch: -1 }), () => instance.forward({ get x() { throw new Error("mine"); } }),
        ]) await caught(run);
      }
    }
    console.log(JSON.stringify([count, thrown.length, thrown.map((error) => inspect(error, { depth: 9 })).join("")]));`;
  const out = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  const [ofLoading, all, text] = JSON.parse(out) as [number, number, string];
  expect([ofLoading, all]).toEqual([24, 60]);
  expect(text).toContain("recell/module.js:");
  expect(text).not.toMatch(/SECRET|data:text/u);
});
