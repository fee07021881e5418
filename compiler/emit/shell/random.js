// Declared initialisers. Values depend on the seed and the parameter's own name, so that a new parameter does not
// change the others, and on IEEE arithmetic alone, so that they are the same on every host.

/** @import { DrawnInitializer, OptionalParts } from "./instance-parts.js" */

/**
 * Uniform numbers on [0, 1) with 53 random bits: Chris Doty-Humphrey's generator sfc32, which takes in the seed and the
 * name word by word.
 * @param {number} seed
 * @param {string} name
 */
export function uniformStream(seed, name) {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let count = 1;
  const word = () => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  /** @param {number} bits */
  const absorb = (bits) => {
    a ^= bits;
    for (let round = 0; round < 12; round++) word();
  };
  absorb(seed | 0);
  absorb(Math.floor(seed / 0x100000000));
  for (let i = 0; i < name.length; i++) absorb(name.charCodeAt(i));
  return () => ((word() >>> 5) * 0x4000000 + (word() >>> 6)) / 0x20000000000000;
}

/**
 * The values of a parameter in float64.
 * @param {DrawnInitializer} initializer
 * @param {readonly number[]} shape
 * @param {number} seed
 * @param {string} name
 * @param {OptionalParts} parts
 */
export function initialValues(initializer, shape, seed, name, parts) {
  const { kind, law, fans } = initializer;
  const [rows = 1, columns = rows] = shape;
  const values = new Float64Array(shape.reduce((product, size) => product * size, 1));
  if (kind === "constant") return values.fill(initializer.value);
  if (kind === "ones") return values.fill(1);
  if (kind === "identity") for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  if (law === undefined) return values;

  const uniform = uniformStream(seed, name);
  const next = law === "uniform" ? () => 2 * uniform() - 1 : parts.normalStream?.(uniform);
  let scale = fans === undefined ? 1 : Math.sqrt((law === "uniform" ? 6 : 2) / fans);
  if (kind === "uniform") scale = initializer.bound;
  if (kind === "normal") scale = initializer.deviation;
  const mean = "mean" in initializer ? (initializer.mean ?? 0) : 0;
  for (let i = 0; i < values.length; i++) values[i] = mean + /** @type {() => number} */ (next)() * scale;
  if (kind === "orthogonal") parts.orthogonalize?.(values, rows, values.length / rows);
  return values;
}
