import type { CodeEntry } from "./entry.js";

const doubling = Array.from(
  { length: 20 },
  (_, i) => `fn f${i + 1}(x: real): real { return f${i}(x) + f${i}(x) }`,
).join(" ");

/** What may depend on what: cycles, states, contexts, functions, files. */
export const dependencyCodes = {
  cycle: {
    severity: "error",
    summary: "equations that need each other",
    explanation:
      "The order of equations does not matter, but a value cannot need itself within one step. A state without the prime is its " +
      "value from the previous step and ends a cycle.",
    example: `cell A(H) { input x: [H] r = x + n n = tanh(r) output y = r }`,
  },
  "misplaced-delay": {
    severity: "error",
    summary: "a delay without an equation of its own",
    explanation:
      "`delay` and `past` are states, each with the name of the equation it stands in: one in each equation of a cell, not for each " +
      "value of an index, and none in functions.",
    example: `cell A(H) { input x: [H] output y = delay(x, by = 1) - delay(x, by = 2) }`,
  },
  "misplaced-draw": {
    severity: "error",
    summary: "a draw that is not of one equation",
    explanation:
      "What is drawn is told by the equation or the initial value of a cell that it stands in, and by the values of indices around it: not in " +
      "rounds that have no index, and not in functions. The step it is drawn in is the state `step`, so that nothing else of the cell is called so.",
    example: `cell A(H) { input x: [H] output y = x then y + normal([H]) for 3 }`,
  },
  "delay-shape-unknown": {
    severity: "error",
    summary: "a delay whose shape depends on itself",
    explanation:
      "Where a value depends on its own past, its shape is that which it has if the past has the same; where there is none, `first` tells.",
    example: `cell A(H) { input x: [H] s = concat(x, delay(s, by = 1)) output y = sum(s) }`,
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
  "call-in-rounds": {
    severity: "error",
    summary: "a used cell that is called in rounds",
    explanation:
      "A used cell moves one step at a time and is called once. What is repeated is made of functions; the result of a call may be read in " +
      "every round.",
    example: `cell B(H) { input x: [H] state h: [H] h' = tanh(x + h) output y = h' }
cell A(H) { input x: [H] use b = B(H) r = x then b(r) for 3 output y = r }`,
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
      "One with a state moves one step at a time. Declare a second instance, or name the result. Of several calls of one without " +
      "state an output is read at the call.",
    example: `cell B(H) { input x: [H] state h: [H] h' = x + h output y = h' }
cell A(H) { input x: [H] use lower = B(H) output y = lower(x) + lower(2 * x) }`,
  },
  "array-with-contexts": {
    severity: "error",
    summary: "an array of used cells with states and contexts",
    explanation:
      "Contexts are known before the first step, and those of an array would be told in rounds, within a step. Arrays are of cells without a state, or without contexts.",
    example: `cell B(H) { input x: [H] context m: [S, H] state h: [H] h' = x + mean(m, axis = 0) output y = h' }
cell A(H) { input x: [H] context m: [S, H] use l[2] = B(H) output y = x then l[k](y, m) for k < 2 }`,
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
      "Functions and used cells are written out where they are used: at most 20000 operations, those inside loops included, and 1000 levels. " +
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
  "step-outside-run": {
    severity: "error",
    summary: "a single step of a cell in a network",
    explanation:
      "In a network a call of a cell with a state runs it over a sequence: an argument has one axis more than the input, and a length that each call gives.",
    example: `import { GRU } from "std/gru"
network A(I, H; T) { input x: [I] use l = GRU(I, H) output y = l(x) }`,
  },
  "loop-both-ways": {
    severity: "error",
    summary: "equations of a network that need each other's elements before and after",
    explanation:
      "Equations that need each other through `before` are one loop over their sequence, from its first element to its last; through `after`, from the last to the first.",
    example: `network A(; T) { input x: [T] a = x + before(b, 0) b = after(a, 0) output y = a }`,
  },
  "loop-sequence-unknown": {
    severity: "error",
    summary: "equations of a network that need each other, along no sequence that can be told",
    explanation:
      "The sequence of a loop is told by what its equations read, or by an index on the left: `y[n < N] = …`.",
    example: `network A(; T) { input x: [T] a = before(a, 0) + 1 output y = x * a }`,
  },
  "not-entry-by-entry": {
    severity: "error",
    summary: "equations of a network that need each other, and whole sequences of each other",
    explanation:
      "Equations that need each other through `before` are computed element by element: what they read of each other is the element at the same place, or what `before` gives. Sums over the sequence, `reverse` and parts of it need all elements.",
    example: `network A(; T) { input x: [T] a[t] = x[t] + c[t] * sum(d) c = before(a, 0) d = before(a, 0) output y = a }`,
  },
  "looks-ahead": {
    severity: "error",
    summary: "a network that says `stream` and looks at elements that come later",
    explanation:
      "A network streams where every output but losses has one sequence in front, and each element is made of what there is up to its place. The message says the shortest way from an output to what looks ahead: `reverse`, `after`, a sum over the sequence, its size as a number, an element at a fixed place other than the first.",
    example: `network A(; T) { stream input x: [T] z = after(x, 0) output y = z }`,
  },
  "bad-entry": {
    severity: "error",
    summary: "an entry that gives, or is given, what it cannot",
    explanation:
      "`entry next = scores given memory` gives equations and outputs of the network by their names, or what their calls give, `d.alpha`, `d.h'`. What it is given are equations, which " +
      "are inputs there, and inputs. Nothing is known of a call that is given but its value.",
    example: `network A(H; T) { input x: [T, H] output y = x + 1 entry part = x }`,
  },
  "given-not-needed": {
    severity: "error",
    summary: "an entry is given what nothing in it reads",
    explanation:
      "What an entry gives is made of what it is given, and of inputs. A caller would have to give this for nothing.",
    example: `network A(H; T) { input x: [T, H] u = 2 * x v = x + 1 output y = u * v entry part = u given v }`,
  },
  "length-known-later": {
    severity: "error",
    summary: "a length that is found by what needs it",
    explanation:
      "`over L <= N until c` ends at the first place where c holds. Up to there nothing may depend on L, or on places that come later: not on the length as a number, a sum over the sequence, or an element from its end. The message says the way to what does.",
    example: `network A(; N) { u = before(y, 0) output y[t] = u[t] + 1 / L over L <= N until y[t] > 3 }`,
  },
  "not-in-network": {
    severity: "error",
    summary: "something of cells in a network",
    explanation:
      "States, contexts, `delay` and `past` belong to the steps of a cell. A network has equations over whole sequences: `before(x, v)` is the sequence one place later.",
    example: `network A(H, S; T) { input x: [T, H] context m: [S, H] output y = x + sum(m, axis = 0) }`,
  },
  "no-result": {
    severity: "warning",
    summary: "a network that gives nothing",
    explanation: "A network has outputs, or losses, or both: its other equations are only computed for these.",
    example: `network A(H; T) { input _x: [T, H] }`,
  },
  "bad-requirement": {
    severity: "error",
    summary: "`require` of something else than sizes that calls give",
    explanation:
      "`require T >= K - 1` compares sizes of which calls give some; it is checked for each example, and what is proven of sizes takes it as given.",
    example: `network A(H; T) { require H >= 2 input x: [T, H] output y = x }`,
  },
  "bad-setting": {
    severity: "error",
    summary: "a setting that is no number, or has none",
    explanation:
      "A setting is one number for all examples of a call, such as a temperature or the weight of a loss. It says what it is where a call does not.",
    example: `network A(; T) { input x: [T] setting beta: real output y = beta * x }`,
  },
  "not-in-cell": {
    severity: "error",
    summary: "something of networks in a cell",
    explanation: "Losses, settings and dimensions after `;` are of networks, whose equations are over whole sequences.",
    example: `cell A(H) { input x: [H] loss e = sum(x) output y = x }`,
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
  "gradient-without-influence": {
    severity: "warning",
    summary: "a gradient by what the number does not depend on",
    explanation:
      "`gradient(e, by = W)` is 0 throughout where `e` is not made of `W`, in its own expression or in the equations that it reads: usually another name " +
      "is meant.",
    example: `cell A(H = 2) { input x: [H] param W, U: [H, H] e = sum(W @ x) output y = gradient(e, by = U) @ x }`,
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
