/** The header of a safetensors file: bytes in, checked entries out. */
import { SafetensorsError, type SafetensorsErrorCode } from "../errors.js";
import { elementBits, tensorBytes, type SafetensorsDtype } from "./element-types.js";
import { decodeUtf8 } from "./utf8.js";

export interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** First byte of the tensor in the data, and the one after its last. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly entries: readonly HeaderEntry[];
  readonly metadata: ReadonlyMap<string, string>;
}

/** @throws SafetensorsError */
export function parseHeader(bytes: Uint8Array): Header {
  const fields = parseObject(bytes);
  const entries: HeaderEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(fields)) {
    if (name === "__metadata__") metadata = parseMetadata(value);
    else entries.push(parseEntry(name, value));
  }
  return { entries, metadata };
}

function parseObject(bytes: Uint8Array): object {
  let text: string;
  let value: unknown;
  try {
    text = decodeUtf8(bytes);
    value = JSON.parse(text);
  } catch (error) {
    throw new SafetensorsError("invalid-header", `the header is not JSON in UTF-8: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw new SafetensorsError("invalid-header", "the header is not an object");
  const repeated = findRepeatedKey(text);
  if (repeated !== undefined) {
    throw new SafetensorsError("duplicate-name", `the header names ${JSON.stringify(repeated)} twice`, repeated);
  }
  return value;
}

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseMetadata(value: unknown): ReadonlyMap<string, string> {
  if (!isObject(value)) throw new SafetensorsError("invalid-entry", "__metadata__ must be an object", "__metadata__");
  const metadata = new Map<string, string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") {
      const message = `__metadata__ maps names to texts, but ${JSON.stringify(key)} to something else`;
      throw new SafetensorsError("invalid-entry", message, "__metadata__");
    }
    metadata.set(key, text);
  }
  return metadata;
}

function parseEntry(name: string, value: unknown): HeaderEntry {
  const fail = (code: SafetensorsErrorCode, problem: string): never => {
    throw new SafetensorsError(code, `tensor ${JSON.stringify(name)}: ${problem}`, name);
  };
  if (!isObject(value)) return fail("invalid-entry", "its entry must be an object");
  for (const key of Object.keys(value)) {
    if (key !== "dtype" && key !== "shape" && key !== "data_offsets") {
      fail("invalid-entry", `unknown field ${JSON.stringify(key)}`);
    }
  }
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>;
  if (typeof dtype !== "string") return fail("invalid-entry", "dtype must be a text");
  if (!Object.hasOwn(elementBits, dtype)) return fail("unknown-dtype", `unknown dtype ${JSON.stringify(dtype)}`);
  if (!Array.isArray(shape)) return fail("invalid-entry", "shape must be a list");
  if (!Array.isArray(offsets) || offsets.length !== 2) return fail("invalid-entry", "data_offsets must be two numbers");
  const sizes = shape as readonly unknown[];
  if (!sizes.every(isSize))
    return fail("invalid-shape", `shape [${sizes.join(", ")}] must have integers of at least 0`);
  const [begin, end] = offsets as readonly unknown[];
  if (!isSize(begin) || !isSize(end) || begin > end) {
    return fail("invalid-offsets", `data_offsets [${offsets.join(", ")}] must be integers, the smaller first`);
  }
  const expected = tensorBytes(dtype as SafetensorsDtype, sizes);
  if (expected === undefined) {
    return fail("invalid-shape", `${dtype} [${sizes.join(", ")}] has too many elements, or does not fill whole bytes`);
  }
  if (end - begin !== expected) {
    fail("invalid-offsets", `${dtype} [${sizes.join(", ")}] takes ${expected} bytes, its offsets span ${end - begin}`);
  }
  return { name, dtype: dtype as SafetensorsDtype, shape: sizes, begin, end };
}

const isSize = (value: unknown): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/**
 * A key that stands twice in one object of a text that is known to be valid JSON; `JSON.parse` would silently keep the
 * last. Keys are compared after decoding their escapes.
 */
function findRepeatedKey(text: string): string | undefined {
  // One entry per open bracket: the keys so far of an object, nothing of a list.
  const open: (Set<string> | undefined)[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{") open.push(new Set());
    else if (character === "[") open.push(undefined);
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const start = at++;
      while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
      const keys = open[open.length - 1];
      if (keys === undefined || !isFollowedByColon(text, at + 1)) continue;
      const key = JSON.parse(text.slice(start, at + 1)) as string;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return undefined;
}

function isFollowedByColon(text: string, from: number): boolean {
  let at = from;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at++;
  return text[at] === ":";
}
