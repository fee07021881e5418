/** The documented way to load kernels from a file, through bundlers: what they write runs. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { build } from "vite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "../../compiler/index.js";

const page = readFileSync(new URL("../../spec/module-abi.md", import.meta.url), "utf8");
const snippet = (name: string): string =>
  new RegExp(`^\`\`\`${name}\\n([^]*?)^\`\`\`$`, "mu").exec(page)?.[1] ?? `no ${name}`;

let folder = "";
const kinds = { plain: false, fused: true } as const;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recell-bundlers-"));
  for (const [kind, fma] of Object.entries(kinds)) {
    const result = compile(snippet("cell"), { dimensions: { I: 2, H: 3 }, wasmFile: true, fma });
    if (result.manifest === undefined) throw new Error("does not compile");
    mkdirSync(join(folder, kind));
    for (const { path, text } of result.files) writeFileSync(join(folder, kind, path), text);
    for (const { path, bytes } of result.wasmFiles) writeFileSync(join(folder, kind, path), bytes);
    const after = `console.log(gru.variant, gru.step({ x: [0, 0, 0, 0] }).y.length);\n`;
    writeFileSync(join(folder, kind, "main.js"), snippet(fma ? "js browser fma" : "js browser") + after);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What a bundle prints; Node has no `fetch` for files. */
function run(output: string): string {
  const entry = readdirSync(output).find((name) => name.endsWith(".mjs"));
  const files = `globalThis.fetch = async (url) => new Response(fs.readFileSync(url));`;
  const program = `import fs from "node:fs";\n${files}\nawait import(${JSON.stringify(`./${entry ?? ""}`)});`;
  const flags = ["--input-type=module", "-"];
  return execFileSync(process.execPath, flags, { cwd: output, input: program, encoding: "utf8" }).trim();
}

test.each(Object.keys(kinds))("Vite: %s", async (kind) => {
  const root = join(folder, kind);
  const output = join(root, "vite");
  await build({
    root,
    configFile: false,
    logLevel: "silent",
    base: "./",
    build: {
      outDir: output,
      assetsDir: ".",
      assetsInlineLimit: 0,
      rolldownOptions: { input: join(root, "main.js"), output: { entryFileNames: "[name]-[hash].mjs" } },
    },
  });
  const kernels = readdirSync(output).filter((name) => name.endsWith(".wasm"));
  // With names of their own: the address in the bundle is not the one that was written.
  expect(kernels.length).toBe(kind === "fused" ? 2 : 1);
  expect(kernels).not.toContain("gru.wasm");
  expect(run(output)).toMatch(/^wasm(-fma)? 6$/);
});

test.each(Object.keys(kinds))("a bundler that leaves addresses as they are: %s", async (kind) => {
  const root = join(folder, kind);
  const output = join(root, "rolldown");
  await (await rolldown({ input: join(root, "main.js") })).write({ dir: output, entryFileNames: "[name].mjs" });
  for (const name of readdirSync(root).filter((file) => file.endsWith(".wasm"))) {
    copyFileSync(join(root, name), join(output, name));
  }
  expect(run(output)).toMatch(/^wasm(-fma)? 6$/);
});
