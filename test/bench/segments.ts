/**
 * The gradient of a very long sequence of an LSTM of 64 units, in segments: peak memory of the process, and time per step beside a sequence that
 * is computed as a whole. `npm run bench:segments`, or `node dist/test/bench/segments.js STEPS MEGABYTES` of another length, in another budget.
 */
import { cell, type CompileOptions } from "../../compiler/index.js";
import { type ModuleInstance, openSegments } from "../../runtime/index.js";

const [steps = 1_000_000, megabytes = 64] = process.argv.slice(2).map(Number);
/** Of the whole, which keeps 1.9 KB of each. */
const wholeSteps = Math.min(steps, 1 << 16);
const [I, H] = [64, 64];

const options = { cell: "LSTM", dimensions: { I, H }, gradient: "params" } as const satisfies CompileOptions;
const source = `import { LSTM } from "std/lstm"\n`;

const waves = (count: number): Float32Array => {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = ((i * 40_503) % 65_537) / 32_768 - 1;
  return values;
};

interface Spent {
  readonly elapsed: number;
  /** Of the processor, which others that run beside do not change much. */
  readonly used: number;
}

/** Microseconds per step. */
function timed(count: number, run: () => void): Spent {
  const [start, before] = [performance.now(), process.cpuUsage()];
  run();
  const { user, system } = process.cpuUsage(before);
  return { elapsed: ((performance.now() - start) * 1000) / count, used: (user + system) / count };
}

function timeWhole(instance: ModuleInstance, x: Float32Array, dy: Float32Array): Spent {
  return timed(wholeSteps, () => {
    instance.forward({ x });
    instance.backward!({ y: dy });
  });
}

const x = waves(steps * I);
const dy = waves(steps * H);
const long = openSegments(await cell(source, { ...options, segments: true }), {
  ...{ batch: 1, steps, maxBytes: megabytes * 1e6 },
});
long.instance.init(1);
long.gradient({ x: x.subarray(0, 256 * I), steps: 256 }, { cotangents: { y: dy.subarray(0, 256 * H) } });
const inSegments = timed(steps, () => void long.gradient({ x }, { cotangents: { y: dy } }));
const peak = process.resourceUsage().maxRSS / 1024;

const whole: ModuleInstance = (await cell(source, options)).instantiate({ batch: 1, steps: wholeSteps });
whole.init(1);
const part = [x.subarray(0, wholeSteps * I), dy.subarray(0, wholeSteps * H)] as const;
timeWhole(whole, ...part);
const spent = timeWhole(whole, ...part);

const sequences = (x.byteLength + dy.byteLength) / 2 ** 20;
console.log(
  [
    `LSTM ${I}/${H}, ${steps.toLocaleString("en")} steps, a budget of ${megabytes} MB: ${long.count} segments of ${long.segment} steps, ${(long.bytes / 1e6).toFixed(1)} MB`,
    `the process at its peak: ${peak.toFixed(0)} MiB, of which x and dy ${sequences.toFixed(0)} MiB`,
    `in segments:  ${inSegments.elapsed.toFixed(2)} µs a step, ${inSegments.used.toFixed(2)} µs of the processor`,
    `as a whole:   ${spent.elapsed.toFixed(2)} µs a step, ${spent.used.toFixed(2)} µs of the processor (${wholeSteps.toLocaleString("en")} steps)`,
    `ratio:        ${(inSegments.elapsed / spent.elapsed).toFixed(2)}, of the processor ${(inSegments.used / spent.used).toFixed(2)}`,
  ].join("\n"),
);
