/** What is wrong with files of arrays and of sound. */

export type ArrayFileErrorCode =
  /** It is a file of another kind. */
  | "foreign"
  /** It ends before what it announces. */
  | "truncated"
  /** What it says of itself does not fit together. */
  | "invalid"
  /** It is right, and holds something that is not read here. */
  | "unsupported"
  /** It unpacks to more than may be. */
  | "too-large";

/** Bytes that are no `.npy`, `.npz` or `.wav` file, or one that cannot be read. */
export class ArrayFileError extends Error {
  override readonly name = "ArrayFileError";
  readonly code: ArrayFileErrorCode;

  constructor(code: ArrayFileErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
