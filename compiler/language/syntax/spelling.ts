/**
 * Canonical spelling of names. A formula pasted from a paper brings Greek letters, subscripts, accents and the letters of
 * mathematical alphabets; in the syntax tree a name is ASCII. `α` and `alpha` are therefore one name, and so are
 * `h₁` and `h_1`, `h̃` and `h_tilde`, `𝐖ₓ` and `W_x`. The text itself is never changed, so spans stay where they are.
 */

const greekSmall = "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho";
const greekLate = "sigma tau upsilon phi chi psi omega";

const greek = new Map<string, string>();
for (const [index, name] of greekSmall.split(" ").entries()) addGreek(0x3b1 + index, name);
addGreekLetter("ς", "sigma");
for (const [index, name] of greekLate.split(" ").entries()) addGreek(0x3c3 + index, name);

function addGreek(codePoint: number, name: string): void {
  addGreekLetter(String.fromCodePoint(codePoint), name);
  addGreekLetter(String.fromCodePoint(codePoint - 0x20), name[0]!.toUpperCase() + name.slice(1));
}

function addGreekLetter(letter: string, name: string): void {
  greek.set(letter, name);
}

/** Accents as formulas use them. */
const marks = new Map([
  ["\u0302", "hat"],
  ["\u0303", "tilde"],
  ["\u0304", "bar"],
  ["\u0305", "bar"],
  ["\u0307", "dot"],
  ["\u0308", "ddot"],
  ["\u20d7", "vec"],
]);

const subscripts = new Map<string, string>();
for (let digit = 0; digit <= 9; digit += 1) subscripts.set(String.fromCodePoint(0x2080 + digit), String(digit));
const subscriptLetters = "ₐa ₑe ₒo ₓx ₕh ₖk ₗl ₘm ₙn ₚp ₛs ₜt ᵢi ᵣr ᵤu ᵥv ⱼj";
for (const pair of subscriptLetters.split(" ")) subscripts.set(pair[0]!, pair[1]!);
for (const [sign, name] of [
  ["ᵦ", "beta"],
  ["ᵧ", "gamma"],
  ["ᵨ", "rho"],
  ["ᵩ", "phi"],
  ["ᵪ", "chi"],
] as const) {
  subscripts.set(sign, name);
}

const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** Names with a meaning of their own where they are called. */
const calledSymbols = new Map([
  ["σ", "sigmoid"],
  ["Σ", "sum"],
]);
/** Signs that are names by themselves. */
const symbols = new Map([
  ["√", "sqrt"],
  ["∑", "sum"],
]);

interface Spelling {
  readonly text: string;
  /** Characters no name can have; `text` leaves them out. */
  readonly unsupported: readonly string[];
}

const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;
const compatible = /^[A-Za-z0-9_]$/;

/** The canonical spelling of a word as the lexer found it, without a prime. */
export function canonicalName(word: string): Spelling {
  if (plainName.test(word)) return { text: word, unsupported: [] };
  const symbol = symbols.get(word);
  if (symbol !== undefined) return { text: symbol, unsupported: [] };
  const unsupported: string[] = [];
  const parts: string[] = [];
  let inSubscript = false;
  let previous = "";
  const push = (part: string): void => {
    parts.push(part);
    previous = part;
  };
  for (const character of word) {
    const subscript = subscripts.get(character);
    if (subscript !== undefined) {
      push(inSubscript || previous.endsWith("_") ? subscript : `_${subscript}`);
      inSubscript = true;
      continue;
    }
    inSubscript = false;
    // Modifier letters would decompose to plain ones: `Wᵀ` must not become `WT`.
    if (/\p{Lm}/u.test(character)) {
      unsupported.push(character);
      continue;
    }
    for (const part of character.normalize("NFKD")) {
      const mark = marks.get(part);
      const letter = compatible.test(part) ? part : (greek.get(part) ?? variantOf(part));
      if (mark !== undefined) push(`_${mark}`);
      else if (letter !== undefined) push(letter);
      else if (!unsupported.includes(character)) unsupported.push(character);
    }
  }
  const text = parts.join("");
  return { text: plainName.test(text) ? text : `_${text}`, unsupported };
}

/** What a word means directly before `(`, where that differs. */
export function calledName(word: string): string | undefined {
  return calledSymbols.get(word.normalize("NFKD"));
}

/** `x⁻¹` as the number it stands for: sign and digits. */
export function exponentOf(superscript: string): { readonly negative: boolean; readonly digits: string } {
  const negative = superscript.startsWith("⁻");
  const digits = Array.from(negative ? superscript.slice(1) : superscript, (sign) => superscripts.indexOf(sign));
  return { negative, digits: digits.join("") };
}

/** `ϵ`, `ϕ`, … decompose to the usual letters already; `ı` and `ȷ` (dotless, under accents) do not. */
function variantOf(part: string): string | undefined {
  if (part === "ı") return "i";
  if (part === "ȷ") return "j";
  return undefined;
}

const latinLookalikes = new Set(
  "Alpha Beta Epsilon Zeta Eta Iota Kappa Mu Nu Omicron Rho Tau Upsilon Chi omicron".split(" "),
);
const greekLetters = new Map(
  [...greek].filter(([, name]) => !latinLookalikes.has(name)).map(([sign, name]) => [name, sign]),
);
// What is added twice keeps its first sign: σ, not ς; the macron, not the overline.
greekLetters.set("sigma", "σ");
const markSigns = new Map([...marks].reverse().map(([sign, name]) => [name, sign]));
const digitSigns = new Map([...subscripts].map(([sign, digit]) => [digit, sign]));

/** `σ` for `sigma`; undefined where a word is no Greek letter, or one that looks like a Latin letter. */
export const greekLetter = (word: string): string | undefined => greekLetters.get(word);

/**
 * A canonical name as formulas write it: `alpha_1` is `α₁`, `h_tilde` is `h̃`, `W_beta` is `W_β`. Letters stay on the
 * line, as Unicode has subscripts for half of them only. Reading the result gives the name back.
 */
export function formulaName(name: string): string {
  const [head = "", ...rest] = name.split("_");
  const letter = greekLetters.get(head) ?? head;
  let text = letter;
  for (const [i, part] of rest.entries()) {
    const mark = i === 0 && /^\p{L}$/u.test(letter) ? markSigns.get(part) : undefined;
    if (mark !== undefined) text += mark;
    else if (/^[0-9]+$/.test(part)) text += Array.from(part, (digit) => digitSigns.get(digit)).join("");
    else text += `_${greekLetters.get(part) ?? part}`;
  }
  const written = text.normalize("NFC");
  return /^[\p{L}_]/u.test(written) && canonicalName(written).text === name ? written : name;
}

const calledSigns = new Map([
  ["sigmoid", "σ"],
  ["sqrt", "√"],
  ["sum", "∑"],
]);

/** The name of a function before its arguments: `σ(x)` for `sigmoid(x)`. */
export function formulaFunction(name: string): string {
  return calledSigns.get(name) ?? name;
}

/** `²`, `⁻¹`. */
export function superscript(exponent: string): string {
  return Array.from(exponent, (digit) => (digit === "-" ? "⁻" : superscripts[Number(digit)])).join("");
}
