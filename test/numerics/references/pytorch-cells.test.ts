/** nn.RNNCell, nn.LSTMCell, nn.GRUCell: one step, by `forward` and by `step`. */
import { describe, expect, it } from "vitest";
import { toOurs, toTheirs } from "../../support/conventions.js";
import { ErrorLog, goldenNames, loadGolden, tensor, tolerances } from "../../support/goldens.js";
import { keep, setParams } from "../../support/models.js";
import { pytorchCase } from "../../support/pytorch-case.js";

const log = new ErrorLog("pytorch cells");

describe("PyTorch cells", () => {
  it.each(goldenNames("pytorch", /_cell_/))("%s", async (name) => {
    const golden = loadGolden("pytorch", name);
    const tolerance = tolerances(golden);
    const run = await pytorchCase(golden, {});
    const { module, links, states } = run;
    const instance = module.instantiate({ batch: run.batch, steps: 1 });
    setParams(instance, toOurs(links, module.manifest.params, golden.tensors));

    const x = run.sequence("x");
    const initial = Object.fromEntries(states.map(({ ours, initial }) => [ours, run.state(initial!, ours)]));
    const result = instance.forward({ x, ...initial });
    for (const { ours, final } of states) {
      log.expectClose("values", final, result.final[ours], run.state(final, ours), tolerance.value);
    }
    const y = keep({ y: result["y"]! })["y"];
    instance.reset(initial);
    expect(instance.step({ x })["y"]).toEqual(y);

    instance.forward({ x, ...initial });
    const final = Object.fromEntries(states.map((state) => [state.ours, run.state(`cot_${state.final}`, state.ours)]));
    const gradient = instance.backward!({ final });
    log.expectClose("gradients", "grad.x", gradient["x"], run.sequence("grad.x"), tolerance.gradient);
    for (const { ours, initial } of states) {
      log.expectClose(
        "gradients",
        `grad.${initial}`,
        gradient.initial[ours],
        run.state(`grad.${initial}`, ours),
        tolerance.gradient,
      );
    }
    const weights = toTheirs(links, module.manifest.params, gradient.params, golden.tensors);
    for (const [weight, values] of Object.entries(weights)) {
      log.expectClose("gradients", `grad.${weight}`, values, tensor(golden, `grad.${weight}`).data, tolerance.gradient);
    }
  });
});
