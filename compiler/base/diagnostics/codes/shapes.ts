import type { CodeEntry } from "./entry.js";

/** What arguments, shapes, indices and dimensions can be wrong about. */
export const shapeCodes = {
  "several-outputs": {
    severity: "error",
    summary: "a used cell with several outputs in place of one value",
    explanation: "Choose an output by its name: `lower(x).alpha`, or anywhere `lower.alpha`.",
    example: `cell B(H) { input x: [H] output y = x * 2 output z = x * 3 }
cell A(H) { input x: [H] use lower = B(H) output y = lower(x) + 1 }`,
  },
  "wrong-arity": {
    severity: "error",
    summary: "too many or too few arguments",
    explanation:
      "A call gives every argument that has no default, each once. A derivative names a tangent for each real argument.",
    example: `cell A(H) { input x: [H] output y = tanh(x, x) }`,
  },
  "bad-argument": {
    severity: "error",
    summary: "an argument of the wrong kind",
    explanation:
      "Shapes and orders of axes are lists, `[N, D]`; everything else is not. An index is an input as it is.",
    example: `cell A(H) { input x: [H] output y = reshape(x, H) }`,
  },
  "cell-does-not-fit": {
    severity: "error",
    summary: "a cell that is given for a parameter and is not what that says",
    explanation:
      "`Cell: cell(I, H)` is a cell of two dimensions with one input, of the first of them, one output, of the last, and no contexts; " +
      "`cell(I, H) { input x: [I]; state h: [H]; output y: [H] }` says what else it has. Dimensions go by name, or else by position; " +
      "so do inputs, contexts and outputs where one is left of each, and states go by name. Further outputs and states do no harm.",
    example: `cell B(H) { input x: [H] output y = sum(x) }
cell S(Cell: cell(H), H) { input x: [H] use a = Cell(H) output y = a(x) }
cell A = S(B)`,
  },
  "shape-mismatch": {
    severity: "error",
    summary: "shapes that do not fit together",
    explanation:
      "Shapes are compared as symbols, so that the cell is right for all sizes. Element by element operations take equal shapes, " +
      "scalars, or shapes that repeat along missing leading axes and axes of size 1; `@` needs [M, K] and [K].",
    example: `cell A(H, I) { input x: [I] state h: [H] h' = tanh(h + x) output y = h' }`,
  },
  "missing-axis": {
    severity: "error",
    summary: "a reduction of a matrix that does not say along which axis",
    explanation: "Only of a vector is the axis clear. Axes count from 0; -1 is the last.",
    example: `cell A(H, S) { input x: [S, H] output y = softmax(x) }`,
  },
  "batched-product": {
    severity: "error",
    summary: "matrices for each place of an axis, and a vector for each",
    explanation:
      "`@` multiplies matrices of the last two axes, and takes [N, D] for a matrix. A product of a matrix and a vector for each n is an equation by index.",
    example: `cell A(N, D) { input x: [N, D] param R: [N, D, D] output y = R @ x }`,
  },
  "complex-value": {
    severity: "error",
    summary: "a complex number where a real one is expected",
    explanation:
      "Complex numbers have no order, and functions of real numbers do not take them. Their parts `re(z)` and `im(z)`, their size `abs(z)` and their angle `arg(z)` are real; powers are whole.",
    example: `cell A(H) { input x: [H] param b: complex[H] output y = re(tanh(b * x)) }`,
  },
  "misplaced-complex": {
    severity: "error",
    summary: "a complex number at the edge of a cell",
    explanation:
      "Inputs, contexts and outputs are real, and so is what a function with a derivative of its own takes and gives. States, params, fixed values and equations may be complex.",
    example: `cell A(H) { input x: [H] param b: complex[H] output y = b * x }`,
  },
  "bad-axis": {
    severity: "error",
    summary: "an axis that does not exist",
    explanation: "Axes are written as numbers from 0, or from -1 backwards, and below the number of axes.",
    example: `cell A(H) { input x: [H] output y = sum(x, axis = 1) }`,
  },
  "too-many-axes": {
    severity: "error",
    summary: "a value with too many axes",
    explanation: "Values have at most 8 axes.",
    example: `cell A(H) { input x: [H, H, H, H, H] output y = outer(x, x) }`,
  },
  "index-name-taken": {
    severity: "error",
    summary: "an index with the name of something else",
    explanation:
      "An index is a name for the places of an axis, in one equation: `y[n] = a[n] * x[n]`. It has a name that nothing else around it has.",
    example: `cell A(N) { input x: [N] n = 2 output y[n] = x[n] }`,
  },
  "index-range-unknown": {
    severity: "error",
    summary: "an index of which nothing tells how far it goes",
    explanation:
      "An index goes over the axis of what it stands alone in the brackets of, `x[n]`. Where it stands nowhere alone, its range is written: " +
      "`y[n < N] = …`, `sum(… for n < N)`.",
    example: `cell A(N) { input x: [N] output y[n] = sum(x) }`,
  },
  "index-range-differs": {
    severity: "error",
    summary: "an index over axes of different sizes",
    explanation: "All axes that an index goes over have one size, for all sizes of the cell.",
    example: `cell A(N, K) { input x: [N] input z: [K] output y[n] = x[n] * z[n] }`,
  },
  "place-out-of-range": {
    severity: "error",
    summary: "a place that may lie outside of its axis",
    explanation:
      "A place such as `x[n + 1]` must lie in its axis for every value of the index and for all sizes, and so must what is computed.",
    example: `cell A(N) { input x: [N] output y[n < N] = x[n + 1] }`,
  },
  "bad-slice": {
    severity: "error",
    summary: "a slice or an index that is not within its axis for all sizes",
    explanation:
      "Bounds of slices are dimensions and are proven: `v[0:H]` of an axis `[2*H]` is fine, `v[0:K]` of an axis `[H]` is not, " +
      "because nothing relates `K` and `H`. An index selects from an axis at least as long as its bound.",
    example: `cell A(H, K) { input x: [H] output y = x[0:K] }`,
  },
  "integer-as-real": {
    severity: "error",
    summary: "an index used as a number",
    explanation:
      "An index `x: index(V)` names a row: `E[x]`. Arithmetic of indices gives indices; the number that one is is `real(x)`.",
    example: `cell A(V) { input x: index(V) output y = x + 1 }`,
  },
  "integer-too-large": {
    severity: "error",
    summary: "arithmetic of indices beyond the whole numbers that are counted exactly",
    explanation:
      "Arithmetic of indices is done in the numbers of the module: f32 has every whole number up to 2^24, f64 up to 2^53. What indices are on the way " +
      "to a result, such as `t * t` of `(t * t) mod N`, must not go beyond. With symbols this is checked when the sizes are given.",
    example: `cell A { input x: [7] input t: index(5000) output y = x[(t * t) mod 7] }`,
  },
  "misplaced-index": {
    severity: "error",
    summary: "a context or a param that is an index",
    explanation: "Inputs and states are indices, and what is computed is; contexts, params and outputs are real.",
    example: `cell A(V) { input x: [V] context k: index(V) output y = x }`,
  },
  "truth-value-as-real": {
    severity: "error",
    summary: "a truth value used as a number",
    explanation: "Comparisons are for `if`, `and`, `or`, `not`. `if c then 1 else 0` makes a number.",
    example: `cell A(H) { input x: [H] output y = x * (x > 0) }`,
  },
  "real-as-truth-value": {
    severity: "error",
    summary: "a number used as a truth value",
    explanation: "Conditions are comparisons: `if x != 0 then …`.",
    example: `cell A(H) { input x: [H] output y = if x then x else 0 }`,
  },
  "not-a-dimension": {
    severity: "error",
    summary: "something else in place of a dimension",
    explanation: "Sizes, bounds and positions are made of integers and dimensions with `+ - * /`.",
    example: `cell A(H) { input x: [H] output y = x[0:1.5] }`,
  },
  "dimension-not-whole": {
    severity: "error",
    summary: "a quotient of dimensions that leaves a rest",
    explanation: "`H / N` in a shape must be whole. With symbols this is checked when the sizes are given.",
    example: `cell A(H) { input x: [7 / 2] output y = sum(x) / H }`,
  },
  "dimension-division": {
    severity: "error",
    summary: "a dimension divided by a sum",
    explanation: "Dimensions are compared in a normal form, in which sums cannot divide.",
    example: `cell A(H, N) { input x: [H / (N + 1)] output y = sum(x) }`,
  },
  "dimension-too-large": {
    severity: "error",
    summary: "a dimension that is too large or too complicated",
    explanation: "Dimensions have at most 32 terms of degree 10, with coefficients below 2^31.",
    example: `cell A(H) { input x: [65536 * 65536 * H] output y = sum(x) }`,
  },
  "bad-dimension-size": {
    severity: "error",
    summary: "a size below 1, or too large",
    explanation:
      "Every axis has at least one element, every size is an integer below 2^31, and so are the elements of one tensor and of all " +
      "params together. With symbols this is checked when the sizes are given.",
    example: `cell A(H) { input x: [0] output y = sum(x) / H }`,
  },
  "memory-limit": {
    severity: "error",
    summary: "sizes at which no memory of WebAssembly is large enough",
    explanation:
      "WebAssembly addresses 4 GiB: parameters, gradients, packed copies and what a call needs lie in them. The target js has no " +
      "such limit; without derivatives and in f32 a module takes less. Found when a module is made, with its sizes.",
    example: `cell A { input x: [40000] param W: [40000, 40000] output y = W @ x }`,
  },
  "no-segments": {
    severity: "error",
    summary: "a gradient in segments that is no sum over steps",
    explanation:
      "With `--segments` the gradient of a long sequence is computed from its last segment to its first. Each segment begins with the states that the " +
      "one before it has left, so nothing may look ahead; and sums go on from segment to segment, so all that adds up steps must do so over all " +
      "examples, or in a cell. Found when a module is made.",
    example: `network Mean(; T) { input x: [T] param a: [] ~ zeros output y = a * x + sum(x) }`,
  },
  "may-be-empty": {
    severity: "error",
    summary: "something of an axis that may have no elements",
    explanation:
      "A run-time dimension of a network may be 0 unless it says more. Sums of nothing are 0 and maxima are -inf; a mean, an element, the " +
      "place of the greatest, and cells and functions that take one need an element that is there.",
    example: `network A(; T) { input x: [T] output y = mean(x) }`,
  },
  "run-time-dimension": {
    severity: "error",
    summary: "a dimension of a context in a place whose size is fixed",
    explanation:
      "A context brings dimensions known at run time only, different for every example. States and outputs may have them as whole " +
      "axes; params and inputs may not.",
    example: `cell A(H) { input x: [H] context m: [S, H] param w: [S] output y = x + w @ m }`,
  },
} as const satisfies Record<string, CodeEntry>;
