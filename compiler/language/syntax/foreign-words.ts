/** Words that other languages begin an item with, and what stands here in their place. */

const param = "what is learned is a param: `param W: [H, I]`";
const state = "what is carried from step to step is a state: `state h: [H]`";
const value = "a value needs no keyword: `z = …`";
const fn = "a function is `fn f(v: [n]): [n] { return … }`";
const cell = "a cell is `cell A(H) { … }`";
export const loopHelp =
  "elements are said by index, `y[l < L] = …` and `sum(… for l)`; what is repeated is rounds: `r = h then tanh(R[l] @ r) for l < L`";

const helps: Readonly<Record<string, string>> = {
  ...over(param, "weight weights parameter parameters bias trainable learnable"),
  buffer:
    "what is set and never learned is fixed: `fixed m: [H] ~ ones`; what is carried from step to step is a state: `state h: [H]`",
  ...over(state, "hidden memory carry recurrent variable register reg mutable mut static"),
  ...over(value, "let var val const constant auto local define def_ set"),
  ...over(fn, "def function func fun proc sub lambda method"),
  ...over(cell, "class module struct model layer component"),
  ...over("what a cell gives is `output y = …`", "outputs yield emit result"),
  ...over("what is given at every step is `input x: [I]`", "inputs argument args in"),
};

/** `in`: how far an index goes, or the bounds of a param. */
export const inBounds = "what holds a param in bounds is a function: `a = sigmoid(p)`, or `clamp(p, 0, 1)`";

/** Of `y[i in H] = …`, `sum(x[i] for i in H)`. */
export function helpForIn(index: string, isSum: boolean): string {
  return isSum
    ? `how far an index goes is told by what it reads, \`sum(x[${index}] for ${index})\`, or said: \`for ${index} < H\``
    : `how far an index goes is said by \`<\`: \`y[${index} < H] = …\``;
}

/** Words that other languages write after a value. */
const after: Readonly<Record<string, string>> = {
  ...over("what is never learned is `fixed`: `fixed m: [H] ~ ones`", "frozen fixed untrainable nontrainable"),
  ...over(inBounds, "in between within"),
  lambda: "functions have names: `fn f(v: [n]): [n] { return … }`",
};

/** Statements that repeat: there are none. */
const loops: ReadonlySet<string> = new Set(["for", "while", "loop", "repeat", "do", "until", "foreach"]);

function over(help: string, words: string): Record<string, string> {
  return Object.fromEntries(words.split(" ").map((word) => [word, help]));
}

export function helpForWord(word: string): string | undefined {
  return Object.hasOwn(helps, word) ? helps[word] : undefined;
}

export function helpBehind(word: string): string | undefined {
  return Object.hasOwn(after, word) ? after[word] : undefined;
}

export function isLoopWord(word: string): boolean {
  return loops.has(word);
}
