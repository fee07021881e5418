/** Emitted modules need nothing but the language, and WebAssembly: no imports, no code from strings, no host. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import vm from "node:vm";
import { Worker } from "node:worker_threads";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, type CompileOptions, type CompileSuccess } from "../../compiler/index.js";

const source = `
import { LSTM } from "std/lstm"
/// Two layers; the documentation tries to leave its comment: */ globalThis.leaked = 1 /*
cell Stack(I, H, V) {
  input x: [I]
  input k: index(V)
  context m: [S, H]
  state a: [H] = start
  param start: [H] ~ normal(1)
  param table: [V, I] ~ orthogonal
  use lower = LSTM(I, H)
  u = lower(x + table[k])
  a' = tanh(a + u + sum(softmax(m @ u) @ m))
  output y = a'
}
`;

const kinds: readonly (readonly [string, CompileOptions])[] = [
  ["js", { target: "js" }],
  ["wasm", { target: "wasm" }],
  ["wasm with fused multiply-add", { target: "wasm", fma: true }],
  ["wasm in a file", { target: "wasm", wasmFile: true }],
];

const compiled = new Map<string, CompileSuccess>();

function build(options: CompileOptions): CompileSuccess {
  const key = JSON.stringify(options);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const result = compile(source, { dimensions: { I: 3, H: 4, V: 5 }, jvp: true, hvp: true, ...options });
  expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  if (result.manifest === undefined) throw new Error("does not compile");
  compiled.set(key, result);
  return result;
}

const textOf = (options: CompileOptions): string => build(options).files[0].text;

/** As a script, without exports: `vm.Module` is not stable. */
const scriptOf = (options: CompileOptions): string => `"use strict";\n${textOf(options).replaceAll(/^export /gmu, "")}`;

const sizes = "batch: 2, steps: 3, sizes: { S: 2 }";

/** A program that uses every function of the instance `cell`; its last value is a text. */
const use = `
  cell.init(1);
  const values = { x: new Float32Array(18), k: new Array(6).fill(1), m: new Float32Array(16).fill(0.5) };
  const y = cell.forward(values).y.slice();
  const gradient = cell.backward({ y });
  cell.jvp(values, { params: { table: new Float32Array(15).fill(1) } });
  cell.hvp(values, { params: { table: new Float32Array(15).fill(1) } }, { y });
  cell.step({ x: new Float32Array(6), k: [0, 1], m: values.m });
  cell.restore(cell.snapshot());
  y.every(Number.isFinite) && gradient.params.start.length === 4 ? "it runs" : "wrong";
`;

describe.each(kinds)("the text, %s", (_, options) => {
  test("imports nothing, waits for nothing and makes no code from strings", () => {
    const file = ts.createSourceFile("cell.js", textOf(options), ts.ScriptTarget.ES2022, true);
    const found: string[] = [];
    const visit = (node: ts.Node, inFunction: boolean): void => {
      if (ts.isImportDeclaration(node) || node.kind === ts.SyntaxKind.ImportKeyword) found.push(node.getText());
      if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) found.push(node.getText());
      if ((ts.isAwaitExpression(node) && !inFunction) || ts.isMetaProperty(node)) found.push(node.getText());
      if (ts.isIdentifier(node) && /^(eval|Function|require|process|globalThis|window|fetch|atob)$/u.test(node.text)) {
        found.push(node.text);
      }
      ts.forEachChild(node, (child) => {
        visit(child, inFunction || ts.isFunctionLike(node));
      });
    };
    visit(file, false);
    expect(found).toEqual([]);
  });

  test("is the same for the same source", () => {
    const again = compile(source, { jvp: true, hvp: true, ...options, dimensions: { V: 5, H: 4, I: 3 } });
    expect(again.files[0]?.text).toBe(textOf(options));
  });

  test("has no spaces at the ends of lines, and no loops of one round", () => {
    expect(textOf(options)).not.toMatch(/ $/mu);
    // A cell whose merged products are lowered with an axis of one element.
    const gru = { cell: "GRU", dimensions: { I: 3, H: 5 }, ...options };
    const { files } = compile(`import { GRU } from "std/gru"\n`, gru) as CompileSuccess;
    expect(files[0].text).not.toMatch(/let (\w+) = 0; \1 < 1; \1\+\+/u);
  });

  test("leaves nothing of the documentation outside comments and strings", () => {
    const file = ts.createSourceFile("cell.js", textOf(options), ts.ScriptTarget.ES2022, true);
    const names = new Set<string>();
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node)) names.add(node.text);
      ts.forEachChild(node, visit);
    };
    visit(file);
    expect([...names]).not.toContain("leaked");
  });
});

describe("runs where there is nothing but the language", () => {
  const run = (options: CompileOptions, wasm: boolean, given: Record<string, unknown> = {}): unknown => {
    const context = vm.createContext(Object.assign(Object.create(null), given), {
      codeGeneration: { strings: false, wasm },
    });
    const more = Object.keys(given).map((name) => `, ${name}`);
    const program = `${scriptOf(options)}\nconst cell = instantiate({ ${sizes}${more.join("")} });\n${use}`;
    return vm.runInContext(program, context);
  };

  test("in JavaScript", () => {
    expect(run({ target: "js" }, false)).toBe("it runs");
  });

  test.each(kinds.slice(1, 3))("and WebAssembly: %s", (_, options) => {
    expect(run(options, true)).toBe("it runs");
    expect(() => run(options, false)).toThrow(/Wasm code generation disallowed/);
  });

  test("and WebAssembly that was compiled before", () => {
    const options = { target: "wasm", wasmFile: true } as const;
    const [file] = build(options).wasmFiles;
    expect(file?.path).toBe("stack.wasm");
    const wasm = new WebAssembly.Module(file?.bytes ?? new Uint8Array());
    expect(run(options, false, { wasm })).toBe("it runs");
  });
});

describe("in a process of its own", () => {
  let folder = "";
  const write = (name: string, contents: string | Uint8Array): void => {
    writeFileSync(join(folder, name), contents);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "recell-standalone-"));
    write("package.json", '{ "type": "module" }');
    write("js.js", textOf({ target: "js" }));
    write("wasm.js", textOf({ target: "wasm" }));
    const { files, wasmFiles } = build({ target: "wasm", wasmFile: true });
    write("loader.js", files[0].text);
    for (const { path, bytes } of wasmFiles) write(path, bytes);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const print = use.replace(/\ny\.every|  y\.every/u, "console.log(y.every").replace(/;\s*$/u, ");");
  const node = (program: string): string => {
    write("main.js", program);
    const flags = ["--disallow-code-generation-from-strings", "main.js"];
    return execFileSync(process.execPath, flags, { cwd: folder, encoding: "utf8" }).trim();
  };

  test.each(["js", "wasm"])("runs without code generation from strings: %s", (name) => {
    const start = `import { instantiate } from "./${name}.js";\nconst cell = instantiate({ ${sizes} });`;
    expect(node(`${start}\n${print}`)).toBe("it runs");
  });

  test("starts as a promise", () => {
    const start = `import { instantiateAsync } from "./wasm.js";\nconst cell = await instantiateAsync({ ${sizes} });`;
    expect(node(`${start}\n${print}`)).toBe("it runs");
  });

  test("takes its kernels from a file", () => {
    const start = `
      import { readFileSync } from "node:fs";
      import { instantiate, instantiateAsync } from "./loader.js";
      const bytes = readFileSync("stack.wasm");
      const wasm = new Response(bytes, { headers: { "content-type": "application/wasm" } });
      instantiate({ ${sizes}, wasm: bytes });
      const cell = await instantiateAsync({ ${sizes}, wasm: Promise.resolve(wasm) });`;
    expect(node(`${start}\n${print}`)).toBe("it runs");
  });

  test.each(["js", "wasm"])("runs in a worker: %s", async (name) => {
    const start = `import { parentPort } from "node:worker_threads";\nimport { instantiateAsync } from "./${name}.js";`;
    const post = print.replace("console.log(", "parentPort.postMessage(");
    write(`worker-${name}.js`, `${start}\nconst cell = await instantiateAsync({ ${sizes} });\n${post}`);
    const worker = new Worker(join(folder, `worker-${name}.js`));
    const message = await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    await worker.terminate();
    expect(message).toBe("it runs");
  });
});
