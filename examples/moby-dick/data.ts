/** A book as letters: 96 of them, what a typewriter has, from the space (0) to ~ (94), and the end of a line (95). */

/** Typographic signs as those of a typewriter, and paragraphs in a line each. */
export function plain(text: string): string {
  const signs: readonly (readonly [RegExp, string])[] = [[/\r/gu, ""], [/[“”]/gu, '"'], [/[‘’]/gu, "'"], [/—/gu, "--"]]; // prettier-ignore
  const typed = signs.reduce((all, [sign, instead]) => all.replace(sign, instead), text);
  return `${typed.replace(/([^\n])\n(?=[^\n])/gu, "$1 ").replace(/[^\x20-\x7e\n]/gu, "").replace(/ +/gu, " ").replace(/\n+/gu, "\n").trim()}\n`; // prettier-ignore
}

export const numbersOf = (text: string): Int32Array =>
  Int32Array.from(text, (letter) => (letter === "\n" ? 95 : letter.charCodeAt(0) - 32));

export const textOf = (numbers: ArrayLike<number>): string =>
  Array.from(numbers, (number) => (number === 95 ? "\n" : String.fromCharCode(number + 32))).join("");
