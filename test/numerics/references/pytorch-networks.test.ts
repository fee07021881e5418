/** nn.RNN, nn.LSTM, nn.GRU of several layers, of both directions and of sequences that end at different places, as networks. */
import { describe, expect, it } from "vitest";
import { toOurs, toTheirs } from "../../support/conventions.js";
import { ErrorLog, type Golden, goldenNames, loadGolden, swapAxes, tensor, tolerances } from "../../support/goldens.js";
import { keep, setParams } from "../../support/models.js";
import { pytorchNetwork, type PytorchNetwork } from "../../support/pytorch-network.js";

const log = new ErrorLog("pytorch networks");

/**
 * Both targets have the same bits, which other tests ask, so each case runs on one of them. Stacks of one direction are also tested as
 * cells, and `rnn_relu` differs by its function alone. Where `RUNS` is set everything runs everywhere.
 */
const isWhole = process.env["RUNS"] !== undefined;
const cases = (pattern: RegExp): (readonly ["js" | "wasm", string])[] =>
  goldenNames("pytorch", pattern)
    .filter((name) => isWhole || (/bi(_|$)/u.test(name) && !name.startsWith("rnn_relu")))
    .flatMap((name, i) => {
      const targets = isWhole ? (["js", "wasm"] as const) : ([i % 2 === 0 ? "js" : "wasm"] as const);
      return targets.map((target) => [target, name] as const);
    });

function instanceOf({ module, links, batch, steps }: PytorchNetwork, golden: Golden) {
  const instance = module.instantiate({ batch, sizes: { T: steps } });
  setParams(instance, toOurs(links, module.manifest.params, golden.tensors));
  return instance;
}

const initialOf = ({ states, state }: PytorchNetwork, prefix = ""): Record<string, Float64Array> =>
  Object.fromEntries(
    states.flatMap(({ ours, initial, position }) => (initial ? [[ours, state(`${prefix}${initial}`, position)]] : [])),
  );

/** Each in f64, and in f32 on the other target; where not everything runs, of each kind of layer one that has everything in f32. */
const withFloats = (own: readonly (readonly ["js" | "wasm", string])[]) =>
  own.flatMap(([target, name]) => {
    const inFloats = isWhole || /_l2bi_b|_packed_bi|_l2bi_packed/u.test(name);
    const other = target === "js" ? "wasm" : "js";
    const double = [target, "f64", name] as const;
    return inFloats ? [double, [isWhole ? target : other, "f32", name] as const] : [double];
  });

describe("PyTorch layers as networks", () => {
  it.each(withFloats(cases(/^(?!jvp_|hvp_).*(bi_|_l2|_l3|packed)/u)))("%s %s %s", async (target, dtype, name) => {
    const golden = loadGolden("pytorch", name);
    const { value: ofValues, gradient: ofGradients } = tolerances(golden, dtype);
    const run = await pytorchNetwork(golden, { target, dtype });
    const { links, states, sequence, state } = run;
    const instance = instanceOf(run, golden);
    const compared = new Set<string>();
    const compare = (
      kind: string,
      label: string,
      actual: ArrayLike<number> | undefined,
      wanted: Float64Array,
    ): void => {
      const tolerance = kind === "values" ? ofValues : ofGradients;
      log.expectClose(`${dtype} ${kind}`, label, actual, wanted, tolerance);
      compared.add(label);
    };
    const result = instance.forward({ x: run.padded("x"), ...initialOf(run), ...run.sizes });
    compare("values", "y", result["y"], sequence("y"));
    for (const { ours, final, position } of states)
      compare("values", final, result.final[ours], state(final, position));

    const final = Object.fromEntries(states.map((s) => [s.ours, state(`cot_${s.final}`, s.position)]));
    const gradient = instance.backward!({ y: sequence("cot_y"), final });
    compare("gradients", "grad.x", gradient["x"], sequence("grad.x"));
    for (const { ours, initial, position } of states) {
      if (initial === undefined) continue;
      compare("gradients", `grad.${initial}`, gradient.initial[ours], state(`grad.${initial}`, position));
    }
    const weights = toTheirs(links, run.module.manifest.params, gradient.params, golden.tensors);
    for (const [weight, values] of Object.entries(weights))
      compare("gradients", `grad.${weight}`, values, Float64Array.from(tensor(golden, `grad.${weight}`).data));
    const recorded = Object.keys(golden.tensors).filter((own) => /^(y$|[hc]_n$|grad\.)/u.test(own));
    expect([...compared].sort()).toEqual(recorded.sort());
  });

  it.each(cases(/^(jvp|hvp)_.*_(bi|l2)$/u))("%s %s", async (target, name) => {
    const golden = loadGolden("pytorch", name);
    const tolerance = tolerances(golden);
    const isSecond = name.startsWith("hvp");
    const run = await pytorchNetwork(golden, { target, jvp: true, ...(isSecond && { hvp: true }) });
    const { links, states, sequence, state } = run;
    const { params } = run.module.manifest;
    const instance = instanceOf(run, golden);
    const prefix = isSecond ? "vec." : "tan.";
    const values = { x: sequence("x"), ...initialOf(run) };
    const tangents = {
      x: sequence(`${prefix}x`),
      ...initialOf(run, prefix),
      params: toOurs(links, params, golden.tensors, prefix),
    };
    if (!isSecond) {
      const result = instance.jvp!(values, tangents);
      log.expectClose("jvp", "jvp.y", result["y"], sequence("jvp.y"), tolerance.gradient);
      for (const s of states) {
        const wanted = state(`jvp.${s.final}`, s.position);
        log.expectClose("jvp", `jvp.${s.final}`, result.final[s.ours], wanted, tolerance.gradient);
      }
      return;
    }
    const final = Object.fromEntries(states.map((s) => [s.ours, state(`cot_${s.final}`, s.position)]));
    const result = instance.hvp!(values, tangents, { y: sequence("cot_y"), final }, {});
    const x = tensor(golden, "hvp.x");
    log.expectClose("hvp", "hvp.x", result["x"], swapAxes(x).data, tolerance.second);
    const weights = keep(toTheirs(links, params, result.params, golden.tensors));
    for (const [weight, own] of Object.entries(weights))
      log.expectClose("hvp", `hvp.${weight}`, own, tensor(golden, `hvp.${weight}`).data, tolerance.second);
    for (const s of states) {
      const wanted = state(`hvp.${s.initial}`, s.position);
      log.expectClose("hvp", `hvp.${s.initial}`, result.initial[s.ours], wanted, tolerance.second);
    }
  });
});
