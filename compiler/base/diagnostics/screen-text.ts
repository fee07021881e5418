/** Text that is safe on a terminal, and how many columns it takes there. */

const tab = "  ";

/**
 * Replaces what a terminal would act on or hide: tabs by two spaces, control characters by their signs (`␛`), lone
 * surrogates and characters that turn or hide text by `�`.
 */
export function visible(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/gu,
    sign,
  );
}

function sign(character: string): string {
  const code = character.codePointAt(0)!;
  if (code === 9) return tab;
  if (code < 32) return String.fromCodePoint(0x2400 + code);
  return code === 127 ? "␡" : "�";
}

/** Columns on a terminal: combining marks take none, East Asian wide characters and emoji take two. */
export function screenWidth(text: string): number {
  let columns = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x300) columns += 1;
    else if (/\p{M}|\u200d/u.test(character)) continue;
    else columns += isWide(code) ? 2 : 1;
  }
  return columns;
}

/** Ranges of wide characters, coarse: blocks that are wide as a whole. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f900, 0x1f9ff],
  [0x20000, 0x3fffd],
];

function isWide(code: number): boolean {
  return wideRanges.some(([first, last]) => code >= first && code <= last);
}
