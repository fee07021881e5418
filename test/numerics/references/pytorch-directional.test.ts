/** Forward mode (`jvp_*`) and Hessian-vector products (`hvp_*`) of PyTorch's layers, one and two deep, and of both directions. */
import { describe, it } from "vitest";
import type { CallValues } from "../../../runtime/index.js";
import { directionsOf, reversed } from "../../support/bidirectional.js";
import { toOurs, toTheirs } from "../../support/conventions.js";
import { ErrorLog, goldenNames, loadGolden, swapAxes, tensor, tolerances, type Golden } from "../../support/goldens.js";
import { keep, setParams } from "../../support/models.js";
import { pytorchCase, type PytorchCase } from "../../support/pytorch-case.js";

const log = new ErrorLog("pytorch directional derivatives");

/** Inputs and states of the call, or their tangents. */
function callValues({ sequence, state, states }: PytorchCase, prefix: string): CallValues {
  const initial = states.map(({ ours, initial }) => [ours, state(`${prefix}${initial}`, ours)]);
  return { x: sequence(`${prefix}x`), ...Object.fromEntries(initial) };
}

async function prepare(golden: Golden, prefix: string, parts: { jvp?: boolean; hvp?: boolean }) {
  const run = await pytorchCase(golden, parts);
  const { params } = run.module.manifest;
  const instance = run.module.instantiate({ batch: run.batch, steps: run.steps });
  setParams(instance, toOurs(run.links, params, golden.tensors));
  const tangents = { ...callValues(run, prefix), params: toOurs(run.links, params, golden.tensors, prefix) };
  return { run, instance, values: callValues(run, ""), tangents };
}

/** A layer of both directions is two of our cells, one of which reads the sequence from its end. */
const partsOf = (golden: Golden): readonly Golden[] =>
  golden.config["bidirectional"] === true ? directionsOf(golden) : [golden];

describe("PyTorch derivatives in a direction", () => {
  it.each(goldenNames("pytorch", /^jvp_/))("%s", async (name) => {
    for (const golden of partsOf(loadGolden("pytorch", name))) {
      const tolerance = tolerances(golden);
      const { run, instance, values, tangents } = await prepare(golden, "tan.", { jvp: true });
      const result = instance.jvp!(values, tangents);
      log.expectClose("jvp", "jvp.y", result["y"], run.sequence("jvp.y"), tolerance.gradient);
      for (const { ours, final } of run.states) {
        log.expectClose("jvp", `jvp.${final}`, result.final[ours], run.state(`jvp.${final}`, ours), tolerance.gradient);
      }
    }
  });

  it.each(goldenNames("pytorch", /^hvp_/))("%s", async (name) => {
    const whole = loadGolden("pytorch", name);
    const tolerance = tolerances(whole);
    const inputs: number[][] = [];
    for (const golden of partsOf(whole)) {
      const { run, instance, values, tangents } = await prepare(golden, "vec.", { jvp: true, hvp: true });
      const final = Object.fromEntries(run.states.map((s) => [s.ours, run.state(`cot_${s.final}`, s.ours)]));
      let cotangents = { y: run.sequence("cot_y"), final };
      let cotangentTangents = {};
      if (name.endsWith("_quadratic")) {
        // The loss 0.5 sum((y - cot_y)^2) has the cotangent y - cot_y, which moves with y.
        const y = keep({ y: instance.forward(values)["y"]! })["y"]!;
        cotangents = { y: run.sequence("cot_y").map((wanted, i) => y[i]! - wanted), final };
        cotangentTangents = { y: instance.jvp!(values, tangents)["y"]!.slice() };
      }
      const result = instance.hvp!(values, tangents, cotangents, cotangentTangents);
      inputs.push([...result["x"]!]);
      for (const { ours, initial } of run.states) {
        const expected = run.state(`hvp.${initial}`, ours);
        log.expectClose("hvp", `hvp.${initial}`, result.initial[ours], expected, tolerance.second);
      }
      const weights = toTheirs(run.links, run.module.manifest.params, result.params, golden.tensors);
      for (const [weight, values] of Object.entries(weights)) {
        log.expectClose("hvp", `hvp.${weight}`, values, tensor(golden, `hvp.${weight}`).data, tolerance.second);
      }
    }
    const recorded = tensor(whole, "hvp.x");
    const x = whole.config["batch_first"] === true ? recorded : swapAxes(recorded);
    const [first = [], second] = inputs;
    const backwards = second && swapAxes(reversed(swapAxes({ shape: x.shape, data: second }))).data;
    const sum = first.map((value, i) => value + (backwards?.[i] ?? 0));
    log.expectClose("hvp", "hvp.x", Float64Array.from(sum), Float64Array.from(x.data), tolerance.second);
  });
});
