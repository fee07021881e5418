/** keras.layers as networks: masked, stateful, stacked, of both directions; TimeDistributed and ConvLSTM1D. */
import { describe, expect, it } from "vitest";
import { toOurs, toTheirs } from "../../support/conventions.js";
import { ErrorLog, type Golden, goldenNames, loadGolden, tensor, tolerances } from "../../support/goldens.js";
import { kerasNetwork } from "../../support/keras-network.js";
import { setParams } from "../../support/models.js";

const log = new ErrorLog("keras networks");

/** Where `RUNS` is set every layer runs on both targets; else those of which there is no cell, and each on one: in f32 on the other. */
const isWhole = process.env["RUNS"] !== undefined;
const targets = ["js", "wasm"] as const;
const cases = goldenNames(
  "keras",
  isWhole ? /^/u : /bi_|mask_|convlstm|timedistributed|stateful|stacked|backwards/u,
).flatMap((name, i) =>
  (["f64", "f32"] as const).flatMap((dtype, k) =>
    (isWhole ? targets : [targets[(i + k) % 2]!]).map((target) => [target, dtype, name] as const),
  ),
);

describe("Keras layers as networks", () => {
  it.each(cases)("%s %s %s", async (target, dtype, name) => {
    const golden: Golden = loadGolden("keras", name);
    const tolerance = tolerances(golden, dtype);
    const { module, links, states, batch, time, calls, mask } = await kerasNetwork(golden, { target, dtype });
    const instance = module.instantiate({ batch, sizes: { T: time } });
    const { params } = module.manifest;
    setParams(instance, toOurs(links, params, golden.tensors));
    const compared = new Set<string>();
    const compare = (kind: "value" | "gradient", label: string, actual: ArrayLike<number> | undefined): void => {
      log.expectClose(`${dtype} ${kind}s`, label, actual, tensor(golden, label).data, tolerance[kind]);
      compared.add(label);
    };
    const weights: Record<string, Float64Array> = {};
    for (let call = 1; call <= calls; call++) {
      const which = calls > 1 ? String(call) : "";
      const suffix = calls > 1 ? `_call${call}` : "";
      const keep = mask ? { keep: tensor(golden, "mask").data.map(Number) } : {};
      const initial = states.flatMap((state, i) => {
        const start = call > 1 ? `carried${i}_after_call${call - 1}` : `init${i}`;
        return golden.tensors[start] === undefined ? [] : [[state, golden.tensors[start].data] as const];
      });
      const result = instance.forward({ x: tensor(golden, `x${which}`).data, ...keep, ...Object.fromEntries(initial) });
      compare("value", `y${suffix}`, result["y"]);
      const returned = states.map((state, i) => [state, i] as const).filter(([, i]) => golden.tensors[`state${i}${suffix}`] !== undefined); // prettier-ignore
      for (const [state, i] of returned) compare("value", `state${i}${suffix}`, result.final[state]);
      const final = Object.fromEntries(
        returned.map(([state, i]) => [state, tensor(golden, `cot_state${i}${suffix}`).data]),
      );
      const gradient = instance.backward!({ y: tensor(golden, `cot_y${suffix}`).data, final });
      compare("gradient", `grad.x${which}`, gradient["x"]);
      for (const [state] of initial) {
        const label = `grad.init${states.indexOf(state)}`;
        if (golden.tensors[label] !== undefined) compare("gradient", label, gradient.initial[state]);
      }
      for (const [weight, part] of Object.entries(toTheirs(links, params, gradient.params, golden.tensors)))
        weights[weight] = weights[weight]?.map((sum, i) => sum + part[i]!) ?? part;
    }
    for (const [weight, values] of Object.entries(weights)) compare("gradient", `grad.${weight}`, values);
    const recorded = Object.keys(golden.tensors).filter((own) => /^(y|state\d|grad\.)/u.test(own));
    expect([...compared].sort()).toEqual(recorded.sort());
  });
});
