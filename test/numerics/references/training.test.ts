/** Fifty steps of training with each optimiser, against the losses and weights that PyTorch's gave. */
import { describe, it } from "vitest";
import {
  adam,
  adamw,
  clipByGlobalNorm,
  rmsprop,
  sgd,
  type ModuleInstance,
  type Optimizer,
  type ParamEntry,
} from "../../../runtime/index.js";
import { type Link, pytorchLinks, rowBlock, toOurs, toTheirs } from "../../support/conventions.js";
import {
  ErrorLog,
  fixture,
  goldenNames,
  loadGolden,
  swapAxes,
  tensor,
  type Golden,
  type GoldenTensor,
} from "../../support/goldens.js";
import { compileOnce, setParams } from "../../support/models.js";

const log = new ErrorLog("training");
/** Small differences grow over fifty steps. */
const tolerance = 1e-9;

interface Config {
  readonly optimizer: "sgd" | "adam" | "adamw" | "rmsprop";
  readonly hyperparameters: {
    readonly lr: number;
    readonly momentum?: number;
    readonly betas?: readonly [number, number];
    readonly eps?: number;
    readonly weight_decay?: number;
    readonly alpha?: number;
  };
  readonly clip_grad_norm: number | null;
  readonly hidden_size: number;
  readonly batch: number;
  readonly time: number;
  readonly steps: number;
}

function optimizerOf({ optimizer, hyperparameters: given }: Config): Optimizer {
  const { lr: learningRate, momentum = 0, betas: [beta1, beta2] = [0.9, 0.999], eps: epsilon = 1e-8 } = given;
  switch (optimizer) {
    case "sgd":
      return sgd({ learningRate, momentum });
    case "adam":
      return adam({ learningRate, beta1, beta2, epsilon });
    case "adamw":
      return adamw({ learningRate, beta1, beta2, epsilon, weightDecay: given.weight_decay! });
    case "rmsprop":
      return rmsprop({ learningRate, alpha: given.alpha!, epsilon });
  }
}

const options = { dtype: "f64", gradient: true } as const;

const regressor = `import { LSTM } from "std/lstm"
import { Linear } from "std/network"
import { squared_error } from "std/losses"
network Regressor(H; T) {
  input x: [T, 1]
  input target: [1]
  use rnn = LSTM(1, H)
  use head = Linear(H, 1)
  e = rnn(x)
  loss = sum(squared_error(head(e.h'), target))
}`;

interface Model {
  readonly instance: ModuleInstance;
  readonly params: readonly ParamEntry[];
  readonly links: readonly Link[];
  /** The loss at the weights at hand, and what `backward` is given for its gradient. */
  readonly lossAndSlope: () => { readonly loss: number; readonly slope: Readonly<Record<string, unknown>> };
}

const linksOf = (weight: string, bias: string): readonly Link[] => [
  ...pytorchLinks("lstm", "rnn.", "_l0", "rnn."),
  rowBlock(weight, "head.weight"),
  rowBlock(bias, "head.bias"),
];

/** As a cell, whose loss is computed beside it from the last of its outputs. */
async function cellModel(golden: Golden, { hidden_size: H, batch, time }: Config): Promise<Model> {
  const dimensions = { I: 1, H, O: 1 };
  const module = await compileOnce(fixture("regressor.cell"), { ...options, cell: "Regressor", dimensions });
  const instance = module.instantiate({ batch, steps: time });
  const x = swapAxes(tensor(golden, "x")).data;
  const lossAndSlope = () => {
    const y = instance.forward({ x })["y"]!;
    const last = Float64Array.from({ length: batch }, (_, b) => y[b * time + time - 1]!);
    const wanted = tensor(golden, "target").data;
    const differences = last.map((value, b) => value - wanted[b]!);
    const dy = new Float64Array(batch * time);
    differences.forEach((difference, b) => (dy[b * time + time - 1] = (2 * difference) / batch));
    return { loss: differences.reduce((sum, difference) => sum + difference ** 2, 0) / batch, slope: { y: dy } };
  };
  return { instance, params: module.manifest.params, links: linksOf("V", "a"), lossAndSlope };
}

/** As a network that has its loss. */
async function networkModel(golden: Golden, { hidden_size: H, batch, time }: Config): Promise<Model> {
  const module = await compileOnce(regressor, { ...options, cell: "Regressor", dimensions: { H } });
  const instance = module.instantiate({ batch, sizes: { T: time } });
  const values = { x: swapAxes(tensor(golden, "x")).data, target: tensor(golden, "target").data };
  const lossAndSlope = () => ({ loss: instance.forward(values)["loss"]![0]!, slope: { loss: [1] } });
  return { instance, params: module.manifest.params, links: linksOf("head.W", "head.b"), lossAndSlope };
}

const weightNames = [...new Set(linksOf("V", "a").map((link) => link.theirs))];

/** Tensors with a prefix, under their names without it. */
function weightsOf(golden: Golden, prefix: string): Record<string, GoldenTensor> {
  return Object.fromEntries(weightNames.map((name) => [name, tensor(golden, prefix + name)]));
}

describe.each([
  ["a cell", cellModel],
  ["a network", networkModel],
] as const)("training of %s", (_form, modelOf) => {
  it.each(goldenNames("training"))("%s", async (name) => {
    const golden = loadGolden("training", name);
    const config = golden.config as unknown as Config;
    const { instance, params, links, lossAndSlope } = await modelOf(golden, config);
    // PyTorch trains both biases of a gate; the sum of theirs is ours. So the weights are kept in its layout here.
    const initial = weightsOf(golden, "init.");
    const weights = Object.fromEntries(
      Object.entries(initial).map(([key, { data }]) => [key, Float64Array.from(data)]),
    );
    const optimizer = optimizerOf(config).attach({ params: weights });
    const layouts = Object.fromEntries(
      Object.entries(initial).map(([key, { shape }]) => [key, { shape, data: weights[key] as unknown as number[] }]),
    );
    const expectWeights = (prefix: string): void => {
      for (const [key, { data }] of Object.entries(weightsOf(golden, prefix))) {
        log.expectClose("weights", prefix + key, weights[key], data, tolerance);
      }
    };

    const next = () => {
      setParams(instance, toOurs(links, params, layouts));
      return lossAndSlope();
    };

    for (let step = 0; step < config.steps; step++) {
      const { loss, slope } = next();
      log.expectClose("losses", `losses[${step}]`, [loss], [tensor(golden, "losses").data[step]!], tolerance);
      const gradient = toTheirs(links, params, instance.backward!(slope).params, layouts);
      if (step === 0) {
        for (const [key, { data }] of Object.entries(weightsOf(golden, "grad0."))) {
          log.expectClose("gradients", `grad0.${key}`, gradient[key], data, 1e-11);
        }
      }
      const norm = clipByGlobalNorm(gradient, config.clip_grad_norm ?? Infinity);
      log.expectClose("norms", `grad_norms[${step}]`, [norm], [tensor(golden, "grad_norms").data[step]!], tolerance);
      optimizer.step(gradient);
      if (step === 0) expectWeights("step1.");
    }
    expectWeights("final.");
    log.expectClose("losses", "final_loss", [next().loss], tensor(golden, "final_loss").data, tolerance);
  });
});
