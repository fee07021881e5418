/** Changes of a text, and where places of the changed text were before. */

/** What stands from `start` to `end` becomes `text`. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** What is written today in the place of something older: all of its edits belong together. */
export interface Proposal {
  /** Where it is told of. */
  readonly start: number;
  /** The older spelling, as it stands there, and what would be written. */
  readonly was: string;
  readonly now: string;
  readonly edits: readonly Edit[];
}

/** Edits of one text, which do not overlap, from its end to its beginning. */
const inTurn = (edits: readonly Edit[]): Edit[] => [...edits].sort((a, b) => b.start - a.start);

export const edited = (text: string, edits: readonly Edit[]): string =>
  inTurn(edits).reduce(
    (current, { start, end, text: own }) => current.slice(0, start) + own + current.slice(end),
    text,
  );

/** Where an offset of the edited text was in the text before; what an edit put in stands at its beginning. */
export function placeBefore(offset: number, edits: readonly Edit[]): number {
  let place = offset;
  for (const { start, end, text } of [...edits].sort((a, b) => a.start - b.start)) {
    // Those before are undone already: `start` is a place of the text as it is by now.
    if (place < start) return place;
    place = place < start + text.length ? start : place + (end - start) - text.length;
  }
  return place;
}
