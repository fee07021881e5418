/** A `URL` of a file. */
export interface FileUrl {
  readonly href: string;
}
