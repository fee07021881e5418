/** The JavaScript target beside plain loops on the same weights, in both precisions. */
import { type CompileOptions } from "../../../compiler/index.js";
import { cells } from "../cells.js";
import { drawData } from "../data.js";
import { find, measure } from "../../../compiler/tools/bench/measure.js";
import { instantiateCell, lossCotangent, setWeights } from "../peers/recell.js";
import { workloads } from "../workloads.js";
import { plainLstm } from "./plain-lstm.js";
import { ratioRow, type Row } from "./row.js";

export async function jsRows(seconds: number): Promise<Row[]> {
  return [...(await lstm("f64", seconds / 2)), ...(await lstm("f32", seconds / 2))];
}

async function lstm(dtype: "f32" | "f64", seconds: number): Promise<Row[]> {
  const workload = workloads.find(({ id }) => id === "F1")!;
  const { B, T, H } = workload;
  const precision = dtype === "f32" ? Float32Array : Float64Array;
  const data = drawData(workload);
  const convert = (values: Float32Array): Float32Array | Float64Array => new precision(values);
  const weights = Object.fromEntries(Object.entries(data.weights).map(([name, values]) => [name, convert(values)]));
  const x = convert(data.x);
  // The forward pass that others are compared with keeps nothing for a backward pass.
  const [plain, full] = await Promise.all(
    [false, true].map(async (gradient) => {
      const instance = await instantiateCell(workload, { target: "js", dtype, gradient } satisfies CompileOptions);
      setWeights(instance, cells.lstm, weights, workload);
      return instance;
    }),
  );
  const y = new precision(B * T * H);
  const dy = new precision(B * T * H);
  const cotangents = { y: dy };
  const timings = await measure(
    [
      { name: "plain", run: () => plainLstm(weights, x, y, workload) },
      { name: "forward", run: () => plain!.forward({ x }) },
      {
        name: "gradient",
        run: () => {
          lossCotangent(full!.forward({ x })["y"]!, dy, workload);
          full!.backward!(cotangents);
        },
      },
    ],
    { seconds },
  );
  const [plainLoops, forward, gradient] = ["plain", "forward", "gradient"].map((name) => find(timings, name).median);
  return [
    ratioRow(`LSTM js ${dtype}: plain loops / recell`, plainLoops! / forward!, "at least", dtype === "f32" ? 1 : 1.5),
    ratioRow(`LSTM js ${dtype}: gradient / forward`, gradient! / forward!, "at most", 3.5),
  ];
}
