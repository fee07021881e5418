import type { CodeEntry } from "./entry.js";

/** What the form of a text can be wrong about; meaning is not looked at while one of these errors stands. */
export const syntaxCodes = {
  "unexpected-character": {
    severity: "error",
    summary: "a character that is not part of the language",
    explanation:
      "Apart from names, numbers and strings, a cell has the signs `+ - * / ^ @ < > = ! ~ , : ; . '` and brackets, and the " +
      "signs of formulas that stand for them, such as ⊙, ·, × and ≤.",
    example: `cell A(H) { input x: [H] output y = x € 2 }`,
  },
  "wrong-encoding": {
    severity: "error",
    summary: "a text that was not read as what it is",
    explanation:
      "Files are UTF-8. A file in UTF-16 (what Windows calls Unicode) has a NUL beside every letter when it is read as UTF-8; " +
      "nothing else is reported of it.",
    example: `c\0e\0l\0l\0 \0A\0`,
  },
  "unsupported-letter": {
    severity: "error",
    summary: "a letter that names cannot have",
    explanation:
      "Names become names in JavaScript, in files of weights and in messages, so they are ASCII. Greek letters are read as " +
      "their names, subscripts as `_1`, the accents of formulas as `_hat`, `_tilde`, `_bar`, `_dot`; other letters have no " +
      "agreed spelling.",
    example: `cell A(H) { input x: [H] 値 = x * 2 output y = x }`,
  },
  "foreign-operator": {
    severity: "error",
    summary: "an operator of another language",
    explanation: "The operators are `+ - * / ^ @ < <= > >= == !=` and the words `and`, `or`, `not`.",
    example: `cell A(H) { input x: [H] output y = x ** 2 }`,
  },
  "unterminated-string": {
    severity: "error",
    summary: "a string without its closing quote",
    explanation: 'A string stands between two `"` on one line.',
    example: `import { LSTM } from "./lstm.cell`,
  },
  "unterminated-comment": {
    severity: "error",
    summary: "a comment without its end",
    explanation: "A comment that begins with `/*` ends at the next `*/`; such comments do not nest.",
    example: `cell A(H) { input x: [H] output y = x } /* to be continued`,
  },
  "malformed-number": {
    severity: "error",
    summary: "a number that runs into a word",
    explanation: "Numbers are written `1`, `1.5`, `.5` or `1e-5`. A product is always written out: `4 * H`, not `4H`.",
    example: `cell A(H) { input x: [4H] output y = x }`,
  },
  "number-overflow": {
    severity: "error",
    summary: "a number too large for a float64",
    explanation: "Literals are float64 numbers, at most about 1.8e308.",
    example: `cell A(H) { input x: [H] output y = x * 1e999 }`,
  },
  "number-underflow": {
    severity: "error",
    summary: "a number too small for a float64",
    explanation: "Literals are float64 numbers; the smallest above 0 is about 4.9e-324.",
    example: `cell A(H) { input x: [H] output y = x + 1e-400 }`,
  },
  "misplaced-prime": {
    severity: "error",
    summary: "a prime that does not belong to a name",
    explanation: "`h'` is the next value of the state `h`: the prime stands directly after the name, once.",
    example: `cell A(H) { param W: [H, H] input x: [H] output y = (W)' @ x }`,
  },
  "time-subscript": {
    severity: "error",
    summary: "a time subscript",
    explanation:
      "A cell is written for one time step. `x` is the input of this step, `h` the state from the previous step and `h'` its " +
      "next value, so subscripts such as t-1 have nothing to say; `delay(x, by = 1)` is the input of the step before.",
    example: `cell A(H) { state h: [H] h' = tanh(h_{t-1}) output y = h' }`,
  },
  "reserved-word": {
    severity: "error",
    summary: "a reserved word in place of a name",
    explanation: "`if then else and or not param use fn import return` are never names; every other word can be one.",
    example: `cell A(H) { input if: [H] output y = 2 }`,
  },
  "unclosed-bracket": {
    severity: "error",
    summary: "`(` or `[` without its partner",
    explanation: "Brackets are closed before the next declaration or equation begins.",
    example: `cell A(H) { input x: [H] a = tanh(x output y = a }`,
  },
  "unclosed-block": {
    severity: "error",
    summary: "`{` without its partner",
    explanation: "The braces of a cell or a function are closed before the next cell begins and before the text ends.",
    example: `cell A(H) { input x: [H] output y = x`,
  },
  "unmatched-bracket": {
    severity: "error",
    summary: "a closing bracket that closes nothing, or something else",
    explanation: "Every closing bracket has an opening one of its kind.",
    example: `cell A(H) { input x: [H] output y = tanh(x)) }`,
  },
  "outside-cell": {
    severity: "error",
    summary: "a declaration or an equation outside of every cell",
    explanation: "At the top of a file stand imports, cells and functions.",
    example: `input x: [H]`,
  },
  "unexpected-token": {
    severity: "error",
    summary: "something else was expected here",
    explanation: "The text does not follow the grammar at this place. The rest of the item is passed over.",
    example: `cell A(H) { input x: [H] output y = x + }`,
  },
  "single-equals": {
    severity: "error",
    summary: "`=` in place of a comparison",
    explanation: "`=` gives a name its value; `==` compares.",
    example: `cell A(H) { input x: real output y = if x = 1 then x else 0 }`,
  },
  "chained-comparison": {
    severity: "error",
    summary: "comparisons in a chain",
    explanation: "A comparison gives a truth value, which cannot be compared again: write two comparisons and `and`.",
    example: `cell A(H) { input x: real output y = if 0 < x < 1 then x else 0 }`,
  },
  "misplaced-not": {
    severity: "error",
    summary: "`not` as an operand of an operator that binds tighter",
    explanation: "`not` binds more loosely than comparisons and arithmetic; as their operand it needs parentheses.",
    example: `cell A(H) { input x: real output y = if x == not x then x else 0 }`,
  },
  "loop-statement": {
    severity: "error",
    summary: "a loop of another language",
    explanation:
      "Elements are said by index, `y[l] = …`, sums are `sum(… for l)`, an equation is repeated by `then … for l < L`, and what goes on from step " +
      "to step is a state.",
    example: `cell A(L, H) { input x: [H]\n for l in range(L) {\n y = x\n } }`,
  },
  "bad-index": {
    severity: "error",
    summary: "something else where the name of an index stands",
    explanation:
      "`A[i, j] = …` and `sum(… for j)` bind names that stand for every place of an axis; a range may follow: `i < N`. There is no assignment " +
      "to single elements.",
    example: `cell A(H) { input x: [H] output y[0] = x[0] }`,
  },
  "misplaced-rounds": {
    severity: "error",
    summary: "rounds that are not the value of one name, or several names for one value",
    explanation:
      "`r = e then f for 6` gives `r` its value; a group, `u, g = (x, h) then (…, …) for 6`, has a value for each name, and so has a function with several " +
      "results, `Q, R = qr(A)`. The next value of a state, and an equation with indices, is made of the name of rounds.",
    example: `cell A(H) { input x: [H] state s: [H] s' = s then tanh(s + x) for 6 output y = s }`,
  },
  "misplaced-implicit": {
    severity: "error",
    summary: "implicit rounds without a condition that ends them",
    explanation: "`implicit` gives rounds the derivative of what they come to rest at. When that is, `until` says.",
    example: `cell A(H) { input x: [H] r = x then tanh(0.5 * r + x) for 20 implicit output y = r }`,
  },
  "not-callable": {
    severity: "error",
    summary: "a call of something that is not a name",
    explanation: "Functions and used cells are called by their names; a product is written with `*` or `@`.",
    example: `cell A(H) { input x: [H] output y = (x + 1)(x) }`,
  },
  "unknown-type": {
    severity: "error",
    summary: "a type that does not exist",
    explanation:
      "A type is a shape such as `[H, I]`, `real` for a scalar, or `index(V)` for an integer from 0 to V - 1.",
    example: `cell A(H) { input x: float output y = x }`,
  },
  "misplaced-initial-value": {
    severity: "error",
    summary: "an initial value where there is none",
    explanation: "Only a state has an initial value, after `=`; a param has an initialiser, after `~`.",
    example: `cell A(H) { input x: [H] = 0 output y = x }`,
  },
  "misplaced-initializer": {
    severity: "error",
    summary: "an initialiser where there is none",
    explanation: "Only a param has an initialiser, after `~`; a state has an initial value, after `=`.",
    example: `cell A(H) { state h: [H] ~ zeros h' = h output y = h' }`,
  },
  "cell-parameter-type": {
    severity: "error",
    summary: "a cell parameter that is neither a dimension nor a real",
    explanation:
      "A parameter of a cell is a dimension (`H`) or a real number (`eps: real`), perhaps with a default (`K = 2`, `eps: real = 1e-5`).",
    example: `cell A(H, eps = 1e-5) { input x: [H] output y = x + eps }`,
  },
  "prime-in-function": {
    severity: "error",
    summary: "a next value inside a function",
    explanation: "Functions are pure: they have no states, so nothing in them has a next value.",
    example: `cell A(H) { fn f(v: [n]): [n] { v' = v return v } input x: [H] output y = f(x) }`,
  },
  "missing-return": {
    severity: "error",
    summary: "a function without `return`",
    explanation: "A function ends with `return` and the expression that is its value.",
    example: `cell A(H) { fn f(v: [n]): [n] { w = v } input x: [H] output y = f(x) }`,
  },
  "misplaced-return": {
    severity: "error",
    summary: "`return` that is not the end of a function, or not of its results",
    explanation:
      "A function has one `return`, as its last item, with a value for each of its results; a cell has outputs instead. Results have names where there are several.",
    example: `cell A(H) { input x: [H] return x }`,
  },
  "misplaced-derivative": {
    severity: "error",
    summary: "`derivative` that is not the end of a function",
    explanation: "A function may state its derivative once, after `return`; a cell has none of its own.",
    example: `fn f(v: [n]): [n] { derivative(dv) = dv return round(v) }`,
  },
  "nesting-too-deep": {
    severity: "error",
    summary: "brackets or conditions nested too deep",
    explanation: "Nesting is limited to 200 levels. Give inner parts names of their own: equations cost nothing.",
    example: `cell A(H) { input x: [H] output y = ${"(".repeat(220)}x${")".repeat(220)} }`,
  },
  "expression-too-large": {
    severity: "error",
    summary: "an expression with too many parts",
    explanation:
      "One expression has at most 10000 parts and at most 500 levels; a flat sum of n terms has n levels. Give parts of it " +
      "names of their own.",
    example: `cell A(H) { input x: [H] output y = x${" + x".repeat(600)} }`,
  },
  "too-many-errors": {
    severity: "error",
    summary: "the rest of the text was not looked at",
    explanation: "After 100 errors of form the compiler stops reading: something more basic is wrong with the text.",
    example: `cell A(H) { input x: [H] output y = ${"x ** ".repeat(120)} 1 }`,
  },
  "quotient-as-comment": {
    severity: "warning",
    summary: "a comment that is a quotient in other languages",
    explanation:
      "`//` begins a comment, so that `x // 2` is `x`. Rounded down a quotient is `floor(x / 2)`, and of sizes `floor(H / 2)`. A comment that begins with a " +
      "word is none of these.",
    example: `cell A(H) { input x: [H] output y = x // 2\n }`,
  },
  "dangling-documentation": {
    severity: "warning",
    summary: "documentation that documents nothing",
    explanation:
      "`///` stands on lines of its own above a cell, a function, a declaration, a used cell, an equation or an output. " +
      "At the head of a file, above its imports, it is of the file. Elsewhere it is kept as an ordinary comment.",
    example: `cell A(H) { input x: [H] /// the input\n output y = x }`,
  },
} as const satisfies Record<string, CodeEntry>;
