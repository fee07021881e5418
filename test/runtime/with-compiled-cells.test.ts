/** The runtime with real modules: files of parameters, weights inside a module, long sequences. */
import { beforeAll, describe, expect, it } from "vitest";
import { cell, type LoadedCell } from "../../compiler/driver/in-process.js";
import {
  adam,
  clipByGlobalNorm,
  embedParams,
  loadModule,
  loadParams,
  ParamsError,
  runSequence,
  saveParams,
  type ModuleInstance,
} from "../../runtime/index.js";

const source = `import { LSTM } from "std/lstm"
cell Reader(I, H) {
  input x: [I]
  use rnn = LSTM(I, H)
  param V: [2, H] ~ glorot_uniform
  output y = V @ rnn(x)
}`;
const dimensions = { I: 3, H: 4 };
const x = (steps: number): Float64Array => Float64Array.from({ length: 2 * steps * 3 }, (_, i) => Math.sin(i * i));

describe.each(["f32", "f64"] as const)("%s", (dtype) => {
  let module: LoadedCell;
  let instance: ModuleInstance;
  beforeAll(async () => {
    module = await cell(source, { cell: "Reader", dimensions, dtype });
    instance = module.instantiate({ batch: 2, steps: 10 });
    instance.init(5);
  });

  it("parameters travel through a file", () => {
    const other = module.instantiate({ batch: 2, steps: 10 });
    loadParams(module, other, saveParams(module, instance));
    expect(other.forward({ x: x(10) })["y"]).toEqual(instance.forward({ x: x(10) })["y"]);
  });

  it("a file of another cell is refused", async () => {
    const wider = await cell(source, { cell: "Reader", dimensions: { I: 3, H: 5 }, dtype });
    expect(() => loadParams(wider, wider.instantiate(), saveParams(module, instance))).toThrow(ParamsError);
  });

  it("parameters travel inside the module", async () => {
    const trained = await loadModule(embedParams(module.text, instance.params));
    const other = trained.instantiate({ batch: 2, steps: 10 });
    expect(other.forward({ x: x(10) })["y"]).toEqual(instance.forward({ x: x(10) })["y"]);
  });

  it("long sequences run in chunks", () => {
    const long = module.instantiate({ batch: 2, steps: 37 });
    loadParams(module, long, saveParams(module, instance));
    const lengths = [37, 12];
    const whole = long.forward({ x: x(37), lengths });
    const chunks = runSequence(module, instance, { x: x(37) }, { batch: 2, steps: 37, chunk: 10, lengths });
    expect(chunks.outputs["y"]).toEqual(whole["y"]);
    expect({ ...chunks.final }).toEqual({ ...whole.final });
  });
});

/** As the compiler declares the types of a module: closed objects with the cell's own names. */
type States = { readonly "rnn.h": Float32Array; readonly "rnn.c": Float32Array };
type Params = { readonly V: Float32Array };
type Typed = {
  readonly params: Params;
  forward(values: { readonly x: Float32Array; readonly steps?: number | undefined }): {
    readonly y: Float32Array;
    readonly final: States;
  };
  backward(cotangents: { readonly y?: Float32Array | undefined }): {
    readonly params: Params;
    readonly x: Float32Array;
  };
};

it("typed instances fit the runtime's functions, as the type checker sees it", () => {
  const use = (module: Pick<LoadedCell, "manifest">, typed: Typed): void => {
    runSequence(module, typed, { x: x(2) }, { batch: 1, steps: 2, chunk: 1 });
    const { params } = typed.backward({});
    clipByGlobalNorm(params, 1);
    adam().attach(typed).step(params);
    loadParams(module, typed, saveParams(module, typed));
  };
  expect(use).toBeTypeOf("function");
});
