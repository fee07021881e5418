import type { CodeEntry } from "./entry.js";

/** What names can be wrong about: nothing declares them, two things do, or they are of another kind. */
export const nameCodes = {
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
      "Within a cell every name is declared once: dimensions, tensors, equations, outputs and used cells share them. At the top of a file functions share a " +
      "name only where the numbers of axes of their arguments tell them apart.",
    example: `cell A(H) { input x: [H] state x: [H] x' = x output y = x }`,
  },
  "reserved-name": {
    severity: "error",
    summary: "a name that the compiled module needs for itself",
    explanation:
      "Inputs, contexts, states and outputs stand beside options and results of the module's functions, such as `lengths` and " +
      "`final`, and cannot have their names; an input of a network with losses is not called `loss` or `losses`. No param is called `__metadata__`, under which files of params keep other things.",
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
    explanation: "Real parameters are made of numbers, dimensions and real parameters.",
    example: `cell A(H, s: real = H) { input x: [H] output y = s * x } cell B(H) { input x: [H] use a = A(H, s = x) output y = a(x) }`,
  },
  "array-pieces": {
    severity: "error",
    summary: "sections of an array of used cells that do not fit together",
    explanation:
      "`use l[0] = LSTM(E, H)` and `use l[1:L] = LSTM(H, H)` are one array in sections. They go from 0 on, each where the one before it ends.",
    example: `cell B(H) { input x: [H] output y = x }
cell A(H, L) { input x: [H] use l[0] = B(H) use l[2:L] = B(H) output y = l[0](x) then l[k](y) for 2 <= k < L }`,
  },
} as const satisfies Record<string, CodeEntry>;
