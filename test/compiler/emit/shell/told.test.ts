import { expect, test } from "vitest";
import { compile } from "../../../../compiler/index.js";
import { loadModule } from "../../../../runtime/index.js";

const source = "network Half(; T) {\n  input x: [T]\n  output y = x[: T / 2]\n}\n";

test.each(["js", "wasm"] as const)("a refused call leaves sizes of results as they are, on %s", async (target) => {
  const { files } = compile(source, { target, gradient: false });
  const net = (await loadModule(files[0]!.text)).instantiate({ sizes: { T: 8 } });
  const { sizes } = net.forward({ x: [1, 2, 3, 4], sizes: { T: 4 } }) as unknown as { sizes: Record<string, Int32Array> }; // prettier-ignore
  expect(() => net.forward({ x: [1, 2, 3], sizes: { T: 6 } })).toThrow("forward: x must have shape");
  expect(sizes["T / 2"]![0]).toBe(2);
  net.forward({ x: [1, 2, 3, 4, 5, 6], sizes: { T: 6 } });
  expect((net.forward({ x: [1, 2], sizes: { T: 2 } }) as unknown as { sizes: typeof sizes }).sizes["T / 2"]![0]).toBe(1); // prettier-ignore
});
