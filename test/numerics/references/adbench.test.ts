/** ADBench's LSTM objective and its gradient, on ADBench's own input file where that is at hand. */
import { readFileSync } from "node:fs";
import { describe, it } from "vitest";
import { rowBlock, toOurs, toTheirs, type Link } from "../../support/conventions.js";
import { ErrorLog, outsideFolder, slice, tensor, type Golden, type GoldenTensor } from "../../support/goldens.js";
import { compileOnce, setParams, standardCell } from "../../support/models.js";

const log = new ErrorLog("adbench");
const folder = outsideFolder("adbench");
const title =
  folder === undefined ? "skipped: no folder ../shared/goldens/adbench with ADBench's input files" : "ADBench";

/** Row 2k of main_params has the weights of layer k, row 2k + 1 its biases, each `forget | ingate | outgate | change`. */
function linksOf(layers: number): readonly Link[] {
  const gates = ["f", "i", "o", "g"];
  const links = [
    rowBlock("in_weight", "extra_params", 0),
    rowBlock("out_weight", "extra_params", 1),
    rowBlock("out_bias", "extra_params", 2),
  ];
  for (let layer = 0; layer < layers; layer++) {
    gates.forEach((gate, index) => {
      links.push(rowBlock(`l${layer}.w_${gate}`, "main_params", 8 * layer + index));
      links.push(rowBlock(`l${layer}.b_${gate}`, "main_params", 8 * layer + 4 + index));
    });
  }
  return links;
}

/** The network of std/adbench-lstm with one layer. */
const oneLayer = `import { DiagonalLSTM } from "std/diagonal-lstm"
cell OneLayer(B) {
  input x: [B]
  param in_weight, out_weight: [B] ~ ones
  param out_bias: [B] ~ zeros
  use l0 = DiagonalLSTM(B)
  output y = out_weight * l0(in_weight * x) + out_bias
}`;

/** ADBench's text files: `L C b`, then main_params, extra_params, state and sequence, row by row. */
function readInputs(file: string): Record<string, GoldenTensor> {
  const numbers = readFileSync(file, "utf8").trim().split(/\s+/).map(Number);
  const [layers = 0, chars = 0, bits = 0] = numbers;
  let at = 3;
  const take = (rows: number, columns: number): GoldenTensor => {
    at += rows * columns;
    return { shape: [rows, columns], data: numbers.slice(at - rows * columns, at) };
  };
  return {
    main_params: take(2 * layers, 4 * bits),
    extra_params: take(3, bits),
    state: take(2 * layers, bits),
    sequence: take(chars, bits),
  };
}

/** loss = -sum(next * (y - log(sum(exp(y)) + 2))) / (b (C - 1)), and its derivative by y. */
function objective(y: ArrayLike<number>, next: readonly number[], width: number): { loss: number; dy: Float64Array } {
  const dy = new Float64Array(y.length);
  let total = 0;
  for (let start = 0; start < y.length; start += width) {
    let exponentials = 2;
    let targets = 0;
    for (let i = start; i < start + width; i++) {
      exponentials += Math.exp(y[i]!);
      targets += next[i]!;
    }
    for (let i = start; i < start + width; i++) {
      total += next[i]! * (y[i]! - Math.log(exponentials));
      dy[i] = -(next[i]! - (targets * Math.exp(y[i]!)) / exponentials) / y.length;
    }
  }
  return { loss: -total / y.length, dy };
}

describe.skipIf(folder === undefined)(title, () => {
  it.each(["adbench_lstm_own_l1c3b1", "adbench_lstm_l2_c1024"])("%s", async (name) => {
    const golden = JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8")) as Golden;
    const { layers, data_file: file } = golden.config as { layers: number; data_file?: string };
    const given = file === undefined ? golden.tensors : readInputs(`${folder}/${file}`);
    const [chars = 0, width = 0] = given["sequence"]!.shape;
    const links = linksOf(layers);
    const two = layers === 2;
    const module = await compileOnce(two ? standardCell("adbench-lstm") : oneLayer, {
      cell: two ? "AdbenchLSTM" : "OneLayer",
      dimensions: { B: width },
      dtype: "f64",
      gradient: true,
    });
    const { params } = module.manifest;
    const instance = module.instantiate({ batch: 1, steps: chars - 1 });
    setParams(instance, toOurs(links, params, given));
    const states = Array.from({ length: layers }, (_, layer) => [
      [`l${layer}.h`, slice(given["state"]!, 2 * layer).data],
      [`l${layer}.c`, slice(given["state"]!, 2 * layer + 1).data],
    ]);
    const sequence = given["sequence"]!.data;
    const result = instance.forward({ x: sequence.slice(0, -width), ...Object.fromEntries(states.flat()) });
    const { loss, dy } = objective(result["y"]!, sequence.slice(width), width);
    log.expectClose("loss", "loss", [loss], tensor(golden, "loss").data, 1e-12);

    const gradient = toTheirs(links, params, instance.backward!({ y: dy }).params, given);
    for (const [weight, values] of Object.entries(gradient)) {
      log.expectClose("gradients", `grad.${weight}`, values, tensor(golden, `grad.${weight}`).data, 1e-11);
    }
  });
});
