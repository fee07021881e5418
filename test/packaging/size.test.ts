/** How large modules are, as they are sent: compressed. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";
import { compile } from "../../compiler/index.js";

// 25 bytes of it are the digest of its equations, which snapshots of streams are of.
test.each([
  ["forward, step and steps", false, 11.8 * 1024],
  ["gradients too", true, 16 * 1024],
])("an LSTM in float32 with %s", (_, gradient, most) => {
  const source = `import { LSTM } from "std/lstm"\n`;
  const { files } = compile(source, { cell: "LSTM", dimensions: { I: 64, H: 128 }, gradient });
  expect(gzipSync(files[0]!.text, { level: 9 }).length).toBeLessThan(most);
});

// The library is 23 KiB of it: cells are imported by name wherever a text is compiled, also where nothing can be loaded.
const page = readFileSync(new URL("../../ARCHITECTURE.md", import.meta.url), "utf8");

/** Bytes of what a bundler makes of an entry of the package. */
async function bundled(entry: string): Promise<{ size: number; compressed: number; modules: readonly string[] }> {
  const input = fileURLToPath(new URL(`../../compiler/${entry}`, import.meta.url));
  const bundle = await rolldown({ input, platform: "browser", logLevel: "silent", external: /^node:/u });
  const { output } = await bundle.generate({ format: "esm", minify: true });
  await bundle.close();
  const chunks = output.filter((chunk) => chunk.type === "chunk");
  const total = (sizeOf: (code: string) => number): number => chunks.reduce((sum, { code }) => sum + sizeOf(code), 0);
  return {
    size: total((code) => Buffer.byteLength(code)),
    compressed: total((code) => gzipSync(code, { level: 9 }).length),
    modules: chunks.flatMap(({ moduleIds }) => moduleIds),
  };
}

/** The page rounds, and is not renewed with every commit. */
function expectPageToSay(before: string, { size, compressed }: { size: number; compressed: number }): void {
  const figures = new RegExp(
    `${before}\\s+\\(a bundler makes about ([\\d,]+) kB of it, ([\\d,]+) kB compressed`,
    "u",
  ).exec(page.replaceAll(/\s+/gu, " "));
  const [said, saidCompressed] = (figures ?? []).slice(1).map((text) => Number(text.replace(",", "")) * 1000);
  expect(Math.abs((said ?? 0) / size - 1), `${size} bytes`).toBeLessThan(0.05);
  expect(Math.abs((saidCompressed ?? 0) / compressed - 1), `${compressed} bytes compressed`).toBeLessThan(0.05);
}

test("the compiler in a page, without the tools", async () => {
  const compiler = await bundled("driver/index.ts");
  expect(compiler.modules.filter((id) => /compiler.(?:tools|cli)/u.test(id))).toEqual([]);
  // Rounds that are loops and lengths that values tell in parts are 4 KiB of it, states in registers and what params alone tell 3 KiB,
  // groups of names and values that used cells give early 1 KiB, help for what is written in other languages 2 KiB, tables of places and states
  // of several indices 0.7 KiB, what parameters that are cells say of these 3 KiB, defaults that dimensions stand for 0.6 KiB,
  // gradients in segments 3.4 KiB, loops in lanes that a pass chooses and the verifier follows 0.2 KiB, places
  // that rounds make by themselves 0.2 KiB, gradients by what does not matter 0.7 KiB, loops over examples and rows that a pass joins and the
  // verifier follows 1 KiB, names that passes make and nothing else has 0.5 KiB.
  expect(compiler.compressed).toBeLessThan(420 * 1024);
  expectPageToSay("`recell/compiler` is the compiler alone", compiler);
});

test("the package with its tools, as far as pages can have it", async () => {
  expectPageToSay("`recell` the compiler with the three tools above", await bundled("index.ts"));
});
