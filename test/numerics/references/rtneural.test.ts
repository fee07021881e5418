/** Networks that RTNeural's authors recorded from PyTorch and Keras, as whole sequences and as streams. */
import { readFileSync } from "node:fs";
import { describe, it } from "vitest";
import {
  columnBlock,
  kerasLinks,
  pytorchLinks,
  rowBlock,
  toOurs,
  type CellKind,
  type Link,
} from "../../support/conventions.js";
import { ErrorLog, fixture, outsideFolder, tensor, type Golden } from "../../support/goldens.js";
import { compileOnce, setParams } from "../../support/models.js";

const log = new ErrorLog("rtneural");
const folder = outsideFolder("rtneural");
const title =
  folder === undefined ? "skipped: no folder ../shared/goldens/rtneural with RTNeural's recordings" : "RTNeural";
/** The recordings are float32; our own float32 rounds at other places, over four layers. */
const tolerances = { f64: 1e-6, f32: 4e-6 };

function deepLinks(kind: CellKind, first: string): readonly Link[] {
  const below = pytorchLinks(kind, `${first}.`, "_l0", `${first}.`);
  const above = [0, 1, 2].flatMap((layer) => pytorchLinks(kind, `l${layer}.`, `_l${layer}`, `${first}2.`));
  return [...below, ...above, rowBlock("V", "dense.weight"), rowBlock("a", "dense.bias")];
}

/** Dense layers by their index in the recording; A is the transposed kernel. */
const denseLinks = (...layers: readonly number[]): readonly Link[] =>
  layers.flatMap((layer) => [
    columnBlock(`A${layer}`, `layers.${layer}.kernel`),
    rowBlock(`a${layer}`, `layers.${layer}.bias`),
  ]);

const cases = [
  { name: "rtneural_gru_torch", cell: "DeepGRU", sizes: {}, links: deepLinks("gru", "gru") },
  { name: "rtneural_lstm_torch", cell: "DeepLSTM", sizes: {}, links: deepLinks("lstm", "lstm") },
  {
    name: "rtneural_keras_gru",
    cell: "DenseGRU",
    sizes: { D: 8 },
    links: [...kerasLinks("gru", "gru.", "layers.1."), ...denseLinks(0, 2, 3)],
  },
  {
    name: "rtneural_keras_lstm",
    cell: "DenseLSTM",
    sizes: { D: 8 },
    links: [...kerasLinks("lstm", "lstm.", "layers.1."), ...denseLinks(0, 2)],
  },
];

describe.skipIf(folder === undefined)(title, () => {
  for (const { name, cell, sizes, links } of cases) {
    it.each(["f64", "f32"] as const)(`${name}, %s`, async (dtype) => {
      const golden = JSON.parse(readFileSync(`${folder}/${name}.json`, "utf8")) as Golden;
      const dimensions = { I: 1, H: 8, O: 1, ...sizes };
      const module = await compileOnce(fixture("recorded-networks.cell"), { cell, dimensions, dtype, gradient: false });
      const x = tensor(golden, "x").data;
      const instance = module.instantiate({ batch: 1, steps: x.length });
      setParams(instance, toOurs(links, module.manifest.params, golden.tensors));
      const { y } = instance.forward({ x });
      log.expectClose(`${dtype} values`, "y", y, tensor(golden, "y").data, tolerances[dtype]);
      const streamed = x.map((sample) => instance.step({ x: [sample] })["y"]![0]!);
      log.expectClose(`${dtype} streamed`, "y", streamed, y!, 0);
    });
  }
});
