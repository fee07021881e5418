/**
 * A stream as bytes, little-endian:
 *
 *     "RCST" | u16 version | u16 0 | 16 bytes of what it is of | 16 bytes of the weights | f64 steps | u32 length | record | 16 bytes of SHA-256
 */
import { SnapshotError } from "../base/errors.js";
import { asBytes, type FileBytes } from "../io/bytes.js";
import { sha256 } from "../io/sha256.js";

const magic = [0x52, 0x43, 0x53, 0x54];
const version = 1;
const [programAt, weightsAt, stepsAt, lengthAt, recordAt, digestBytes] = [8, 24, 40, 48, 52, 16];

/** The first 16 bytes of a hash. */
export const shortHash = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from({ length: digestBytes }, (_, i) => parseInt(sha256(parts).slice(2 * i, 2 * i + 2), 16));

interface StreamSnapshot {
  readonly program: Uint8Array;
  readonly weights: Uint8Array;
  readonly steps: number;
  readonly record: Uint8Array;
}

export function writeSnapshot({ program, weights, steps, record }: StreamSnapshot): Uint8Array {
  const bytes = new Uint8Array(recordAt + record.length + digestBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint16(4, version, true);
  bytes.set(program, programAt);
  bytes.set(weights, weightsAt);
  view.setFloat64(stepsAt, steps, true);
  view.setUint32(lengthAt, record.length, true);
  bytes.set(record, recordAt);
  bytes.set(shortHash([bytes.subarray(0, -digestBytes)]), recordAt + record.length);
  return bytes;
}

/** @throws TypeError for anything but bytes; SnapshotError for bytes that are no whole snapshot. */
export function readSnapshot(given: FileBytes): StreamSnapshot {
  const bytes = asBytes(given);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < magic.length || magic.some((byte, i) => bytes[i] !== byte)) {
    throw new SnapshotError(
      "not-a-snapshot",
      "restore: these bytes are no snapshot of a stream, as `snapshot` gives it",
    );
  }
  const least = recordAt + digestBytes;
  if (bytes.length < least) corrupt(`it has ${bytes.length} bytes, fewer than the ${least} of the smallest`);
  const own = view.getUint16(4, true);
  if (own !== version) {
    const message = `restore: the snapshot is of version ${own}; this runtime knows version ${version}`;
    throw new SnapshotError("unknown-version", message);
  }
  const length = view.getUint32(lengthAt, true);
  if (bytes.length !== least + length) corrupt(`it has ${bytes.length} bytes, and says that it has ${least + length}`);
  const digest = shortHash([bytes.subarray(0, -digestBytes)]);
  if (digest.some((byte, i) => byte !== bytes[recordAt + length + i]))
    corrupt("its bytes are not those that were written");
  return {
    program: bytes.subarray(programAt, weightsAt),
    weights: bytes.subarray(weightsAt, stepsAt),
    steps: view.getFloat64(stepsAt, true),
    record: bytes.subarray(recordAt, recordAt + length),
  };
}

function corrupt(problem: string): never {
  throw new SnapshotError("corrupt", `restore: the snapshot is damaged: ${problem}`);
}

export const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);
