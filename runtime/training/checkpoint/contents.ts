/**
 * A checkpoint as the bytes of a safetensors file: tensors by what they belong to, `param/W`, `optimizer/mean/W`, numbers as float64, and
 * in the metadata what the run is of, text by text, and a hash of everything else in the file.
 */
import { CallTypeError, CheckpointError, SafetensorsError } from "../../base/errors.js";
import type { FileBytes } from "../../io/bytes.js";
import { fileFormats } from "../../io/file-formats.js";
import type { SafeTensor } from "../../io/safe-tensor.js";
import { readSafetensors, type SafetensorsFile, writeSafetensors } from "../../io/safetensors.js";
import { sha256 } from "../../io/sha256.js";
import { encodeUtf8 } from "../../io/utf8.js";

export interface CheckpointContents {
  readonly tensors: ReadonlyMap<string, SafeTensor>;
  /** What must be the same where a run goes on: each part by its name. */
  readonly identity: Readonly<Record<string, string>>;
}

/** In the order of the tensor `numbers` of a checkpoint. */
export const checkpointCounters = [
  ...(["done", "skipped", "epoch", "taken", "loss", "bestLoss"] as const),
  ...(["bestUpdate", "waited", "historyLines"] as const),
] as const;

const format = { format: fileFormats.checkpoint, version: "1" };
const prefix = "run.";

export function encodeCheckpoint({ tensors, identity }: CheckpointContents): Uint8Array {
  const texts = new Map(Object.entries(format));
  for (const [name, text] of Object.entries(identity)) texts.set(prefix + name, text);
  texts.set("digest", digestOf(tensors, texts));
  return writeSafetensors(tensors, texts);
}

/**
 * @param name For messages.
 * @throws CheckpointError where it is no whole checkpoint. Nothing is allocated by what its header says.
 */
export function decodeCheckpoint(name: string, bytes: FileBytes): CheckpointContents {
  let file: SafetensorsFile;
  try {
    file = readSafetensors(bytes);
  } catch (error) {
    if (error instanceof SafetensorsError) throw new CheckpointError("corrupt", `${name}: ${error.message}`);
    throw error;
  }
  return checkpointIn(name, file);
}

/** The same of a file that was read. */
export function checkpointIn(name: string, file: SafetensorsFile): CheckpointContents {
  const fail = (problem: string): never => {
    throw new CheckpointError("corrupt", `${name}: ${problem}`);
  };
  const texts = new Map(file.metadata);
  if (texts.get("format") !== format.format) fail("this is no checkpoint of training");
  if (texts.get("version") !== format.version) {
    fail(`it is of version ${texts.get("version")?.slice(0, 20)}, known is ${format.version}`);
  }
  const digest = texts.get("digest");
  texts.delete("digest");
  if (digest !== digestOf(file.tensors, texts)) fail("it is damaged: its contents are not those of its hash");
  const identity = [...texts].flatMap(([key, text]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), text]] : [],
  );
  return { tensors: file.tensors, identity: Object.fromEntries(identity) as Record<string, string> };
}

function digestOf(tensors: ReadonlyMap<string, SafeTensor>, texts: ReadonlyMap<string, string>): string {
  const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);
  const head = JSON.stringify([
    [...texts].sort(byName),
    [...tensors].sort(byName).map(([name, { dtype, shape }]) => [name, dtype, shape]),
  ]);
  return sha256([encodeUtf8(head), ...[...tensors].sort(byName).map(([, { bytes }]) => bytes)]);
}

/**
 * @param allow Parts that may differ.
 * @throws CheckpointError that names all parts that differ, and TypeError for a part that there is not.
 */
export function compareIdentity(
  name: string,
  found: Readonly<Record<string, string>>,
  own: Readonly<Record<string, string>>,
  allow: readonly string[],
): void {
  const unknown = allow.find((part) => own[part] === undefined);
  if (unknown !== undefined) {
    throw new CallTypeError(
      `train: resume.allow: there is no part ${unknown}; there are ${Object.keys(own).join(", ")}`,
    );
  }
  const parts = new Set([...Object.keys(own), ...Object.keys(found)]);
  const different = [...parts].filter((part) => found[part] !== own[part] && !allow.includes(part));
  if (different.length === 0) return;
  const told = different.map((part) => `${part} was ${short(found[part])} and is ${short(own[part])}`).join("; ");
  throw new CheckpointError(
    "other-run",
    `${name} is of another run: ${told}. \`resume: { allow: […] }\` goes on all the same`,
  );
}

const short = (text = "nothing"): string => (text.length > 100 ? `${text.slice(0, 97)}…` : text);
