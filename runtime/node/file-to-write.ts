/** What is to be written. Its types need none of Node's. */
export interface FileToWrite {
  readonly path: string;
  /** A text is written as UTF-8. */
  readonly contents: string | Uint8Array;
}
