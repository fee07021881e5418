/** keras.layers: single LSTM, GRU and SimpleRNN layers and two stacked cells, without masks; and the tutorial's cell. */
import { describe, expect, it } from "vitest";
import { kerasLinks, toOurs, toTheirs, type CellKind, type Link } from "../../support/conventions.js";
import { ErrorLog, fixture, goldenNames, loadGolden, swapAxes, tensor, tolerances } from "../../support/goldens.js";
import type { Golden, GoldenTensor } from "../../support/goldens.js";
import { compileOnce, keep, reluRNN, setParams, standardCell, standardNames } from "../../support/models.js";

const log = new ErrorLog("keras");

interface Layer {
  readonly class: "LSTM" | "GRU" | "SimpleRNN" | "RNN";
  readonly units: number;
  readonly activation?: string;
  readonly recurrent_activation?: string;
  readonly reset_after?: boolean;
  readonly return_sequences?: boolean;
  readonly go_backwards?: boolean;
  readonly cells?: readonly { readonly class: "LSTMCell"; readonly units: number }[];
}

interface Config {
  readonly layer: Layer;
  readonly batch: number;
  readonly time: number;
  readonly features: number;
  readonly calls: number;
}

const twoLSTMs = `import { LSTM } from "std/lstm"
cell Stack(I, H, K) {
  input x: [I]
  use l0 = LSTM(I, H)
  use l1 = LSTM(H, K)
  output y = l1(l0(x))
}`;

/** The cell that computes a layer, its links, and its states in the order in which Keras returns them. */
function modelOf(layer: Layer): {
  source: string;
  cell: string;
  sizes: Record<string, number>;
  links: readonly Link[];
  states: readonly string[];
} {
  if (layer.class === "RNN") {
    const [first, second] = layer.cells!;
    const links = [...kerasLinks("lstm", "l0.", "cells.0."), ...kerasLinks("lstm", "l1.", "cells.1.")];
    const sizes = { H: first!.units, K: second!.units };
    return { source: twoLSTMs, cell: "Stack", sizes, links, states: ["l0.h", "l0.c", "l1.h", "l1.c"] };
  }
  const sizes = { H: layer.units };
  const states = layer.class === "LSTM" ? ["h", "c"] : ["h"];
  const kind: CellKind =
    layer.class === "LSTM"
      ? "lstm"
      : layer.class === "SimpleRNN"
        ? "rnn"
        : layer.reset_after === false
          ? "gru-reset-before"
          : "gru";
  const links = kerasLinks(kind);
  if (layer.recurrent_activation === "hard_sigmoid") {
    const own = layer.class === "LSTM" ? ["hard-lstm.cell", "HardLSTM"] : ["hard-gru.cell", "HardGRU"];
    return { source: fixture(own[0]!), cell: own[1]!, sizes, links, states };
  }
  const { file, cell } = layer.activation === "relu" ? reluRNN : standardNames[kind];
  return { source: standardCell(file), cell, sizes, links, states };
}

/** `[B, T, …]` with time turned around. */
function reverseTime(given: GoldenTensor): GoldenTensor {
  const timeFirst = swapAxes(given);
  const width = timeFirst.data.length / timeFirst.shape[0]!;
  const rows = Array.from({ length: timeFirst.shape[0]! }, (_, t) => timeFirst.data.slice(t * width, (t + 1) * width));
  return swapAxes({ shape: timeFirst.shape, data: rows.reverse().flat() });
}

/** Cotangents of the last step only, as those of a whole sequence. */
function atLastStep({ shape, data }: GoldenTensor, steps: number): Float64Array {
  const [batch = 1, units = 1] = shape;
  const all = new Float64Array(batch * steps * units);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < units; i++) all[(b * steps + steps - 1) * units + i] = data[b * units + i]!;
  }
  return all;
}

async function prepare(golden: Golden) {
  const config = golden.config as unknown as Config;
  const model = modelOf(config.layer);
  const dimensions = { I: config.features, ...model.sizes };
  const module = await compileOnce(model.source, { cell: model.cell, dimensions, dtype: "f64", gradient: true });
  const instance = module.instantiate({ batch: config.batch, steps: config.time });
  const { params } = module.manifest;
  setParams(instance, toOurs(model.links, params, golden.tensors));
  return { config, instance, params, ...model };
}

describe("Keras layers", () => {
  it.each(goldenNames("keras", /^(?!keras_(bi|convlstm|timedistributed)|.*_mask_)/u))("%s", async (name) => {
    const golden = loadGolden("keras", name);
    const tolerance = tolerances(golden);
    const { config, instance, params, links, states } = await prepare(golden);
    const { layer, calls } = config;
    const inTime = (given: GoldenTensor): GoldenTensor => (layer.go_backwards ? reverseTime(given) : given);
    const weights: Record<string, Float64Array> = {};
    const compared = new Set<string>();

    for (let call = 1; call <= calls; call++) {
      const inputSuffix = calls > 1 ? String(call) : "";
      const suffix = calls > 1 ? `_call${call}` : "";
      const values: Record<string, unknown> = { x: inTime(tensor(golden, `x${inputSuffix}`)).data };
      states.forEach((state, i) => {
        // A stateful layer goes on from the call before, as from a constant.
        const start = call > 1 ? `carried${i}_after_call${call - 1}` : `init${i}`;
        if (golden.tensors[start] !== undefined) values[state] = tensor(golden, start).data;
      });
      const result = instance.forward(values);
      const wantedY = tensor(golden, `y${suffix}`);
      const returnsAll = wantedY.shape.length === 3;
      const y = returnsAll ? result["y"]! : result.final[states.at(-1) === "c" ? "h" : states.at(-1)!]!;
      log.expectClose("values", `y${suffix}`, y, wantedY.data, tolerance.value);
      compared.add(`y${suffix}`);

      const final: Record<string, readonly number[]> = {};
      states.forEach((state, i) => {
        const name = `state${i}${suffix}`;
        if (golden.tensors[name] === undefined) return;
        log.expectClose("values", name, result.final[state], tensor(golden, name).data, tolerance.value);
        compared.add(name);
        final[state] = tensor(golden, `cot_state${i}${suffix}`).data;
      });
      const dy = tensor(golden, `cot_y${suffix}`);
      const gradient = instance.backward!({ y: returnsAll ? dy.data : atLastStep(dy, config.time), final });
      const dx = inTime(tensor(golden, `grad.x${inputSuffix}`)).data;
      log.expectClose("gradients", `grad.x${inputSuffix}`, gradient["x"], dx, tolerance.gradient);
      compared.add(`grad.x${inputSuffix}`);
      states.forEach((state, i) => {
        const name = `grad.init${i}`;
        if (golden.tensors[name] === undefined) return;
        log.expectClose("gradients", name, gradient.initial[state], tensor(golden, name).data, tolerance.gradient);
        compared.add(name);
      });
      for (const [weight, part] of Object.entries(toTheirs(links, params, gradient.params, golden.tensors))) {
        weights[weight] = weights[weight]?.map((sum, i) => sum + part[i]!) ?? part;
      }
    }
    for (const [weight, values] of Object.entries(weights)) {
      log.expectClose("gradients", `grad.${weight}`, values, tensor(golden, `grad.${weight}`).data, tolerance.gradient);
      compared.add(`grad.${weight}`);
    }
    // Not every layer has every tensor; of those that it has none is passed over.
    const results = Object.keys(golden.tensors).filter((tensorName) => /^(y|state\d|grad\.)/u.test(tensorName));
    expect([...compared].sort()).toEqual(results.sort());
  });
});

describe("the tutorial's SimpleRNNCell(64) on [32, 10, 8]", () => {
  const [steps, units] = [10, 64];

  async function run(golden: Golden) {
    const { file, cell } = standardNames.rnn;
    const dimensions = { I: 8, H: units };
    const module = await compileOnce(standardCell(file), { cell, dimensions, dtype: "f64", gradient: true });
    const instance = module.instantiate({ batch: 32, steps });
    const links = kerasLinks("rnn");
    setParams(instance, toOurs(links, module.manifest.params, golden.tensors));
    const result = instance.forward({ x: tensor(golden, "x").data });
    return { instance, links, params: module.manifest.params, result };
  }

  it("gives the recorded outputs", async () => {
    const golden = loadGolden("seed", "simplernn64_b32t10i8_forward");
    const { value } = tolerances(golden);
    const { result } = await run(golden);
    const y = result["y"]!;
    log.expectClose("values", "h_n", result.final["h"], tensor(golden, "h_n").data, value);
    const rows = golden.config["y_rows"] as readonly number[];
    rows.forEach((row, i) => {
      const width = steps * units;
      const wanted = tensor(golden, "y_rows").data.slice(i * width, (i + 1) * width);
      log.expectClose("values", `y[${row}]`, y.subarray(row * width, (row + 1) * width), wanted, value);
    });
    const sumsOver = (value: (y: number) => number): number[] =>
      Array.from({ length: 32 * steps }, (_, row) => {
        let sum = 0;
        for (let i = row * units; i < (row + 1) * units; i++) sum += value(y[i]!);
        return sum;
      });
    // Sums of 64 values carry the rounding of 64 additions, in another order than the recorded ones.
    log.expectClose(
      "sums",
      "y_sum_units",
      sumsOver((v) => v),
      tensor(golden, "y_sum_units").data,
      64 * value,
    );
    log.expectClose(
      "sums",
      "y_sum_squares_units",
      sumsOver((v) => v * v),
      tensor(golden, "y_sum_squares_units").data,
      64 * value,
    );
    expect(y.length).toBe(32 * steps * units);
  });

  it("gives the recorded gradient", async () => {
    const golden = loadGolden("seed", "simplernn64_b32t10i8_gradient");
    const tolerance = tolerances(golden).gradient;
    const { instance, links, params } = await run(golden);
    const gradient = instance.backward!({ final: { h: tensor(golden, "cot_h_n").data } });
    log.expectClose("gradients", "grad.x", gradient["x"], tensor(golden, "grad.x").data, tolerance);
    const weights = keep(toTheirs(links, params, gradient.params, golden.tensors));
    for (const [weight, values] of Object.entries(weights)) {
      log.expectClose("gradients", `grad.${weight}`, values, tensor(golden, `grad.${weight}`).data, tolerance);
    }
  });
});
