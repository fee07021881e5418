// Sizes that follow from those of a call, and what is demanded of sizes.

/** @import { SizesOfCalls, Manifest } from "./instance-parts.js" */

/** @typedef {{ factor: number, of: number[] }} Term */

/**
 * Adds the largest that they can be to the capacity.
 * @param {Manifest} manifest
 * @param {{ batch: number, steps: number, sizes: Record<string, number> }} capacity
 * @returns {SizesOfCalls}
 */
export function createComputed({ axes, requires = [], stream }, { batch, steps, sizes }) {
  /** @type {(term: readonly [number, ...string[]]) => Term} */
  const termOf = ([factor, ...names]) => ({
    factor,
    of: names.map((axis) => axes.findIndex(({ name }) => name === axis)),
  });
  /** @type {(size: NonNullable<Manifest["axes"][number]["size"]>) => { dividend: Term[], divisor: Term, floor: boolean }} */
  const expression = ({ dividend, divisor, floor = false }) => ({
    dividend: dividend.map(termOf),
    divisor: termOf(divisor),
    floor,
  });
  const given = axes.filter(({ size }) => size === undefined).length;
  const computed = axes.flatMap(({ name, size, largest = false }) =>
    size === undefined ? [] : [{ name, largest, ...expression(size) }],
  );
  /** Does it follow from the length of a stream, which has none? @type {boolean[]} */
  const isOfStream = [];
  /** @type {(size: { dividend: Term[], divisor: Term }) => boolean} */
  const hasStream = ({ dividend, divisor }) => [...dividend, divisor].some(({ of }) => of.some((i) => isOfStream[i]));
  for (const { name } of axes.slice(0, given)) isOfStream.push(name === stream);
  for (const size of computed) isOfStream.push(hasStream(size));
  const conditions = requires.map(({ size, ...condition }) => {
    const own = expression(size);
    return { ...condition, size: own, isOpen: hasStream(own) };
  });
  /** Of one example. @type {number[]} */
  const own = axes.map(() => 0);
  /** The largest sizes of examples. @type {number[]} */
  const most = axes.map(() => 0);

  /** @type {(term: Term, sizes: readonly number[]) => number} */
  const product = ({ factor, of }, sizes) => {
    let value = factor;
    for (let i = 0; i < of.length; i++) value *= /** @type {number} */ (sizes[/** @type {number} */ (of[i])]);
    return value;
  };
  /** With the sizes of `others` in what makes it less. @type {(size: { dividend: Term[], divisor: Term, floor: boolean }, sizes: readonly number[], others: readonly number[]) => number} */
  const valueOf = ({ dividend, divisor, floor }, sizes, others) => {
    let sum = 0;
    for (let i = 0; i < dividend.length; i++) {
      const term = /** @type {Term} */ (dividend[i]);
      sum += product(term, term.factor < 0 ? others : sizes);
    }
    const value = sum / product(divisor, others);
    return floor ? Math.floor(value) : value;
  };
  /** Of an example of which some are known, or of the call. @type {(list: number[], known?: readonly (ArrayLike<number> | undefined)[], b?: number) => void} */
  const computeAll = (list, known, b = 0) => {
    for (let i = 0; i < computed.length; i++) {
      const own = known?.[given + i]?.[b];
      list[given + i] = own ?? valueOf(/** @type {typeof computed[number]} */ (computed[i]), list, list);
    }
  };
  /** @type {(where: string, what: string, b: number) => never} */
  const refuse = (where, what, b) => {
    const words = axes
      .slice(1, given)
      .flatMap(({ name, option }, i) => (option === "none" ? [] : `${name} ${own[i + 1]}`));
    throw new RangeError(`${where}: ${what}; example ${b} has ${words.join(", ")}`);
  };
  /** @type {(where: string, b: number, isWhole?: boolean) => void} */
  const checkExample = (where, b, isWhole) => {
    for (const { kind, text, equation, size, isOpen } of conditions) {
      if (!isWhole && isOpen) continue;
      const value = valueOf(size, own, own);
      const holds = kind === "whole" ? Number.isInteger(value) : kind === "least" ? value >= 0 : value === 0;
      if (!holds) refuse(where, `${text} must ${kind === "whole" ? "be whole" : "hold"}${equation === undefined ? "" : ` in ${equation}`}`, b); // prettier-ignore
    }
    for (let i = given; i < axes.length; i++) {
      const value = /** @type {number} */ (own[i]);
      if (!(Number.isInteger(value) && value >= 0) && (isWhole || !isOfStream[i])) {
        refuse(where, `the size ${axes[i]?.name} must be a whole number from 0 on, and is ${value}`, b);
      }
    }
  };

  /** @type {number[]} */
  const high = [];
  /** @type {number[]} */
  const low = [];
  for (const { name, kind, option, minimum = kind === "sequence" ? 0 : 1 } of axes.slice(0, given)) {
    high.push(option === "batch" ? batch : option === "steps" ? steps : /** @type {number} */ (sizes[name]));
    low.push(minimum);
  }
  for (const { name, largest, ...size } of computed) {
    const most = Math.max(0, Math.ceil(valueOf(size, high, largest ? low.map((least) => least || 1) : high)));
    low.push(Math.max(0, Math.floor(valueOf(size, low, high))));
    high.push(most);
    sizes[name] = most;
  }

  return {
    refresh(where, call, isWhole, known) {
      most.fill(0);
      for (let b = 0; b < /** @type {number} */ (call.sizes[0]); b++) {
        for (let i = 1; i < given; i++) own[i] = /** @type {number} */ (call.extents[i - 1]?.[b]);
        computeAll(own, known, b);
        checkExample(where, b, isWhole);
        for (let i = given; i < axes.length; i++) {
          const value = /** @type {number} */ (own[i]);
          /** @type {Int32Array} */ (call.extents[i - 1])[b] = value;
          most[i] = Math.max(/** @type {number} */ (most[i]), value);
        }
      }
      for (let i = 0; i < given; i++) own[i] = /** @type {number} */ (call.sizes[i]);
      computeAll(own);
      for (let i = given; i < axes.length; i++) {
        call.sizes[i] = /** @type {number} */ (axes[i]?.largest ? most[i] : Math.ceil(/** @type {number} */ (own[i])));
      }
    },
  };
}
