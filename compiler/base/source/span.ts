/** A half-open range of UTF-16 offsets in one source file. */
export interface Span {
  /** Name of the source file, as given to the compiler. */
  readonly file: string;
  readonly start: number;
  readonly end: number;
}
