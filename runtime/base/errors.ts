/**
 * The errors of this library, as opposed to those of a compiled module.
 *
 * A wrong call (a missing tensor, a wrong length, a wrong type) is a `TypeError` or a `RangeError`, here as in compiled
 * modules: it is a mistake in the calling program. Those that checks of arguments and options and the functions of training
 * throw have a class of their own, which tells what was refused from a fault inside. The other classes below are for data
 * that came from elsewhere, a file or the network, and turned out not to be what it should: a program may want to catch
 * those. Each has a `code` that stays the same from version to version, where the message may improve.
 */

/** Something was given that the function does not take. */
export type CallErrorCode = "wrong-call";

/** A wrong call. It is called `TypeError` as any other, and is one still after `structuredClone`, which goes by that name. */
export class CallTypeError extends TypeError {
  readonly code: CallErrorCode = "wrong-call";
}

/** A wrong call, where it is a `RangeError`. */
export class CallRangeError extends RangeError {
  readonly code: CallErrorCode = "wrong-call";
}

export type ModuleErrorCode =
  /** The text is not a JavaScript module that could be evaluated. */
  | "not-loadable"
  /** The host, such as a page with its content security policy, imports no text. */
  | "blocked"
  /** It exports no `manifest` and `instantiate`, or the manifest is of something else. */
  | "not-a-cell"
  /** It is a compiled cell of a version this runtime does not know. */
  | "unknown-version"
  /** The manifest is ours, but a part of it is missing or wrong. */
  | "corrupt-manifest";

/** A compiled module could not be used. `cause` is the engine's own error where there was one. */
export class ModuleError extends Error {
  override readonly name = "ModuleError";
  readonly code: ModuleErrorCode;

  constructor(code: ModuleErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type SafetensorsErrorCode =
  /** Shorter than the eight bytes of the header's length, or than the header or the data it announces. */
  | "truncated"
  /** The header's length is larger than the format allows. */
  | "header-too-large"
  /** The header is not UTF-8, not JSON, or not an object. */
  | "invalid-header"
  /** Two tensors, or two fields of one tensor, have the same name. */
  | "duplicate-name"
  /** A tensor's entry lacks a field, has one too many, or one of the wrong type. */
  | "invalid-entry"
  /** The element type is none that the format knows. */
  | "unknown-dtype"
  /** A size is negative, fractional or too large to count with. */
  | "invalid-shape"
  /** A tensor's offsets are out of order, out of range, or do not fit its shape. */
  | "invalid-offsets"
  /** Two tensors share bytes, or there are bytes that belong to none. */
  | "overlap"
  | "hole";

/** Bytes that are not a safetensors file. `tensor` names the entry at fault where there is one. */
export class SafetensorsError extends Error {
  override readonly name = "SafetensorsError";
  readonly code: SafetensorsErrorCode;
  readonly tensor: string | undefined;

  constructor(code: SafetensorsErrorCode, message: string, tensor?: string) {
    super(message);
    this.code = code;
    this.tensor = tensor;
  }
}

export type SourceErrorCode =
  /** A line that is none of such a table. */
  | "bad-row"
  | "bad-number"
  | "missing-column"
  /** There is nothing in it. */
  | "empty";

/** Data that cannot be read. `line` counts from 1; `detail` is the message without the function that read them. */
export class SourceError extends Error {
  override readonly name = "SourceError";
  readonly code: SourceErrorCode;
  readonly line: number;
  readonly detail: string;

  constructor(code: SourceErrorCode, detail: string, line: number, reader?: string) {
    super(reader === undefined ? detail : `${reader}: ${detail}`);
    this.code = code;
    this.detail = detail;
    this.line = line;
  }
}

export type CheckpointErrorCode =
  /** It is no whole checkpoint. */
  | "corrupt"
  /** It is of a run with other options, data or another network. */
  | "other-run"
  /** A run that begins anew finds it where its own would be kept. */
  | "not-empty";

/** A checkpoint that training cannot go on from, or that is in its way. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
  readonly code: CheckpointErrorCode;

  constructor(code: CheckpointErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export type SnapshotErrorCode =
  /** It is something else. */
  | "not-a-snapshot"
  /** It was written by a runtime that this one does not know. */
  | "unknown-version"
  /** Some of its bytes are missing or others. */
  | "corrupt"
  /** It is of a module with other equations, sizes or dtype, or of another entry. */
  | "other-program"
  /** Its stream ran with other params. */
  | "other-weights";

/** A stream cannot go on from these bytes. */
export class SnapshotError extends Error {
  override readonly name = "SnapshotError";
  readonly code: SnapshotErrorCode;

  constructor(code: SnapshotErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type TrainingErrorCode = "non-finite";

/** Training cannot go on. Params are as they were after the last update. */
export class TrainingError extends Error {
  override readonly name = "TrainingError";
  readonly code: TrainingErrorCode;
  /** The update that failed, or after which validation did; the loss and the length of the gradient that it had, NaN of a validation. */
  readonly update: number;
  readonly loss: number;
  readonly norm: number;
  /** The call with the example that was found, as a file: `recell diagnose --replay` says where in the network it began. */
  readonly replay: Uint8Array | undefined;

  constructor(
    code: TrainingErrorCode,
    message: string,
    { update, loss, norm, replay }: Omit<TrainingError, keyof Error | "code">,
  ) {
    super(message);
    this.code = code;
    this.update = update;
    this.loss = loss;
    this.norm = norm;
    this.replay = replay;
  }
}

export type ReplayErrorCode = "invalid-replay";

/** A file that is no call which training has kept, or one of another network. */
export class ReplayError extends Error {
  override readonly name = "ReplayError";
  readonly code: ReplayErrorCode = "invalid-replay";
}

export type ParamsErrorCode =
  | "missing-tensor"
  | "unexpected-tensor"
  | "shape-mismatch"
  | "dtype-mismatch"
  /** Its names are of no library that is known, or a layer of it has no counterpart. */
  | "unknown-layout"
  /** It is one of training, of which params are a part. */
  | "checkpoint";

/** A file of parameters that does not belong to the module at hand. `tensor` names the first one at fault. */
export class ParamsError extends Error {
  override readonly name = "ParamsError";
  readonly code: ParamsErrorCode;
  readonly tensor: string;

  constructor(code: ParamsErrorCode, message: string, tensor: string) {
    super(message);
    this.code = code;
    this.tensor = tensor;
  }
}

/** How much sizes take for which `instantiate` has no memory, where that is what was thrown. */
export const bytesBeyond = (error: unknown): number | undefined =>
  error instanceof RangeError && "bytes" in error && typeof error.bytes === "number" ? error.bytes : undefined;
