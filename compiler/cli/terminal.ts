/** What a command writes to, and whether that shows colours. */

export interface Terminal {
  out(part: string | Uint8Array): void;
  error(text: string): void;
  /** Are colours wanted on `out` and on `error`? */
  readonly colors: { readonly out: boolean; readonly error: boolean };
  /** Has the reader of `out` gone? */
  isOver(): boolean;
  /** Does somebody watch `out`, to whom bytes say nothing? */
  readonly watched: boolean;
  /** Does somebody watch `error`, so that a line may be written over? */
  readonly live: boolean;
}

export interface OutputStream {
  write(part: string | Uint8Array): unknown;
  /** Left out where there is always a reader. */
  readonly isOver?: () => boolean;
  readonly isTTY?: boolean;
}

/** Colours only on a terminal and never with NO_COLOR (https://no-color.org), unless `--color` says otherwise. */
export function createTerminal(
  out: OutputStream,
  error: OutputStream,
  wanted: boolean | undefined,
  noColor: string | undefined,
): Terminal {
  const colored = (stream: OutputStream): boolean => wanted ?? (stream.isTTY === true && (noColor ?? "") === "");
  return {
    out: (part) => void out.write(part),
    error: (text) => void error.write(text),
    colors: { out: colored(out), error: colored(error) },
    isOver: () => out.isOver?.() ?? false,
    watched: out.isTTY === true,
    live: error.isTTY === true,
  };
}
