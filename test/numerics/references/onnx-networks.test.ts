/** ONNX's RNN, GRU and LSTM as networks of either direction or both: `direction`, `sequence_lens` and `layout` are how one is written and called. */
import { describe, expect, it } from "vitest";
import { rowBlock, toOurs, type CellKind, type Link } from "../../support/conventions.js";
import {
  ErrorLog,
  type Golden,
  type GoldenTensor,
  goldenNames,
  loadGolden,
  swapAxes,
  tensor,
} from "../../support/goldens.js";
import { reversed } from "../../support/bidirectional.js";
import { compileOnce, setParams, standardNames } from "../../support/models.js";

const log = new ErrorLog("onnx networks");

/** Rows of an operator's weights: of GRU z, r, h, of LSTM i, o, f, c. */
const gates: Readonly<Record<CellKind, readonly string[]>> = {
  rnn: [""],
  lstm: ["_i", "_o", "_f", "_g"],
  gru: ["_z", "_r", "_n"],
  "gru-reset-before": ["_z", "_r", "_n"],
};

interface Node {
  readonly op: "RNN" | "GRU" | "LSTM";
  readonly attributes: { readonly hidden_size: number; readonly linear_before_reset?: number };
}

function kindOf({ op, attributes }: Node): CellKind {
  if (op === "RNN") return "rnn";
  if (op === "LSTM") return "lstm";
  return attributes.linear_before_reset === 1 ? "gru" : "gru-reset-before";
}

/** Of direction d of an operator that has `count` of them: tensors `[D, …]` lie one after the other. */
function linksOf(kind: CellKind, name: string, d: number): readonly Link[] {
  const own = gates[kind];
  const n = own.length;
  return own.flatMap((gate, index) => [
    rowBlock(`${name}.W${gate}`, "W", d * n + index),
    rowBlock(`${name}.U${gate}`, "R", d * n + index),
    rowBlock(`${name}.b${gate}`, "B", d * 2 * n + index),
    rowBlock(`${name}.${kind === "gru" && gate === "_n" ? "c" : "b"}${gate}`, "B", d * 2 * n + n + index),
  ]);
}

const sourceOf = (kind: CellKind): string => {
  const { file, cell } = standardNames[kind];
  return `import { ${cell} } from "std/${file}"
network Both(I, H; T) {
  input X: [T, I]
  use ahead, back = ${cell}(I, H)
  output Y = stack(ahead(X), reverse(back(reverse(X))), axis = 1)
}
`;
};

const twice = ({ shape: [, ...rest], data }: GoldenTensor): GoldenTensor => ({
  shape: [2, ...rest],
  data: [...data, ...data],
});

const targets = (i: number): "js" | "wasm" => (i % 2 === 0 ? "js" : "wasm");

/**
 * The recorded operators go ahead. With the same weights in both directions, the second direction gives what is recorded where it reads
 * the recorded sequence from its end. One more example is longer, so that those recorded end before their padding, which is NaN.
 */
describe("ONNX operators as networks", () => {
  const names = goldenNames("onnx");
  const inDoubles = names.map((name, i) => [targets(i), "f64", name] as const);
  const inFloats = names.map((name, i) => [targets(i + 1), "f32", name] as const);
  it.each([...inDoubles, ...inFloats])("%s %s %s", async (target, dtype, name) => {
    const golden: Golden = loadGolden("onnx", name);
    const [node] = golden.config["recurrent_nodes"] as readonly [Node];
    const kind = kindOf(node);
    const X = tensor(golden, "X");
    const [steps, batch, features] = X.shape as [number, number, number];
    const H = node.attributes.hidden_size;
    const dimensions = { I: features, H };
    const module = await compileOnce(sourceOf(kind), { cell: "Both", dimensions, dtype, target });
    const capacity = steps + 2;
    const instance = module.instantiate({ batch: batch + 1, sizes: { T: capacity } });
    const weights = Object.fromEntries(Object.entries(golden.tensors).map(([own, value]) => [own, twice(value)]));
    const links = [...linksOf(kind, "ahead", 0), ...linksOf(kind, "back", 1)];
    setParams(instance, toOurs(links, module.manifest.params, weights));
    const sizes = { T: [...new Array<number>(batch).fill(steps), capacity] };
    for (const [direction, called] of (["ahead", "back"] as const).entries()) {
      const inOrder = (given: GoldenTensor): readonly number[] =>
        swapAxes(direction === 0 ? given : reversed(given)).data;
      const own = inOrder(X);
      const padded = new Float64Array((batch + 1) * capacity * features).fill(NaN);
      const width = steps * features;
      for (let b = 0; b < batch; b++) padded.set(own.slice(b * width, (b + 1) * width), b * capacity * features);
      padded.fill(0.5, batch * capacity * features);
      const initial = ["h", "c"].flatMap((state): [string, number[]][] => {
        const given = golden.tensors[`initial_${state}`];
        return given === undefined ? [] : [[`${called}.${state}`, [...given.data, ...new Array<number>(H).fill(0)]]];
      });
      const result = instance.forward({ X: padded, ...Object.fromEntries(initial), sizes });
      const finals = ["h", "c"].filter((state) => golden.tensors[`Y_${state}`] !== undefined);
      expect(finals).toEqual(kind === "lstm" ? ["h", "c"] : ["h"]);
      for (const state of finals) {
        const wanted = tensor(golden, `Y_${state}`);
        const last = result.final[`${called}.${state}`]!.subarray(0, batch * H);
        log.expectClose("values", `Y_${state}`, last, wanted.data, 2e-6);
      }
      // [T, 1, B, H] to [B, T, H].
      const Y = inOrder({ shape: [steps, batch, H], data: tensor(golden, "Y").data });
      const ours = Array.from({ length: batch * steps * H }, (_, i) => {
        const [b, t, h] = [Math.floor(i / (steps * H)), Math.floor(i / H) % steps, i % H];
        return result["Y"]![((b * capacity + t) * 2 + direction) * H + h]!;
      });
      log.expectClose("values", "Y", ours, Y, 2e-6);
    }
  });
});
