// What calls draw. A number is told by the seed, the name of the draw, the example, the step and the element, and by nothing else: so it
// is the same in a stream, in chunks of a sequence, in other batches and whenever it is drawn again.
import { checkTensor, describe, optionalInteger, placeOf } from "./check.js";
import { logarithm } from "./normal.js";
import { bufferName } from "./roles.js";

/** @import { CallDraws, Core, RandomEntry, SizedCall, BufferedTensor } from "./instance-parts.js" */

/** What `scramble` gives. */
const words = new Int32Array(2);

/**
 * 64 random bits for a key and a counter of as many: Threefry of 20 rounds (J. Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", 2011).
 * @param {number} k0
 * @param {number} k1
 * @param {number} a
 * @param {number} b
 */
export function scramble(k0, k1, a, b) {
  let k2 = k0 ^ k1 ^ 0x1bd11bda;
  a = (a + k0) | 0;
  b = (b + k1) | 0;
  for (let s = 1; s < 6; s++) {
    const even = s % 2 === 0;
    let turn = even ? 17 : 13;
    a = (a + b) | 0;
    b = ((b << turn) | (b >>> (32 - turn))) ^ a;
    turn = even ? 29 : 15;
    a = (a + b) | 0;
    b = ((b << turn) | (b >>> (32 - turn))) ^ a;
    turn = even ? 16 : 26;
    a = (a + b) | 0;
    b = ((b << turn) | (b >>> (32 - turn))) ^ a;
    turn = even ? 24 : 6;
    a = (a + b) | 0;
    b = ((b << turn) | (b >>> (32 - turn))) ^ a;
    const key = k0;
    k0 = k1;
    k1 = k2;
    k2 = key;
    a = (a + k0) | 0;
    b = (b + k1 + s) | 0;
  }
  words[0] = a;
  words[1] = b;
  return words;
}

/** On (0, 1), without its ends in float32 too. @param {number} word */
const unit = (word) => (2 * (word >>> 9) + 1) / 2 ** 24;

/**
 * @param {BufferedTensor["data"]} data
 * @param {number} at
 * @param {number} count
 * @param {boolean} isNormal
 * @param {number} k0
 * @param {number} k1
 * @param {number} row
 */
function fillRow(data, at, count, isNormal, k0, k1, row) {
  for (let j = 0; j < count; j += 2) {
    scramble(k0, k1, j / 2, row);
    let first = unit(/** @type {number} */ (words[0]));
    let second = unit(/** @type {number} */ (words[1]));
    // Marsaglia's polar method: a point in the disc makes two numbers. One outside of it leads to the next.
    for (let again = isNormal; again;) {
      first = /** @type {number} */ (words[0]) / 2 ** 31;
      second = /** @type {number} */ (words[1]) / 2 ** 31;
      const square = first * first + second * second;
      again = square === 0 || square >= 1;
      if (again) scramble(k0, k1, /** @type {number} */ (words[0]), /** @type {number} */ (words[1]));
      else {
        const factor = Math.sqrt((-2 * logarithm(square)) / square);
        // The same in float64.
        first = Math.fround(first * factor);
        second = Math.fround(second * factor);
      }
    }
    data[at + j] = first;
    if (j + 1 < count) data[at + j + 1] = second;
  }
}

/**
 * @param {RandomEntry} entry
 * @param {readonly number[]} dims of one example, outermost first, as tensors have them
 * @param {number} single the axis of the steps, where only one of them is drawn for
 * @param {BufferedTensor["data"]} data
 * @param {BufferedTensor["data"] | undefined} counts the number of the first step of each example
 * @param {SizedCall} call
 */
function fillDraw({ name, law, training }, dims, single, data, counts, call) {
  const { seed, train, examples } = /** @type {CallDraws} */ (call.draws);
  /** @type {(dim: number) => number} */
  const size = (dim) => (dim >= 0 ? dim : ~dim === single ? 1 : /** @type {number} */ (call.sizes[~dim]));
  const batch = /** @type {number} */ (call.sizes[0]);
  if (training && !train) {
    // What stands for no draw.
    data.fill(law === "normal" ? 0 : 2, 0, dims.reduce((product, dim) => product * size(dim), batch)); // prettier-ignore
    return;
  }
  // Elements are told by the places along axes whose sizes calls give, however long these are, and by one place for the rest.
  let known = dims.length;
  let tail = 1;
  while (known > 0 && /** @type {number} */ (dims[known - 1]) >= 0) tail *= /** @type {number} */ (dims[--known]);
  let at = 0;
  /** @type {(depth: number, k0: number, k1: number, first: number) => void} */
  const walk = (depth, k0, k1, first) => {
    const count = depth < known ? size(/** @type {number} */ (dims[depth])) : 1;
    for (let i = 0; i < count; i++) {
      // As far as steps are counted.
      const place = (first + i) & 0xffffff;
      if (depth < known - 1) {
        scramble(k0, k1, place, 3);
        walk(depth + 1, /** @type {number} */ (words[0]), /** @type {number} */ (words[1]), 0);
      } else {
        fillRow(data, at, tail, law === "normal", k0, k1, place);
        at += tail;
      }
    }
  };
  scramble(seed, Math.floor(seed / 2 ** 32), 0, 0);
  for (let i = 0; i < name.length; i++)
    scramble(/** @type {number} */ (words[0]), /** @type {number} */ (words[1]), name.charCodeAt(i), 1);
  const [k0 = 0, k1 = 0] = words;
  for (let b = 0; b < batch; b++) {
    scramble(k0, k1, /** @type {number} */ (examples[b]), 2);
    walk(0, /** @type {number} */ (words[0]), /** @type {number} */ (words[1]), counts?.[b] ?? 0);
  }
}

/**
 * Whether an entry is of one step of a stream, and the kind of the states that count steps for it; none where it draws for initial values.
 * @type {Readonly<Record<string, readonly [streamed: boolean, counters?: "initial" | "state"]>>}
 */
const readers = {
  initial: [false],
  stepInitial: [true],
  forward: [false, "initial"],
  lengths: [false, "initial"],
  jvp: [false, "initial"],
  hvp: [false, "initial"],
  step: [true, "state"],
  // What is one for all steps is drawn where the stream begins.
  stepContexts: [true, "state"],
};

/**
 * Calls take `seed`, `train` and `examples`, and draw before an entry runs that reads what is drawn.
 * @param {Core} core
 */
export function createDraws(core) {
  const { manifest, buffers, options, readCall, run, streamAt } = core;
  const { axes, random = [] } = manifest;
  // One of the parts that are called by themselves may draw nothing.
  if (random.length === 0) return;
  const [batch = 1] = core.newCall().sizes;
  const always = random.some(({ training }) => !training);
  const [seed, train] = [placeOf("seed"), placeOf("train")];
  const examples = core.tensor("examples", [~0], new Int32Array(batch), 0, 2 ** 31 - 1);
  options.all.push(seed, train, examples);
  options.inStream.push(seed, train, examples);

  // Those of one example, outermost first.
  const dimsOf = random.map(({ axes: over, shape }) =>
    [...over.slice(1), ...shape].map((size) =>
      typeof size === "number" ? size : ~axes.findIndex(({ name }) => name === size),
    ),
  );

  Object.assign(core, {
    /** @type {Core["readCall"]} */
    readCall(where, isWhole) {
      const call = readCall(where, isWhole);
      const own = (call.draws ??= { seed: 0, train: false, examples: new Int32Array(batch) });
      const { value = false } = train;
      if (typeof value !== "boolean")
        throw new TypeError(`${where}: train must be true or false, got ${describe(value)}`);
      own.train = value;
      if (seed.value === undefined && (value || always)) {
        const from = isWhole === false ? ": a stream starts by `reset({ seed })`" : ": it must be an integer";
        throw new TypeError(`${where}: seed is missing${from}, by which random numbers are drawn`);
      }
      own.seed = optionalInteger(where, seed, 0, 0, Number.MAX_SAFE_INTEGER);
      if (examples.value !== undefined) checkTensor(where, examples, call.sizes);
      for (let b = 0; b < /** @type {number} */ (call.sizes[0]); b++) {
        own.examples[b] = examples.value === undefined ? b : /** @type {number} */ (examples.plain?.[b]);
      }
      return call;
    },
    /** @type {Core["run"]} */
    run(entry, call) {
      const reader = readers[entry];
      for (let i = 0; reader !== undefined && i < random.length; i++) {
        const own = /** @type {RandomEntry} */ (random[i]);
        const [streamed, counters] = reader;
        if (own.initial !== (counters === undefined)) continue;
        const isOfSteps = /** @type {number[]} */ (dimsOf[i]).includes(~streamAt);
        if (streamed && counters && isOfSteps !== (entry === "step")) continue;
        const data = /** @type {BufferedTensor["data"]} */ (buffers[bufferName("random", own.name, [], streamed)]);
        const counts =
          own.counter === undefined || counters === undefined
            ? undefined
            : buffers[bufferName(counters, own.counter, [], streamed)];
        fillDraw(own, /** @type {number[]} */ (dimsOf[i]), streamed ? streamAt : -1, data, counts, call);
      }
      run(entry, call);
    },
    /** What a stream needs to go on. @type {NonNullable<Core["kept"]>} */
    kept({ draws, sizes }) {
      const { seed, train, examples } = /** @type {CallDraws} */ (draws);
      return { seed, train, examples: examples.slice(0, sizes[0]) };
    },
  });
}
