import type { CodeEntry } from "./entry.js";

const doubling = Array.from(
  { length: 20 },
  (_, i) => `fn f${i + 1}(x: real): real { return f${i}(x) + f${i}(x) }`,
).join(" ");

/** What the meaning of a text can be wrong about: names, shapes, cycles. */
export const semanticCodes = {
  "unknown-name": {
    severity: "error",
    summary: "a name that nothing declares",
    explanation: "Every name must be an input, context, state, param, equation, dimension or function in scope.",
    example: `cell A(H) { input x: [H] output y = x + z }`,
  },
  "unknown-function": {
    severity: "error",
    summary: "a call of a function that does not exist",
    explanation: "Functions are the built-in ones, those of the cell, those of the file, and imported ones.",
    example: `cell A(H) { input x: [H] output y = sigmod(x) }`,
  },
  "unknown-cell": {
    severity: "error",
    summary: "`use` of a cell that does not exist",
    explanation: "A used cell stands in the same file or is imported.",
    example: `cell A(H) { input x: [H] use lower = LSTN(H, H) output y = lower(x) }`,
  },
  "unknown-dimension": {
    severity: "error",
    summary: "a dimension that nothing declares",
    explanation:
      "Dimensions are parameters of the cell; shapes of contexts bring run-time dimensions along; a function has those that its " +
      "arguments tell.",
    example: `cell A(H) { input x: [I] output y = sum(x) * H }`,
  },
  "unknown-member": {
    severity: "error",
    summary: "a member that a used cell does not have",
    explanation:
      "`lower.h` is a state of the used cell `lower`, `lower.h'` its next value; params and outputs are read likewise.",
    example: `cell B(H) { input x: [H] state h: [H] h' = x + h output y = h' }
cell A(H) { input x: [H] use lower = B(H) output y = lower(x) + lower.k }`,
  },
  "unknown-argument": {
    severity: "error",
    summary: "a named argument that is not one",
    explanation: "Arguments are given by position, or by the name the declaration gives them.",
    example: `cell A(H) { input x: [H] output y = sum(x, axes = 0) }`,
  },
  "unknown-initializer": {
    severity: "error",
    summary: "an initialiser that does not exist",
    explanation:
      "There are zeros, ones, constant(c), uniform(a), normal(s), glorot_uniform, glorot_normal, he_uniform, he_normal, " +
      "orthogonal and identity.",
    example: `cell A(H) { input x: [H] param b: [H] ~ unifrom(0.1) output y = x + b }`,
  },
  "duplicate-name": {
    severity: "error",
    summary: "a name declared twice",
    explanation:
      "Within a cell every name is declared once: dimensions, tensors, equations, outputs and used cells share them.",
    example: `cell A(H) { input x: [H] state x: [H] x' = x output y = x }`,
  },
  "reserved-name": {
    severity: "error",
    summary: "a name that the compiled module needs for itself",
    explanation:
      "Inputs, contexts, states and outputs stand beside options and results of the module's functions, such as `lengths` and " +
      "`final`, and cannot have their names.",
    example: `cell A(H) { input x: [H] output final = x }`,
  },
  "not-a-value": {
    severity: "error",
    summary: "a used cell or a function in place of a value",
    explanation: "Used cells and functions are called.",
    example: `cell B(H) { input x: [H] output y = x * 2 }
cell A(H) { input x: [H] use lower = B(H) output y = lower(x) + lower }`,
  },
  "not-a-function": {
    severity: "error",
    summary: "a call of something that is no function",
    explanation: "Functions and used cells are called. A cell becomes a used cell by `use`; a product is written out.",
    example: `cell A(H) { input x: [H] param w: [H] output y = w(x) }`,
  },
  "not-a-constant": {
    severity: "error",
    summary: "a value where a number must be known at compilation",
    explanation: "Arguments of initialisers and real parameters are made of numbers, dimensions and real parameters.",
    example: `cell A(H) { input x: real param b: [H] ~ uniform(x) output y = x * b }`,
  },
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
  "shape-mismatch": {
    severity: "error",
    summary: "shapes that do not fit together",
    explanation:
      "Shapes are compared as symbols, so that the cell is right for all sizes. Entry by entry operations take equal shapes, " +
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
    explanation: "A place such as `x[n + 1]` must lie in its axis for every value of the index and for all sizes.",
    example: `cell A(N) { input x: [N] output y[n < N] = x[n + 1] }`,
  },
  "bad-slice": {
    severity: "error",
    summary: "a slice or an index that is not within its axis for all sizes",
    explanation:
      "Bounds of slices are dimensions and are proven: `v[0:H]` of an axis `[2*H]` is fine, `v[0:K]` of an axis `[H]` is not, " +
      "because nothing relates `K` and `H`. An index input selects from an axis at least as long as its bound.",
    example: `cell A(H, K) { input x: [H] output y = x[0:K] }`,
  },
  "integer-as-real": {
    severity: "error",
    summary: "an index used as a number",
    explanation: "An input `x: index(V)` names a row: `E[x]`. There is no arithmetic on it.",
    example: `cell A(V) { input x: index(V) output y = x + 1 }`,
  },
  "misplaced-index": {
    severity: "error",
    summary: "an index that is not an input",
    explanation: "Only inputs are indices; states, contexts and params are real.",
    example: `cell A(V) { input x: real state k: index(V) k' = 0 output y = x }`,
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
      "Every axis has at least one entry, every size is an integer below 2^31, and so are the entries of one tensor and of all " +
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
  "run-time-dimension": {
    severity: "error",
    summary: "a dimension of a context in a place whose size is fixed",
    explanation:
      "A context brings dimensions known at run time only, different for every example. States and outputs may have them as whole " +
      "axes; params and inputs may not.",
    example: `cell A(H) { input x: [H] context m: [S, H] param w: [S] output y = x + w @ m }`,
  },
  cycle: {
    severity: "error",
    summary: "equations that need each other",
    explanation:
      "The order of equations does not matter, but a value cannot need itself within one step. A state without the prime is its " +
      "value from the previous step and ends a cycle.",
    example: `cell A(H) { input x: [H] r = x + n n = tanh(r) output y = r }`,
  },
  "state-not-updated": {
    severity: "error",
    summary: "a state without a next value",
    explanation: "Every state `h` has one equation `h' = …`.",
    example: `cell A(H) { input x: [H] state h: [H] output y = x + h }`,
  },
  "next-of-non-state": {
    severity: "error",
    summary: "a prime on something that is not a state",
    explanation: "Only states have a next value.",
    example: `cell A(H) { input x: [H] output y = x' }`,
  },
  "varying-initial-value": {
    severity: "error",
    summary: "an initial value that depends on a step",
    explanation: "Initial values are computed before the first step, from params, contexts and numbers.",
    example: `cell A(H) { input x: [H] state h: [H] = x h' = x + h output y = h' }`,
  },
  "varying-context": {
    severity: "error",
    summary: "a context of a used cell that depends on a step",
    explanation: "A context is the same at every step. What changes is an input of the used cell.",
    example: `cell B(H) { context m: [S, H] output y = sum(m, axis = 0) }
cell A(H) { input x: [H] use lower = B(H) output y = lower(outer(x, x)) }`,
  },
  "varying-in-function": {
    severity: "error",
    summary: "a function that reads what changes from step to step",
    explanation:
      "A function inside a cell sees the cell's params, contexts and what is made of them and of numbers. All else is an argument, " +
      "so that a call shows what goes into it.",
    example: `cell A(H) { input x: [H] fn f(v: [n]): [n] { return v * sum(x) } output y = f(x) }`,
  },
  "captured-beside-derivative": {
    severity: "error",
    summary: "a function with a derivative of its own that reads values of the cell",
    explanation:
      "A declared derivative has a tangent for each argument. What else the function reads would have no gradient.",
    example: `cell A(H) { input x: [H] param w: [H] output y = f(x)
  fn f(v: [H]): [H] { return round(w * v) derivative(dv) = w * dv } }`,
  },
  "never-called": {
    severity: "error",
    summary: "a used cell that is never called",
    explanation: "A call is what moves its states one step on.",
    example: `cell B(H) { input x: [H] state h: [H] h' = x + h output y = h' }
cell A(H) { input x: [H] use lower = B(H) output y = x * 2 }`,
  },
  "called-twice": {
    severity: "error",
    summary: "a used cell that is called more than once",
    explanation:
      "It has one set of states, which moves one step at a time. Declare a second instance, or name the result.",
    example: `cell B(H) { input x: [H] state h: [H] h' = x + h output y = h' }
cell A(H) { input x: [H] use lower = B(H) output y = lower(x) + lower(2 * x) }`,
  },
  "recursive-use": {
    severity: "error",
    summary: "a cell that uses itself",
    explanation: "Every used cell is written out in its place, so that recursion would never end.",
    example: `cell A(H) { input x: [H] use lower = A(H) output y = lower(x) }`,
  },
  "recursive-function": {
    severity: "error",
    summary: "a function that calls itself",
    explanation: "Functions are written out where they are called, so that recursion would never end.",
    example: `fn f(x: real): real { return f(x) + 1 }`,
  },
  "nonlinear-derivative": {
    severity: "error",
    summary: "a declared derivative that is not linear in its tangents",
    explanation:
      "`derivative(dv) = …` says how the value of a function changes when its argument changes by `dv`: twice as much where `dv` is " +
      "twice as large. So a tangent may be added to others, multiplied and divided by what is none, summed, selected and " +
      "rearranged; `0` is no change. A local derivative `a` by an argument is written `a * dv`.",
    example: `fn f(v: [n]): [n] { return round(v) derivative(dv) = 1 }`,
  },
  "tangent-in-value": {
    severity: "error",
    summary: "a tangent in the value of a function",
    explanation:
      "The names in `derivative(…)` are changes of the arguments; what a function returns does not depend on them.",
    example: `fn f(v: [n]): [n] { return v + dv derivative(dv) = dv }`,
  },
  "program-too-large": {
    severity: "error",
    summary: "a file, or a cell or function that becomes too large when everything is written out",
    explanation:
      "Functions and used cells are written out where they are used: at most 20000 operations and 1000 levels. " +
      "A file has at most 1000000 characters; what a module computes, at most `maxOperations`.",
    example: `fn f0(x: real): real { return x } ${doubling}`,
  },
  "bad-initializer": {
    severity: "error",
    summary: "an initialiser that does not fit its param",
    explanation:
      "Fans need an axis, orthogonal rows a matrix, an identity exactly two axes; bounds and deviations are not negative.",
    example: `cell A(H) { input x: [H] param b: [H] ~ orthogonal output y = x + b }`,
  },
  "missing-import": {
    severity: "error",
    summary: "an import of a file that does not exist",
    explanation: 'Paths begin with "./", "../" or "/", or with "std/" for the cells that ship with recell.',
    example: `import { LSTM } from "std/lstn"`,
  },
  "missing-export": {
    severity: "error",
    summary: "an import of a name that the file does not declare",
    explanation: "Cells and functions at the top of a file can be imported; what a file itself imports cannot.",
    example: `import { LSTN } from "std/lstm"`,
  },
  "circular-import": {
    severity: "error",
    summary: "files that import each other",
    explanation: "Imports form no circles: move what both files need into a third.",
    example: `import { B } from "./example.cell"`,
  },
  "number-range": {
    severity: "warning",
    summary: "a number that is infinite or 0 in the module",
    explanation:
      "A module has float32 numbers unless `dtype` says f64 (`recell check --dtype f64` checks for that). Literals, arithmetic with " +
      "nothing but numbers and the values of real parameters beyond 3.4e38 are infinite there, below 1.4e-45 they are 0.",
    example: `cell A(H) { input x: [H] output y = x / (x + 1e-50) }`,
  },
  "unused-name": {
    severity: "warning",
    summary: "a name that nothing uses",
    explanation: "Usually a slip. Names that begin with `_` are meant to be unused.",
    example: `cell A(H) { input x: [H] param w: [H] output y = x * 2 }`,
  },
  "unused-import": {
    severity: "warning",
    summary: "an imported name that nothing uses",
    explanation: "Leave it out of the import.",
    example: `import { LSTM } from "std/lstm"`,
  },
} as const satisfies Record<string, CodeEntry>;
