/** Modules for `--target auto`, and what others say, on hosts that have no WebAssembly or forbid it. */
import { execFileSync } from "node:child_process";
import vm from "node:vm";
import { describe, expect, test } from "vitest";
import { compile, type CompileOptions } from "../../../../../compiler/index.js";
import { decodeModule } from "../../../../../compiler/emit/wasm/assembler/decode.js";
import { embedParams } from "../../../../../runtime/index.js";

const source = `import { LSTM } from "std/lstm"\n`;

function textOf(options: CompileOptions): string {
  const { files } = compile(source, { cell: "LSTM", dimensions: { I: 3, H: 5 }, hvp: true, ...options });
  return files[0]!.text;
}

/** The host, and the variant that a module for both runs there. */
const hosts = {
  "with WebAssembly": "wasm",
  "without WebAssembly": "js",
  "whose policy forbids it": "js",
  "without vectors": "js",
} as const;

type Host = keyof typeof hosts;

/** The module in a context of its own, as a script. */
function loadIn(host: Host, text: string): vm.Context {
  const codeGeneration = { strings: false, wasm: host !== "whose policy forbids it" };
  const context = vm.createContext(Object.create(null) as object, { codeGeneration });
  if (host === "without WebAssembly") vm.runInContext("delete globalThis.WebAssembly", context);
  if (host === "without vectors") {
    const refuse = `() => { throw new WebAssembly.CompileError("invalid value type 0x7b"); }`;
    const compileAsync = `async ${refuse}`;
    vm.runInContext(
      `WebAssembly.Module = function () { (${refuse})(); }; WebAssembly.compile = ${compileAsync};`,
      context,
    );
  }
  vm.runInContext(text.replaceAll(/^export /gmu, ""), context);
  return context;
}

/** All that the functions give, as bytes in a text. */
const use = (made: string): string => `(async () => {
  const cell = ${made};
  cell.init(1);
  const bits = [];
  const keep = (value) => {
    if (ArrayBuffer.isView(value)) bits.push(...new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
    else Object.values(value).forEach(keep);
  };
  const x = Float32Array.from({ length: 24 }, (_, i) => Math.fround(((i * 7) % 13) / 6 - 1));
  const { y } = cell.forward({ x, lengths: [4, 3] });
  keep(y);
  const weights = y.slice();
  keep(cell.backward({ y: weights }));
  keep(cell.hvp({ x }, { x }, { y: weights }));
  for (let t = 0; t < 3; t++) keep(cell.step({ x: x.subarray(t * 6, t * 6 + 6) }));
  return cell.variant + " " + bits.map((byte) => byte.toString(16)).join(".");
})()`;

const sizes = "{ batch: 2, steps: 4 }";

describe.each(["f32", "f64"] as const)("a module for both, %s", (dtype) => {
  const text = textOf({ target: "auto", dtype });
  const results = new Set<string>();

  test.each(Object.entries(hosts))("on a host %s runs %s", async (host, variant) => {
    const context = loadIn(host as Host, text);
    for (const made of [`instantiate(${sizes})`, `await instantiateAsync(${sizes})`]) {
      const [runs, bits = ""] = ((await vm.runInContext(use(made), context)) as string).split(" ");
      expect(runs).toBe(variant);
      results.add(bits);
    }
    expect(results.size).toBe(1);
    expect([...results][0]!.length).toBeGreaterThan(5000);
  });
});

describe("a module for both", () => {
  const text = textOf({ target: "auto", gradient: false, hvp: false });

  test("runs what is asked for", async () => {
    const context = loadIn("with WebAssembly", text);
    const variants = await (vm.runInContext(
      `(async () => ["js", "wasm", undefined].flatMap((variant) => [instantiate({ variant }).variant]).concat(
        (await instantiateAsync({ variant: "js" })).variant, (await instantiateAsync({ variant: "wasm" })).variant).join())()`,
      context,
    ) as Promise<string>);
    expect(variants).toBe("js,wasm,wasm,js,wasm");
    expect(() => vm.runInContext(`instantiate({ variant: "wasm-fma" })`, context)).toThrow(
      'instantiate: variant must be "js" or "wasm", got "wasm-fma"',
    );
    expect(() => vm.runInContext("instantiate(null)", context)).toThrow(
      /^instantiate: expected an object with batch, steps, .*, got null$/u,
    );
    expect(() => vm.runInContext("instantiate({ fast: 1 })", context)).toThrow(/unknown name fast/);
  });

  test("fails with the reason where WebAssembly is asked for and cannot be", () => {
    const ask = `instantiate({ variant: "wasm" })`;
    expect(() => vm.runInContext(ask, loadIn("without WebAssembly", text))).toThrow(/this host has no WebAssembly/);
    expect(() => vm.runInContext(ask, loadIn("whose policy forbids it", text))).toThrow(/disallowed by embedder/);
  });

  test("says so where memory is missing, and does not try JavaScript", () => {
    const context = loadIn("with WebAssembly", text);
    vm.runInContext(`WebAssembly.Memory.prototype.grow = () => { throw new RangeError("no memory"); }`, context);
    expect(() => vm.runInContext("instantiate()", context)).toThrow(
      /these sizes take \d+ bytes, more than this host gives/,
    );
  });

  test("takes trained parameters", () => {
    const context = loadIn("with WebAssembly", text);
    const params = vm.runInContext("instantiate().params", context) as Record<string, Float32Array>;
    const copies = Object.fromEntries(
      Object.entries(params).map(([name, values]) => [name, Float32Array.from({ length: values.length }, () => 0.5)]),
    );
    const trained = embedParams(text, copies);
    for (const host of ["with WebAssembly", "without WebAssembly"] as const) {
      const where = loadIn(host, trained);
      const shown = vm.runInContext(
        `(() => { const cell = instantiate(); return cell.variant + Object.values(cell.params).every((p) => p[0] === 0.5); })()`,
        where,
      ) as string;
      expect(shown).toBe(`${hosts[host]}true`);
    }
  });
});

describe("a module for WebAssembly alone", () => {
  test.each<CompileOptions>([{}, { fma: true }, { wasmFile: true }, { fma: true, wasmFile: true }])(
    "%o: says what is missing, and touches nothing of it before",
    async (options) => {
      const context = loadIn("without WebAssembly", textOf(options));
      const message = "instantiate: this host has no WebAssembly; build with --target js or auto";
      const given = "{ wasm: new Uint8Array(8) }";
      const argument = options.wasmFile === true ? given : "";
      expect(() => vm.runInContext(`instantiate(${argument})`, context)).toThrow(message);
      const failed = vm.runInContext(
        `instantiateAsync(${argument}).catch((error) => error.name + ": " + error.message)`,
        context,
      ) as Promise<string>;
      expect(await failed).toBe(`TypeError: ${message}`);
      if (options.fma === true) expect(vm.runInContext("variant", context)).toBe("wasm");
    },
  );

  test("has no imports, which hosts would look for", () => {
    const result = compile(source, { cell: "LSTM", dimensions: { I: 3, H: 5 }, wasmFile: true, fma: true });
    if (result.manifest === undefined) throw new Error("does not compile");
    expect(result.wasmFiles.length).toBe(2);
    for (const { bytes } of result.wasmFiles) {
      const { imports, exports } = decodeModule(bytes);
      expect(imports).toEqual([]);
      expect(exports.map(({ name }) => name)).toEqual(expect.arrayContaining(["memory", "forward", "step"]));
    }
  });
});

test("an engine without a compiler runs the module for both", () => {
  const input = `${textOf({ target: "auto", hvp: false })}\nconsole.log(instantiate().variant);\n`;
  const flags = ["--jitless", "--no-warnings", "--input-type=module", "-"];
  const printed = execFileSync(process.execPath, flags, { input, encoding: "utf8" });
  expect(printed.trim()).toMatch(/js$/);
});
