/** How large modules are, as they are sent: compressed. */
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { compile } from "../../compiler/index.js";

test.each([
  ["forward, step and steps", false, 11.75 * 1024],
  ["gradients too", true, 16 * 1024],
])("an LSTM in float32 with %s", (_, gradient, most) => {
  const source = `import { LSTM } from "std/lstm"\n`;
  const { files } = compile(source, { cell: "LSTM", dimensions: { I: 64, H: 128 }, gradient });
  expect(gzipSync(files[0]!.text, { level: 9 }).length).toBeLessThan(most);
});

// The library is 23 KiB of it: cells are imported by name wherever a text is compiled, also where nothing can be loaded.
test("the compiler in a page, without the tools", async () => {
  const input = fileURLToPath(new URL("../../compiler/driver/index.ts", import.meta.url));
  const bundle = await rolldown({ input, platform: "browser", logLevel: "silent" });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  expect(output).toHaveLength(1);
  const [{ code, moduleIds }] = output;
  expect(moduleIds.filter((id) => /compiler.(?:tools|cli)/u.test(id))).toEqual([]);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(376 * 1024);
});
