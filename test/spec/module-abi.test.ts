import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { compile } from "../../compiler/index.js";

const text = readFileSync(new URL("../../spec/module-abi.md", import.meta.url), "utf8");
const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gmu"))].map(([, code = ""]) => code);

test("every example of spec/module-abi.md does what it says", async () => {
  const compiled = compile(blocks("cell")[0] ?? "", { dimensions: { I: 2, H: 3 } });
  expect(compiled.diagnostics).toEqual([]);
  const module = `data:text/javascript,${encodeURIComponent(compiled.files[0]?.text ?? "")}`;
  const program = blocks("js").join("");
  const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map(([, shown]) => shown);
  expect(expected.length).toBeGreaterThan(10);
  const printed: string[] = [];
  const runnable = program
    .replace("./gru.js", module)
    .concat("\nexport {};")
    .replaceAll("console.log(", "globalThis.recellPrinted(");
  Object.assign(globalThis, { recellPrinted: (...values: unknown[]) => printed.push(values.join(" ")) });
  try {
    await import(`data:text/javascript,${encodeURIComponent(runnable)}`);
  } finally {
    Reflect.deleteProperty(globalThis, "recellPrinted");
  }
  expect(printed).toEqual(expected);
});

test.each([
  ["browser fma", true, "gru", [2]],
  ["browser", false, "gru", [2]],
  ["node", false, "...instances", [1, 2]],
])("loading kernels from a file, as in the %s example", (where, fma, instances, batches) => {
  const { files, wasmFiles } = compile(blocks("cell")[0] ?? "", {
    dimensions: { I: 2, H: 3 },
    wasmFile: true,
    fma,
  }) as {
    readonly files: readonly { readonly path: string; readonly text: string }[];
    readonly wasmFiles: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  };
  const folder = mkdtempSync(join(tmpdir(), "recell-abi-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    for (const { path, text: module } of files) writeFileSync(join(folder, path), module);
    for (const { path, bytes } of wasmFiles) writeFileSync(join(folder, path), bytes);
    const [example = ""] = blocks(`js ${where}`);
    // Node has no `fetch` for files.
    const before = `import * as fs from "node:fs";\nglobalThis.fetch = async (url) => new Response(fs.readFileSync(url));`;
    const after = `console.log(JSON.stringify([${instances}].map((cell) => cell.step({ x: [0, 0, 0, 0].slice(0, cell.snapshot().batch * 2) }).y.length / 3)));`;
    writeFileSync(join(folder, "main.js"), [before, example, after].join("\n"));
    const printed = execFileSync(process.execPath, ["main.js"], { cwd: folder, encoding: "utf8" });
    expect(JSON.parse(printed)).toEqual(batches);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("the page names every field and word of manifests", () => {
  const section = text.slice(text.indexOf("\n## The manifest\n")).split("\n## ")[1] ?? "";
  const source = readFileSync(new URL("../../runtime/module/manifest.ts", import.meta.url), "utf8");
  const words = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node)) words.add((node.name as ts.Identifier).text);
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) words.add(`"${node.literal.text}"`);
    ts.forEachChild(node, visit);
  };
  const { statements } = ts.createSourceFile("manifest.ts", source, ts.ScriptTarget.Latest);
  for (const statement of statements) {
    // What an interface takes of another one is declared there.
    if (ts.isInterfaceDeclaration(statement)) statement.members.forEach(visit);
    else visit(statement);
  }
  expect(words.size).toBeGreaterThan(40);
  const spelled = (word: string): string => (word.startsWith('"') ? word : `\`${word}\``);
  expect([...words].filter((word) => !section.includes(spelled(word)))).toEqual([]);
});
