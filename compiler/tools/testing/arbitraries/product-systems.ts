/** Equations that are made together because they share what they read: sums of products with the same vectors. */
import { at } from "../../../base/at.js";
import { matrices } from "./cell-parts.js";
import { leaf, type Term, term } from "./term.js";

/** `Fa` is the product of a matrix and a vector, `aF` that of a vector and a matrix; other letters, other ones. */
const systems: readonly (readonly string[])[] = [
  // Gates of two or three inputs without biases.
  ["(Fa + Gb)", "(Pa + Qb)"],
  ["(Fa + Gb)", "(Qb + Pa)"],
  ["(Fa + Gb)", "(Pa - Qb)", "(Ra + Ub)"],
  ["(Fa + (Gb + Pc))", "((Qa + Rb) + Uc)"],
  // Products that are claimed by one sum each, and by none.
  ["(Fa + Gb)", "(tanh(Pa) + tanh(Qb))"],
  ["(Fa + Gb)", "(Pb + Qc)", "(Rc + Ua)"],
  ["(Fa + Gb)", "(Pa + Qb)", "tanh(Ra)", "(Ub * Fa)"],
  ["(aF + bG)", "(aP + bQ)"],
  // Complex numbers and quaternions.
  ["(Fa - Gb)", "(Fb + Ga)"],
  ["(Fa - Gb)", "(Ga + Fb)"],
  ["(Fa - Gb - Pc - Qd)", "(Fb + Ga + Pd - Qc)", "(Fc - Gd + Pa + Qb)", "(Fd + Gc - Pb + Qa)"],
];

const products = /\b(?:[A-Z][a-z]|[a-z][A-Z])\b/gu;

const isMatrix = (letter: string): boolean => letter === letter.toUpperCase();

/** Every example has its own; parameters would make products that are the same for all. There are always four. */
function vectorsAmong(leaves: readonly Term[]): Term[] {
  const own = leaves.filter(({ shape, uses = "" }) => shape === "H" && /^(?:[hcgu]|inner\.s'?|e\d+)$/u.test(uses));
  const h = leaf("H", "h");
  const computed = ["tanh($)", "(0.5 * $)", "sigmoid($)"].map((text) => term("H", text, [h]));
  return [...new Map(own.map((vector) => [vector.uses, vector])).values(), ...computed];
}

/** The values of equations that share vectors and matrices, all as long as a state. */
export function growSystem(choose: (count: number) => number, leaves: readonly Term[]): readonly Term[] {
  const texts = systems[choose(systems.length)] as readonly string[];
  const pairs = [...new Set(texts.flatMap((text) => text.match(products) ?? []))];
  const letters = [...new Set(pairs.flatMap((pair) => [...pair]))];
  const chosen = new Map<string, Term>();
  const give = (letter: string, from: Term[]): void => {
    if (!chosen.has(letter)) chosen.set(letter, at(from.splice(choose(from.length), 1), 0));
  };
  // The input has a length of its own: its matrices stand before nothing else.
  const isSeparate =
    letters.filter(isMatrix).length === pairs.length && pairs.every(([first]) => isMatrix(first ?? ""));
  if (isSeparate && choose(2) === 0) chosen.set("a", leaf("I", "x"));
  const vectors = vectorsAmong(leaves);
  for (const letter of letters) if (!isMatrix(letter)) give(letter, vectors);
  const [wide, square] = (["H,I", "H,H"] as const).map((shape) => matrices[shape].map((name) => leaf(shape, name)));
  for (const pair of pairs) {
    const [matrix, vector] = [...pair].sort() as [string, string];
    give(matrix, (chosen.get(vector)?.shape === "I" ? wide : square) as Term[]);
  }
  return texts.map((text) => {
    const operands = (text.match(products) ?? []).flatMap((pair) => [...pair]);
    const filled = operands.map((letter) => chosen.get(letter) as Term);
    return term("H", text.replace(products, "($ @ $)"), filled);
  });
}
