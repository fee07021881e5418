// The initialiser `orthogonal`.

/**
 * Makes the shorter side's vectors orthonormal, in place, by the Gram-Schmidt process, each projected twice against
 * rounding. Of normal random numbers this gives every orthogonal matrix with equal probability.
 * @param {Float64Array} values
 * @param {number} rows
 * @param {number} columns
 */
export function orthogonalize(values, rows, columns) {
  const byRows = rows <= columns;
  const vectors = byRows ? rows : columns;
  const length = byRows ? columns : rows;
  /** Of vector `v` the element `i` is at `v * stride + i * step`. */
  const stride = byRows ? columns : 1;
  const step = byRows ? 1 : columns;
  /** @type {(a: number, b: number) => number} */
  const dot = (a, b) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += get(a, i) * get(b, i);
    return sum;
  };
  /** @type {(vector: number, i: number) => number} */
  const get = (vector, i) => /** @type {number} */ (values[vector * stride + i * step]);
  for (let vector = 0; vector < vectors; vector++) {
    for (let earlier = 0; earlier < 2 * vector; earlier++) {
      const other = earlier % vector;
      const share = dot(vector, other);
      for (let i = 0; i < length; i++) values[vector * stride + i * step] = get(vector, i) - share * get(other, i);
    }
    const norm = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < length; i++) values[vector * stride + i * step] = get(vector, i) / norm;
  }
}
