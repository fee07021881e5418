/** nn.RNN, nn.LSTM, nn.GRU of one direction: values and every gradient. */
import { describe, it } from "vitest";
import { toOurs, toTheirs } from "../../support/conventions.js";
import { ErrorLog, goldenNames, loadGolden, tensor, tolerances } from "../../support/goldens.js";
import { setParams } from "../../support/models.js";
import { pytorchCase } from "../../support/pytorch-case.js";

const log = new ErrorLog("pytorch sequences");

describe("PyTorch sequences", () => {
  it.each(goldenNames("pytorch", /^(?!jvp_|hvp_|.*_cell_|.*bi_)/))("%s", async (name) => {
    const golden = loadGolden("pytorch", name);
    const tolerance = tolerances(golden);
    const run = await pytorchCase(golden, {});
    const { module, links, states, lengths } = run;
    const { params } = module.manifest;
    const instance = module.instantiate({ batch: run.batch, steps: run.steps });
    setParams(instance, toOurs(links, params, golden.tensors));

    const initial = Object.fromEntries(
      states.flatMap(({ ours, initial }) => (initial ? [[ours, run.state(initial, ours)]] : [])),
    );
    const values = { x: run.sequence("x"), ...initial, ...(lengths && { lengths }) };
    const result = instance.forward(values);
    log.expectClose(`${golden.dtype} values`, "y", result["y"], run.sequence("y"), tolerance.value);
    for (const { ours, final } of states) {
      log.expectClose(`${golden.dtype} values`, final, result.final[ours], run.state(final, ours), tolerance.value);
    }

    const final = Object.fromEntries(states.map((state) => [state.ours, run.state(`cot_${state.final}`, state.ours)]));
    const gradient = instance.backward!({ y: run.sequence("cot_y"), final });
    log.expectClose(`${golden.dtype} gradients`, "grad.x", gradient["x"], run.sequence("grad.x"), tolerance.gradient);
    for (const { ours, initial } of states) {
      if (initial === undefined) continue;
      log.expectClose(
        `${golden.dtype} gradients`,
        `grad.${initial}`,
        gradient.initial[ours],
        run.state(`grad.${initial}`, ours),
        tolerance.gradient,
      );
    }
    for (const [weight, values] of Object.entries(toTheirs(links, params, gradient.params, golden.tensors))) {
      log.expectClose(
        `${golden.dtype} gradients`,
        `grad.${weight}`,
        values,
        tensor(golden, `grad.${weight}`).data,
        tolerance.gradient,
      );
    }
  });
});
