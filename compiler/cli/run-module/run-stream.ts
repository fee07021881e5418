/** Runs a module over steps as they come: what it keeps is its state and a block. */
import { setImmediate } from "node:timers/promises";
import { leastOf, ofOneStep, streamAxis } from "../../../runtime/module/axes.js";
import { elementCount, type CallValues, type CompiledModule, type ModuleInstance } from "../../../runtime/module/compiled-module.js"; // prettier-ignore
import type { ResultDestination } from "./destination.js";
import { InputError } from "./input-error.js";
import { blockSteps, type StepBlock } from "./read-steps.js";
import type { InputColumns } from "./read-lines.js";
import type { ResultColumns, ResultWriter } from "./write-results.js";

/** What a step takes, in numbers. */
export const inputsOfStep = ({ manifest }: CompiledModule): InputColumns[] =>
  ofOneStep(manifest, manifest.inputs).map(({ name, shape }) => ({ name, width: elementCount(shape) }));

export const outputsOfStep = ({ manifest }: CompiledModule, sizes: Readonly<Record<string, number>>): ResultColumns[] =>
  ofOneStep(manifest, manifest.outputs).map(({ name, shape }) => ({
    name,
    shape: shape.map((size) => elementCount([size], sizes)),
  }));

/** Room for one example and a block of steps. */
export function instanceForSteps(
  module: CompiledModule,
  sizes: Readonly<Record<string, number>>,
  wasm: object,
): ModuleInstance {
  const { manifest } = module;
  const { stream } = manifest;
  if (stream === undefined) return module.instantiate({ batch: 1, steps: blockSteps, ...sizesOption(sizes), ...wasm });
  return module.instantiate({ batch: 1, sizes: { ...sizes, [stream]: roomOf(module) }, ...wasm });
}

const sizesOption = (sizes: Readonly<Record<string, number>>) => (Object.keys(sizes).length === 0 ? {} : { sizes });

function roomOf({ manifest }: CompiledModule): number {
  const axis = manifest.axes.find(({ name }) => name === streamAxis(manifest));
  return Math.max(blockSteps, axis === undefined ? 1 : leastOf(axis));
}

/** @returns How many steps there were. */
export async function runSteps(
  module: CompiledModule,
  instance: ModuleInstance,
  given: CallValues,
  blocks: AsyncIterable<StepBlock>,
  writer: ResultWriter,
  to: ResultDestination,
): Promise<number> {
  const axis = module.manifest.axes.find(({ name }) => name === streamAxis(module.manifest));
  // Some networks take no fewer steps than so many in a block, but always one.
  const takesBlocks = axis === undefined || leastOf(axis) <= 1;
  if (Object.keys(given).length > 0) checked("--given", () => instance.reset({ batch: 1, ...given }));
  let done = 0;
  for await (const { count, values } of blocks) {
    const where = `step ${done}${count === 1 ? "" : ` to ${done + count - 1}`}`;
    if (takesBlocks) {
      writer.write({ count, values: checked(where, () => instance.steps({ ...values, steps: count })) });
    } else {
      for (let i = 0; i < count; i++) {
        const one = Object.entries(values).map(([name, own]) => [name, partOf(own, i, count)]);
        writer.write({ count: 1, values: checked(`step ${done + i}`, () => instance.step(Object.fromEntries(one) as CallValues)) }); // prettier-ignore
      }
    }
    done += count;
    // A reader that has gone is told between two turns of the event loop.
    await setImmediate();
    if (to.isOver()) break;
  }
  return done;
}

function partOf(values: ArrayLike<number>, i: number, count: number): number[] {
  const width = values.length / count;
  return Array.from({ length: width }, (_, at) => values[i * width + at]!);
}

/** What a module refuses is wrong with its input. `where` is left empty where the message says it. */
export function checked<Result>(where: string, call: () => Result): Result {
  try {
    return call();
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw new InputError(where === "" ? error.message : `${where}: ${error.message}`);
    }
    throw error;
  }
}
