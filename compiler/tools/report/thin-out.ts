/** Curves of many points, drawn with few: a mean for each stretch, and between which values it was there. */

interface ThinCurve {
  readonly x: readonly number[];
  /** The mean of each stretch; NaN where none of it is finite. */
  readonly y: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** @param most How many points there may be; what has no more is as it was. */
export function thinOut(x: readonly number[], y: readonly number[], most: number): ThinCurve {
  const width = Math.ceil(x.length / most);
  const stretches = Array.from({ length: Math.ceil(x.length / width) }, (_, i) => {
    const values = y.slice(i * width, (i + 1) * width).filter(Number.isFinite);
    const sum = values.reduce((total, value) => total + value, 0);
    return { last: x[Math.min((i + 1) * width, x.length) - 1]!, mean: sum / values.length, values };
  });
  return {
    x: stretches.map(({ last }) => last),
    y: stretches.map(({ mean }) => mean),
    low: stretches.map(({ values }) => (values.length === 0 ? NaN : Math.min(...values))),
    high: stretches.map(({ values }) => (values.length === 0 ? NaN : Math.max(...values))),
  };
}
