/**
 * Eigenvalues of a real square matrix without symmetry, as Jacobians of states are: reduction to Hessenberg form by
 * reflections, then the implicit double-shift QR iteration, which needs real arithmetic only.
 *
 * J. G. F. Francis, "The QR transformation" I and II, Computer Journal 4 (1961, 1962); the steps as in G. H. Golub,
 * C. F. Van Loan, "Matrix Computations", chapter 7.
 */

interface Eigenvalue {
  readonly re: number;
  readonly im: number;
}

/** QR steps for one eigenvalue before giving up; in practice two or three are enough. */
const mostSteps = 60;

/**
 * All eigenvalues, in no particular order; a conjugate pair stands side by side.
 *
 * @param matrix Row-major, `size * size` finite numbers; left as it is.
 * @throws RangeError where an element is not finite or the iteration does not converge.
 */
export function eigenvalues(matrix: ArrayLike<number>, size: number): Eigenvalue[] {
  const h = Float64Array.from(matrix);
  if (!h.every(Number.isFinite)) throw new RangeError("a matrix with elements that are not finite has no eigenvalues");
  reduceToHessenberg(h, size);
  const found: Eigenvalue[] = [];
  let last = size - 1;
  let steps = 0;
  const scale = h.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
  while (last >= 0) {
    const first = startOfBlock(h, size, last, scale);
    if (first === last) {
      found.push({ re: at(h, size, last, last), im: 0 });
      last -= 1;
      steps = 0;
    } else if (first === last - 1) {
      found.push(...eigenvaluesOfTwo(h, size, first));
      last -= 2;
      steps = 0;
    } else {
      if (steps === mostSteps) throw new RangeError("the eigenvalues did not converge");
      steps += 1;
      doubleShiftStep(h, size, first, last, steps % 10 === 0);
    }
  }
  return found;
}

/** The largest absolute value of an eigenvalue. */
export function spectralRadius(matrix: ArrayLike<number>, size: number): number {
  return eigenvalues(matrix, size).reduce((most, { re, im }) => Math.max(most, Math.hypot(re, im)), 0);
}

const at = (h: Float64Array, size: number, row: number, column: number): number => h[row * size + column] as number;

/** A vector `v` and a factor with (I - factor v vᵀ) x a multiple of the first unit vector; factor 0 where x is that already. */
function reflection(x: Float64Array): number {
  let rest = 0;
  for (let i = 1; i < x.length; i++) rest += (x[i] as number) ** 2;
  if (rest === 0) return 0;
  const head = x[0] as number;
  const norm = Math.sqrt(head * head + rest);
  x[0] = head + (head >= 0 ? norm : -norm);
  return 2 / ((x[0] as number) ** 2 + rest);
}

/** `A = P A P`, where P reflects rows and columns `first …`; only the given columns and rows are touched. */
function reflect(
  h: Float64Array,
  size: number,
  v: Float64Array,
  factor: number,
  first: number,
  columns: readonly [from: number, to: number],
  rows: readonly [from: number, to: number],
): void {
  for (let j = columns[0]; j <= columns[1]; j++) {
    let sum = 0;
    for (let i = 0; i < v.length; i++) sum += (v[i] as number) * (h[(first + i) * size + j] as number);
    sum *= factor;
    for (let i = 0; i < v.length; i++) {
      const place = (first + i) * size + j;
      h[place] = (h[place] as number) - sum * (v[i] as number);
    }
  }
  for (let i = rows[0]; i <= rows[1]; i++) {
    let sum = 0;
    for (let j = 0; j < v.length; j++) sum += (v[j] as number) * (h[i * size + first + j] as number);
    sum *= factor;
    for (let j = 0; j < v.length; j++) {
      const place = i * size + first + j;
      h[place] = (h[place] as number) - sum * (v[j] as number);
    }
  }
}

function reduceToHessenberg(h: Float64Array, size: number): void {
  for (let k = 0; k < size - 2; k++) {
    const v = Float64Array.from({ length: size - k - 1 }, (_, i) => at(h, size, k + 1 + i, k));
    const factor = reflection(v);
    if (factor === 0) continue;
    reflect(h, size, v, factor, k + 1, [k, size - 1], [0, size - 1]);
    for (let i = k + 2; i < size; i++) h[i * size + k] = 0;
  }
}

/**
 * The first row of the last block that no zero below the diagonal cuts. Elements that are as small as the rounding errors of
 * the whole matrix become zero: next to diagonal elements that are rounding errors themselves they would never get smaller.
 */
function startOfBlock(h: Float64Array, size: number, last: number, scale: number): number {
  for (let k = last; k > 0; k--) {
    const around = Math.abs(at(h, size, k - 1, k - 1)) + Math.abs(at(h, size, k, k));
    if (Math.abs(at(h, size, k, k - 1)) <= Number.EPSILON * Math.max(around, scale)) {
      h[k * size + k - 1] = 0;
      return k;
    }
  }
  return 0;
}

function eigenvaluesOfTwo(h: Float64Array, size: number, k: number): Eigenvalue[] {
  const [a, b] = [at(h, size, k, k), at(h, size, k, k + 1)];
  const [c, d] = [at(h, size, k + 1, k), at(h, size, k + 1, k + 1)];
  const half = (a - d) / 2;
  const mean = (a + d) / 2;
  const discriminant = half * half + b * c;
  if (discriminant < 0) {
    const im = Math.sqrt(-discriminant);
    return [
      { re: mean, im },
      { re: mean, im: -im },
    ];
  }
  // The root farther from the middle first; the other from the determinant of the shifted block, without cancellation.
  const distance = half + (half >= 0 ? 1 : -1) * Math.sqrt(discriminant);
  return [
    { re: d + distance, im: 0 },
    { re: distance === 0 ? d : d - (b * c) / distance, im: 0 },
  ];
}

/** One step on the block `first … last` with both eigenvalues of its last two rows as shifts. */
function doubleShiftStep(h: Float64Array, size: number, first: number, last: number, exceptional: boolean): void {
  const entry = (row: number, column: number): number => at(h, size, row, column);
  // The shifts are the eigenvalues of [[x, …], […, y]] whose other two elements have the product w.
  let [x, y] = [entry(last - 1, last - 1), entry(last, last)];
  let w = entry(last, last - 1) * entry(last - 1, last);
  if (exceptional) {
    // Shifts that repeat themselves are left by others nearby.
    const near = Math.abs(entry(last, last - 1)) + Math.abs(entry(last - 1, last - 2));
    y += 0.75 * near;
    x = y;
    w = -0.4375 * near * near;
  }
  // The first column of (H - aI)(H - bI), divided by h[1][0], in differences from the diagonal: eigenvalues that lie close
  // together would cancel otherwise.
  const z = entry(first, first);
  const below = entry(first + 1, first);
  const column = Float64Array.of(
    ((x - z) * (y - z) - w) / below + entry(first, first + 1),
    entry(first + 1, first + 1) - z - (x - z) - (y - z),
    entry(first + 2, first + 1),
  );
  let v = column;
  for (let k = first; k < last; k++) {
    const factor = reflection(v);
    if (factor !== 0) {
      const lowest = Math.min(k + v.length, last);
      reflect(h, size, v, factor, k, [Math.max(first, k - 1), last], [first, lowest]);
      if (k > first) for (let i = 1; i < v.length; i++) h[(k + i) * size + k - 1] = 0;
    }
    const next = Math.min(3, last - k);
    v = Float64Array.from({ length: next }, (_, i) => entry(k + 1 + i, k));
  }
}
