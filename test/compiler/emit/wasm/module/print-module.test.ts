import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { printWasmLoader, printWasmModule } from "../../../../../compiler/emit/wasm/module/print-module.js";
import { ModuleBuilder } from "../../../../../compiler/emit/wasm/assembler/module-builder.js";
import { shell } from "../../../../../compiler/emit/shell/shell.generated.js";
import { printable } from "../../../../../compiler/emit/wasm/module/printable-bytes.js";
import { probeKernels, probeManifest } from "../../../../support/probe-module.js";

/* eslint-disable @typescript-eslint/no-explicit-any -- the module's types are not under test here */
const load = (text: string): Promise<any> => import(`data:text/javascript,${encodeURIComponent(text)}`);

const manifest = probeManifest("f32");
const text = printWasmModule(manifest, probeKernels("f32"));
const inText = await load(text);
const sizes = { batch: 2, steps: 3, sizes: { S: 4 } };
const call = (changes: object = {}): object => ({
  x: [1, 2, 3, 4],
  m: [7, 8],
  batch: 1,
  steps: 2,
  sizes: { S: 2 },
  ...changes,
});

describe.each(["f32", "f64"] as const)("kernels in the text, %s", (dtype) => {
  const module = load(printWasmModule(probeManifest(dtype), probeKernels(dtype)));

  test.each(["instantiate", "instantiateAsync"])("%s", async (name) => {
    const cell = await (await module)[name](sizes);
    expect(cell.variant).toBe("wasm");
    cell.params.w.set([10, 0]);
    const out = cell.forward(call());
    expect(out.y).toBeInstanceOf(dtype === "f32" ? Float32Array : Float64Array);
    expect([...out.y]).toEqual([11, 12, 13, 14]);
    expect([...out.final.h]).toEqual([1, 2, 2, 1, 1, 7]);
    cell.reset({ batch: 1, sizes: { S: 1 }, m: [5] });
    expect([...cell.step({ x: [1, 2] }).y]).toEqual([11, 12]);
    expect([...cell.snapshot().states.h]).toEqual([1, 3, 1, 1, 1, 5]);
  });

  test("instances share nothing", async () => {
    const { instantiate } = await module;
    const [a, b] = [instantiate(sizes), instantiate({ sizes: { S: 1 } })];
    a.params.w.fill(1);
    b.params.w.fill(2);
    expect([...a.forward(call()).y]).toEqual([2, 3, 4, 5]);
    expect([...b.forward({ x: [0, 0], m: [0] }).y]).toEqual([2, 2]);
    expect(a.params.w.buffer).not.toBe(b.params.w.buffer);
  });

  test("memory has the pages that it needs and cannot grow", async () => {
    const { instantiate } = await module;
    const bytes = (options: object): number => instantiate({ sizes: { S: 1 }, ...options }).params.w.buffer.byteLength;
    expect(bytes({})).toBe(65536);
    const width = dtype === "f32" ? 4 : 8;
    const needed = 2 * 2 * 1000 * 100 * width;
    const got = bytes({ batch: 100, steps: 1000 });
    expect(got).toBeGreaterThan(needed);
    expect(got).toBeLessThan(needed + 2 * 65536);
    expect(got % 65536).toBe(0);
  });
});

describe("the table", () => {
  const tell = (changes: object): number[] => {
    const cell = inText.instantiate(sizes);
    return [...cell.forward({ x: new Float32Array(12), m: new Float32Array(8), ...changes }).final.h].slice(0, 5);
  };

  test("says whether every example has the sizes of the call", async () => {
    expect(tell({})).toEqual([2, 3, 4, 1, 1]);
    expect(tell({ lengths: [3, 3] })).toEqual([2, 3, 4, 1, 1]);
    expect(tell({ lengths: [3, 2] })).toEqual([2, 3, 4, 0, 1]);
    expect(tell({ sizes: { S: [4, 4] } })).toEqual([2, 3, 4, 1, 1]);
    expect(tell({ sizes: { S: [4, 1] } })).toEqual([2, 3, 4, 0, 1]);
    expect(tell({ sizes: { S: { padded: 4, each: [2, 2] } } })).toEqual([2, 3, 4, 0, 1]);
  });

  test("says whether parameters may have changed", async () => {
    const cell = inText.instantiate({ sizes: { S: 1 } });
    const changed = (): number => {
      cell.step({ x: [0, 0], m: [0] });
      return cell.snapshot().states.h[4];
    };
    // Nobody has an array.
    expect([changed(), changed()]).toEqual([1, 0]);
    const kept = cell.params.w;
    expect([changed(), changed(), changed()]).toEqual([1, 1, 1]);
    cell.freeze();
    expect([changed(), changed()]).toEqual([1, 0]);
    cell.reset();
    cell.restore(cell.snapshot());
    expect(changed()).toBe(0);
    expect({ ...cell.params }.w).toBe(kept);
    expect([changed(), changed()]).toEqual([1, 1]);
    for (let i = 0; i < 2; i++) expect(cell.forward({ x: [0, 0], m: [0] }).final.h[4]).toBe(1);
  });
});

describe("sizes beyond memory", () => {
  test("are refused by the bytes they take", async () => {
    const { instantiate, instantiateAsync } = inText;
    const huge = { sizes: { S: 1 }, batch: 1e6, steps: 1e6 };
    const message = /instantiate: these sizes take 160001\d{8} bytes, more than maxBytes, 4294967296/;
    expect(() => instantiate(huge)).toThrow(RangeError);
    expect(() => instantiate(huge)).toThrow(message);
    await expect(instantiateAsync(huge)).rejects.toThrow(message);
    expect(() => instantiate({ sizes: { S: 1 }, maxBytes: 65535 })).toThrow(expect.objectContaining({ bytes: 65536 }));
    expect(() => instantiate({ sizes: { S: 1 }, maxBytes: 65535 })).toThrow(
      /take 65536 bytes, more than maxBytes, 65535/,
    );
  });

  test("cannot be had with a larger maxBytes than WebAssembly has addresses", async () => {
    const { instantiate, instantiateAsync } = inText;
    const large = { sizes: { S: 1 }, batch: 1e5, steps: 1e4, maxBytes: Number.MAX_SAFE_INTEGER };
    const message = /these sizes take 160\d{8} bytes, more than this host gives/;
    expect(() => instantiate(large)).toThrow(RangeError);
    expect(() => instantiate(large)).toThrow(message);
    await expect(instantiateAsync(large)).rejects.toThrow(message);
  });

  test.each([
    ["to begin with", ["Instance", "instantiate"], WebAssembly],
    ["to grow", ["grow"], WebAssembly.Memory.prototype],
  ])("are an error where the host has no memory left %s, and the module goes on", async (_, names, owner) => {
    const { instantiate, instantiateAsync } = inText;
    const before = instantiate(sizes);
    before.params.w.fill(1);
    const error = new RangeError("could not allocate memory");
    const exhausted = function (): never {
      throw error;
    };
    const kept = Object.fromEntries(names.map((name) => [name, owner[name as never] as unknown]));
    for (const name of names) {
      Object.assign(owner, { [name]: name === "instantiate" ? () => Promise.reject(error) : exhausted });
    }
    try {
      const message = /these sizes take 65536 bytes, more than this host gives/;
      expect(() => instantiate(sizes)).toThrow(message);
      await expect(instantiateAsync(sizes)).rejects.toThrow(message);
      expect([...before.forward(call()).y]).toEqual([2, 3, 4, 5]);
    } finally {
      Object.assign(owner, kept);
    }
    const after = instantiate(sizes);
    after.params.w.fill(2);
    expect([...after.forward(call()).y]).toEqual([3, 4, 5, 6]);
    expect([...before.forward(call()).y]).toEqual([2, 3, 4, 5]);
  });
});

const { text: loader, files, build } = printWasmLoader(manifest, probeKernels("f32"));
const fromFile = await load(loader);

describe("kernels in a file", () => {
  const { instantiate, instantiateAsync } = fromFile;
  const bytes = files[0]!.bytes;
  const works = (cell: any): void => {
    cell.params.w.fill(1);
    expect(cell.variant).toBe("wasm");
    expect([...cell.forward(call()).y]).toEqual([2, 3, 4, 5]);
  };

  test("come as a compiled module or as bytes", async () => {
    const module = new WebAssembly.Module(bytes);
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    for (const wasm of [module, bytes, Buffer.from(bytes), buffer]) {
      works(instantiate({ ...sizes, wasm }));
      works(await instantiateAsync({ ...sizes, wasm }));
    }
    const response = new Response(bytes);
    works(await instantiateAsync({ ...sizes, wasm: Promise.resolve(response) }));
  });

  test("are not in the text", () => {
    const start = printable(bytes.subarray(0, 16));
    expect(text).toContain(start);
    expect(loader).not.toContain(start);
    expect(files).toHaveLength(1);
  });

  test("of something else are refused", async () => {
    const { files: others, build: other } = printWasmLoader(manifest, probeKernels("f32", { fused: true }));
    const plain = probeKernels("f32").bytes;
    for (const [wasm, says] of [
      [others[1]!.bytes, `is of build ${other}`],
      [plain, "names no build"],
    ] as const) {
      const message =
        `instantiate: wasm is not the file that was built with this module, which is of build ${build}; ` +
        `the file ${says}`;
      expect(() => instantiate({ ...sizes, wasm })).toThrow(message);
      await expect(instantiateAsync({ ...sizes, wasm })).rejects.toThrow(message);
    }
    expect(() => instantiate(sizes)).toThrow(
      new TypeError(
        "instantiate: wasm must be the .wasm file of this module, a WebAssembly.Module or its bytes; got undefined",
      ),
    );
    expect(() => instantiate({ ...sizes, wasm: Promise.resolve(bytes) })).toThrow(/only instantiateAsync takes/);
    const missing = new Response("", { status: 404 });
    await expect(instantiateAsync({ ...sizes, wasm: missing })).rejects.toThrow(/wasm: the response has status 404/);
    expect(() => instantiate({ ...sizes, wasm: new Uint8Array(3) })).toThrow(/WebAssembly/);
  });

  test("are refused with any bit changed, compiled from bytes", () => {
    let damaged = 0;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const wasm = bytes.slice();
      wasm[bit >> 3]! ^= 1 << (bit & 7);
      try {
        instantiate({ ...sizes, wasm });
        expect.fail(`bit ${bit} may be changed`);
      } catch (error) {
        if ((error as Error).name === "CompileError") continue;
        expect((error as Error).message).toMatch(/wasm is (damaged: its bytes are not those of build|not the file)/u);
        damaged += 1;
      }
    }
    // The others are no WebAssembly any more.
    expect(damaged).toBeGreaterThan(bytes.length);
  });

  test("and the module are of one build, whose name follows from what they hold", () => {
    expect(build).toMatch(/^[\da-f]{16}$/u);
    expect(loader).toContain(`const build = "${build}";`);
    expect(Buffer.from(bytes).toString("latin1")).toContain(`${build} wasm`);
    expect(printWasmLoader(manifest, probeKernels("f32")).build).toBe(build);
    expect(printWasmLoader({ ...manifest, documentation: "another" }, probeKernels("f32")).build).not.toBe(build);
  });

  test("are no option of modules that have theirs", () => {
    expect(() => inText.instantiate({ ...sizes, wasm: bytes })).toThrow(/unknown name wasm/);
  });
});

describe("two variants", () => {
  const kernels = probeKernels("f32", { fused: true });
  const { text: ofFiles, files: both } = printWasmLoader(manifest, kernels);

  /** What a process of Node prints; relaxed SIMD stands after a flag there. */
  const run = (text: string, options: string, flags: string[] = []): string => {
    const program = `
      const { instantiate, variant } = await import("data:text/javascript," + encodeURIComponent(process.env.TEXT));
      const files = JSON.parse(process.env.FILES);
      const cell = instantiate({ sizes: { S: 1 }${options} });
      cell.params.w.fill(1);
      console.log(variant, cell.variant, cell.forward({ x: [5, 5], m: [0] }).y[0]);`;
    const byVariant = Object.fromEntries(both.map(({ variant, bytes }) => [variant, [...bytes]]));
    return execFileSync(process.execPath, [...flags, "--input-type=module", "-e", program], {
      encoding: "utf8",
      env: { ...process.env, TEXT: text, FILES: JSON.stringify(byVariant) },
    }).trim();
  };
  const flag = ["--experimental-wasm-relaxed-simd"];
  const [without, withFused] = ["wasm wasm 6", "wasm-fma wasm-fma 4"];
  const byDefault = WebAssembly.validate(relaxedProbe()) ? withFused : without;

  test("in the text: the one that the host runs", () => {
    const text = printWasmModule(manifest, kernels);
    expect(run(text, "")).toBe(byDefault);
    expect(run(text, "", flag)).toBe(withFused);
  });

  test("in files: the module tells which to load, and knows what it was given", () => {
    const chosen = ", wasm: Uint8Array.from(files[variant])";
    expect(run(ofFiles, chosen)).toBe(byDefault);
    expect(run(ofFiles, chosen, flag)).toBe(withFused);
    expect(run(ofFiles, `, wasm: Uint8Array.from(files.wasm)`, flag)).toBe("wasm-fma wasm 6");
  });

  test("only one where only one was built", () => {
    expect(Object.keys(inText)).not.toContain("variant");
    expect(files.map(({ variant }) => variant)).toEqual(["wasm"]);
  });
});

test("any bytes come back from their text", async () => {
  const { decode } = await load(`${shell["wasm-text"]}\nexport { decode };`);
  const all = Uint8Array.from({ length: 512 }, (_, i) => i);
  expect(printable(all)).toMatch(/^[ !#-[\]-~]*$/u);
  expect(decode(printable(all))).toEqual(all);
  expect(decode("")).toEqual(new Uint8Array());
});

/** A module with one relaxed multiply-add, by the encoder. */
function relaxedProbe(): Uint8Array {
  const module = new ModuleBuilder();
  const { code } = module.function("probe", ["v128"], ["v128"], false);
  for (let i = 0; i < 3; i++) code.get(code.param(0));
  code.op("f32x4.relaxed_madd");
  return module.encode();
}

test("modules with two variants ask the host with this instruction", () => {
  const { text } = printWasmLoader(manifest, probeKernels("f32", { fused: true }));
  const numbers = /WebAssembly.validate\(\s*new Uint8Array\(\[([^\]]*)\]/u.exec(text)?.[1]?.match(/\d+/gu)?.map(Number);
  expect(numbers).toEqual([...relaxedProbe()]);
});

test("the text is the same every time and has what it needs", () => {
  expect(printWasmModule(manifest, probeKernels("f32"))).toBe(text);
});
