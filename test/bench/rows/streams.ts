/** 100,000 streams of an LSTM 64, beside one instance that makes a step of one stream after the other. */
import { cell } from "../../../compiler/driver/in-process.js";
import { measure } from "../../../compiler/tools/bench/measure.js";
import { createRandom, openStreams, type ModuleInstance } from "../../../runtime/index.js";
import { countRow, ratioRow, type Row } from "./row.js";

const capacity = 100_000;
/** Streams that have input at once, and steps of one call. */
const [ready, size] = [1000, 64];

export async function streamRows(seconds: number): Promise<Row[]> {
  const source = `import { LSTM } from "std/lstm"\n`;
  const module = await cell(source, { cell: "LSTM", dimensions: { I: size, H: size }, gradient: false });
  const instance: ModuleInstance = module.instantiate();
  instance.init(1);
  const streams = openStreams(module, { capacity, weights: { ...instance.params } });
  instance.freeze();
  const ids = createRandom(1).shuffle(Float64Array.from({ length: capacity }, () => streams.open()));
  const x = Float32Array.from({ length: ready * size }, (_, i) => Math.sin(i));
  const one = x.subarray(0, size);
  let at = 0;
  const together = (): unknown => streams.step(ids.subarray((at = (at + ready) % capacity), at + ready), { x });
  const apart = (): void => {
    for (let i = 0; i < ready; i++) streams.step(ids.subarray((at = (at + 1) % capacity), at + 1), { x: one });
  };
  const alone = (): void => {
    for (let i = 0; i < ready; i++) instance.step({ x: one });
  };
  const states = [instance.snapshot(), instance.snapshot()];
  const switched = (): void => {
    for (let i = 0; i < ready; i++) {
      instance.restore(states[i % 2] as never);
      instance.step({ x: one });
      states[i % 2] = instance.snapshot();
    }
  };
  const contestants = [
    { name: "together", run: together },
    { name: "apart", run: apart },
    { name: "alone", run: alone },
    { name: "switched", run: switched },
  ];
  const found = await measure(contestants, { seconds });
  const rates = found.map(({ median }) => (ready * 1e6) / median);
  const [all, single, step, restored] = rates as [number, number, number, number];
  return [
    countRow("100,000 streams of an LSTM 64, memory of each", streams.bytesPerStream, "B"),
    countRow("  steps of 1,000 streams in a call, at random places", all, "/s"),
    countRow("  one stream in a call", single, "/s"),
    countRow("  an instance that steps one and the same stream", step, "/s"),
    countRow("  an instance that restores, steps and takes a snapshot", restored, "/s"),
    ratioRow("  together, beside one `step` for each of one and the same stream", all / step, "at least", 1),
    ratioRow("  together, beside restore, step and snapshot for each", all / restored),
  ];
}
