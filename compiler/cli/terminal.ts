/** What a command writes to, and whether that shows colours. */

export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** Are colours wanted on `out` and on `error`? */
  readonly colors: { readonly out: boolean; readonly error: boolean };
  /** Does somebody watch `error`, so that a line may be written over? */
  readonly live: boolean;
}

export interface OutputStream {
  write(text: string): unknown;
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
    out: (text) => void out.write(text),
    error: (text) => void error.write(text),
    colors: { out: colored(out), error: colored(error) },
    live: error.isTTY === true,
  };
}
