/** Names as LaTeX: different names look different. */
import { greekLetter } from "../../language/syntax/spelling.js";
import type { Dim } from "../../base/types/dim.js";
import { spellDim } from "../../base/types/spell-dim.js";
import { type FormulaName, wordsOf } from "./formula.js";
import { type Time, timeKey } from "./values-over-time.js";

/** Greek letters that look like Latin ones, which LaTeX has no command for. */
const uprightLetters = new Map(
  [
    ..."Alpha:A Beta:B Epsilon:E Zeta:Z Eta:H Iota:I Kappa:K Mu:M Nu:N Omicron:O Rho:P Tau:T Chi:X".split(" "),
    "omicron:o",
  ].map((pair) => pair.split(":") as [string, string]),
);
const accents = new Set(["hat", "tilde", "bar", "dot", "ddot", "vec"]);

/** A word: a letter, a Greek letter by its name, or upright. */
function wordLatex(word: string): string {
  const letter = uprightLetters.get(word);
  if (letter !== undefined) return `\\mathrm{${letter}}`;
  if (greekLetter(word) !== undefined || word === "Upsilon" || word === "upsilon") return `\\${word}`;
  return /^[A-Za-z]$/.test(word) ? word : upright(word);
}

function upright(text: string): string {
  return `\\mathrm{${text.replaceAll("_", "\\_")}}`;
}

interface Letters {
  readonly head: string;
  readonly below: readonly string[];
}

/** `W_ih` as W with ih below; `h_tilde` with its accent; `hidden_size` upright, as it stands. */
function symbolOf(name: string): Letters {
  const [first = "", ...rest] = name.split("_");
  const letter = wordLatex(first);
  const isLetter = !letter.startsWith("\\mathrm") || uprightLetters.has(first);
  const isIndexed = rest.every((part) => /^[A-Za-z0-9]+$/.test(part)) && first !== "";
  if (!isIndexed || (!isLetter && rest.some((part) => part.length > 2))) return { head: upright(name), below: [] };
  let head = letter;
  let parts = rest;
  while (isLetter && accents.has(parts[0] ?? "")) {
    head = `\\${parts[0] ?? ""}{${head}}`;
    parts = parts.slice(1);
  }
  return { head, below: parts.map(indexLatex) };
}

/** Below the line: two letters or digits in a row are a pair of indices; `t` alone is not the time. */
function indexLatex(part: string): string {
  if (part === "t") return upright(part);
  if (/^[0-9]+$/.test(part)) return part;
  const word = wordLatex(part);
  return word === upright(part) && part.length <= 2 ? part : word;
}

interface LatexName {
  readonly text: string;
  /** It stands for itself below and above a line: `∂h` and `h^{(l)}` need braces or parentheses there. */
  readonly isPlain: boolean;
}

/** A name at its time: `h_{t-1}` for a state, `h_t` for its next value, by path `h^{(\mathrm{lower})}_{t-1}`. */
export function nameLatex(name: FormulaName, times: ReadonlyMap<string, Time>): LatexName {
  const path = wordsOf(name).slice(0, -1);
  const { head, below } = symbolOf(name.name);
  const under = [...below, ...timeLatex(name, times.get(timeKey(name)) ?? "constant")].join(",");
  const over = [
    ...(path.length === 0 ? [] : [`(${path.map(instanceLatex).join(".")})`]),
    ...(name.role === "incoming" ? ["+"] : []),
    ...(name.role === "round" && name.next ? ["\\prime"] : []),
  ].join("");
  const before = name.role === "cotangent" || name.role === "incoming" ? "\\partial " : "";
  const part = name.part === undefined ? "" : `\\operatorname{${partSigns[name.part]}} `;
  const text = `${before}${part}${head}${over === "" ? "" : `^{${over}}`}${under === "" ? "" : `_{${under}}`}`;
  return { text, isPlain: before === "" && over === "" && part === "" };
}

const partSigns = { re: "Re", im: "Im" } as const;

function timeLatex({ next, role }: FormulaName, time: Time): string[] {
  if (role === "auxiliary" || role === "round" || time === "constant") return [];
  return [time === "state" && !next ? "t-1" : "t"];
}

export function instanceLatex(name: string): string {
  return upright(name);
}

/** `4 H + I`. */
export function dimensionLatex(dim: Dim): string {
  const symbol = (name: string): string => {
    const { head, below } = symbolOf(name);
    return below.length === 0 ? head : `${head}_{${below.join(",")}}`;
  };
  return spellDim(dim, { symbol, times: " ", floor: "\\mathrm{floor}" });
}

/** The name of a function of the language or of the author's. */
export function operatorLatex(name: string): string {
  return `\\operatorname{${name.replaceAll("_", "\\_")}}`;
}
