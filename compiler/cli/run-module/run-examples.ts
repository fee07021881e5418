/** Runs a module over whole examples, one after the other. */
import { setImmediate } from "node:timers/promises";
import { inputsOfExample, namedAxes } from "../../../runtime/module/axes.js";
import { elementCount, type CallValues, type CompiledModule, type ModuleInstance } from "../../../runtime/module/compiled-module.js"; // prettier-ignore
import type { Manifest } from "../../../runtime/module/manifest.js";
import { createPacker } from "../../../runtime/training/train/example-values.js";
import type { ResultDestination } from "./destination.js";
import { checked } from "./run-stream.js";
import type { LineValues } from "./read-lines.js";
import type { ResultBlock, ResultColumns } from "./write-results.js";

/** Outputs but losses, which are of batches. */
export const outputsOfExample = ({ outputs }: Manifest): Manifest["outputs"] =>
  outputs.filter(({ axes }) => axes.length > 0);

/** Inputs that are needed: what only losses need may be left out. */
export const inputsNeeded = ({ manifest }: CompiledModule): string[] =>
  inputsOfExample(manifest).flatMap(({ name, forLosses }) => (forLosses === true ? [] : [name]));

/** Whether the first axis is one of any length, which goes along the lines of a table. */
export interface ExampleColumns extends ResultColumns {
  readonly isSequence: boolean;
}

interface ExampleResult extends ResultBlock {
  readonly outputs: readonly ExampleColumns[];
}

/** Makes instances as long examples need them, with the params of the first. */
export function createExampleRunner(
  module: CompiledModule,
  given: CallValues,
  create: (sizes: Readonly<Record<string, number>>, steps: number) => ModuleInstance,
) {
  const { manifest } = module;
  const steps = manifest.axes.find(({ option }) => option === "steps");
  // Cells say how long a sequence is by `steps`, networks by sizes with names.
  const axes = manifest.axes.map((axis) => (axis === steps ? { ...axis, option: "sizes" as const } : axis));
  const seen: Manifest = { ...manifest, axes };
  let room: Record<string, number> = {};
  let instance: ModuleInstance | undefined;
  return (values: LineValues, label: string): ExampleResult => {
    const own = inputsOfExample(seen).filter(({ name, forLosses }) => forLosses !== true || values[name] !== undefined);
    const packer = createPacker({ ...seen, inputs: own, contexts: [] });
    const { sizes } = checked("", () => packer.size(values, label));
    const needed = namedAxes(seen).map((name) => [name, Math.max(1, sizes[name] ?? 1, room[name] ?? 1)] as const);
    if (instance === undefined || needed.some(([name, size]) => size > (room[name] ?? 0))) {
      room = Object.fromEntries(needed);
      const { [steps?.name ?? ""]: most = 1, ...others } = room;
      instance = checked(label, () => create(others, most));
    }
    const call: Record<string, unknown> = { batch: 1, ...values, ...given };
    const { [steps?.name ?? ""]: length, ...others } = Object.fromEntries(namedAxes(seen).map((name) => [name, sizes[name]!])); // prettier-ignore
    if (steps !== undefined) call["steps"] = length;
    if (Object.keys(others).length > 0) call["sizes"] = others;
    const result = checked(label, () => instance!.forward(call));
    const told = (result as { readonly sizes?: Readonly<Record<string, ArrayLike<number>>> }).sizes ?? {};
    const known = { ...sizes, ...Object.fromEntries(Object.entries(told).map(([name, each]) => [name, each[0]!])) };
    const outputs = outputsOfExample(manifest).map(({ name, axes: [, ...before], shape }) => ({
      name,
      shape: [...before, ...shape].map((size) => elementCount([size], known)),
      isSequence: typeof [...before, ...shape][0] === "string",
    }));
    return { count: 1, values: result, outputs };
  };
}

/** @returns How many there were. */
export async function runExamples(
  examples: AsyncIterable<readonly { readonly values: LineValues; readonly label: string }[]>,
  run: (values: LineValues, label: string) => ExampleResult,
  write: (result: ExampleResult) => void,
  to: ResultDestination,
): Promise<number> {
  let done = 0;
  for await (const some of examples) {
    for (const { values, label } of some) write(run(values, label));
    done += some.length;
    await setImmediate();
    if (to.isOver()) break;
  }
  return done;
}
