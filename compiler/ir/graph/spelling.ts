/** Names in the text form of graphs: as they are where they are plain words, in quotes where not, `"listen step"`. */

const letter = "[\\p{L}\\p{M}\\p{N}_.'′’√∑]";
/** `h'`, `grad.param.W`. */
export const WORD = `[\\p{L}_√∑]${letter}*`;
export const QUOTED = '"(?:[^"\\\\]|\\\\.)*"';

const isWord = new RegExp(`^${WORD}$`, "u");

export function spellName(name: string): string {
  return isWord.test(name) ? name : JSON.stringify(name);
}

/** @returns undefined where it is no name */
export function readName(token: string): string | undefined {
  if (isWord.test(token)) return token;
  try {
    return token.startsWith('"') ? (JSON.parse(token) as string) : undefined;
  } catch {
    return undefined;
  }
}

/** A value by its name, with its id where another has the same: `%h'`, `%"a b"~12`; by its id where it has none: `%7`. */
export function spellValue(name: string | undefined, id: number, isUnique: boolean): string {
  if (name === undefined) return `%${id}`;
  return `%${spellName(name)}${isUnique ? "" : `~${id}`}`;
}

/** The name of a value without the id that makes it unique; none for a bare id. */
export function readValue(token: string): string | undefined {
  const word = token.slice("%".length);
  return /^\d+$/u.test(word) ? undefined : readName(word.replace(/~\d+$/u, ""));
}
