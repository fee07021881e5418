/** What goes wrong with files, in words. */

export type FileErrorCode =
  /** The path leads to a folder, a device, a pipe, a socket, or through a link to nothing. */
  | "not-a-file"
  /** Nobody may write the file. */
  | "read-only"
  /** A new file in its place would belong to somebody else. */
  | "owner"
  /** Two files of one set are the same. */
  | "same-file"
  /** What the system says: `cause` is its error, with a `code` such as `ENOSPC`. */
  | "system";

/** A file that could not be read or written. Where it should be written, it and all of its set are as they were. */
export class FileError extends Error {
  override readonly name = "FileError";
  readonly code: FileErrorCode;
  readonly path: string;

  constructor(code: FileErrorCode, message: string, path: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

/** What the system said, in words where it has a number for it that many people meet. */
export function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  return (code === undefined ? undefined : reasons[code]) ?? (error instanceof Error ? error.message : String(error));
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EEXIST: "a part of the path is no directory",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
  ENOTDIR: "a part of the path is no directory",
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EFBIG: "the file would be larger than the system allows",
  EIO: "the disk or the network failed",
  ELOOP: "its links lead in a circle",
  EMFILE: "too many files are open",
  EBUSY: "something else uses it",
  ENAMETOOLONG: "its name is too long",
  EROFS: "the file system is read-only",
};
