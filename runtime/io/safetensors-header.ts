/** The header of a safetensors file: bytes in, checked entries out. */
import { SafetensorsError, type SafetensorsErrorCode } from "../base/errors.js";
import { elementBits, tensorBytes, type SafetensorsDtype } from "./element-types.js";
import { HeaderScanner } from "./header-scanner.js";
import { showShape, showText } from "../base/show.js";

export interface HeaderEntry {
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** First byte of the tensor in the data, and the one after its last. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  /** By name, in the order of the header. */
  readonly entries: ReadonlyMap<string, HeaderEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** What is found on the way through a header. */
interface Sink {
  readonly entries: Map<string, HeaderEntry>;
  readonly metadata: Map<string, string>;
}

/** Axes of a tensor: NumPy and PyTorch end at 64, and a header has room for millions. */
const mostAxes = 1024;

/** Texts of the metadata, for each of which a reader needs many times the bytes that it takes in the header. */
const mostTexts = 1_000_000;

const dtypes = Object.keys(elementBits) as readonly SafetensorsDtype[];
const fieldNames = ["dtype", "shape", "data_offsets"] as const;

/**
 * Goes through the header twice: nothing is kept before all of it was seen to be right, so that a hostile one costs no
 * memory. The second time checks as much as the first: the bytes may be shared with a thread that changes them.
 *
 * @throws SafetensorsError
 */
export function parseHeader(bytes: Uint8Array): Header {
  readHeader(new HeaderScanner(bytes), undefined);
  const sink: Sink = { entries: new Map(), metadata: new Map() };
  readHeader(new HeaderScanner(bytes), sink);
  return sink;
}

function readHeader(scanner: HeaderScanner, sink: Sink | undefined): void {
  let hasMetadata = false;
  scanner.expect("{");
  for (let first = true; scanner.hasMore("}", first); first = false) {
    const start = scanner.text();
    if (scanner.isText("__metadata__")) {
      if (hasMetadata) throw repeats("__metadata__", "the header", "__metadata__");
      hasMetadata = true;
      scanner.expect(":");
      readMetadata(scanner, sink?.metadata);
      continue;
    }
    const name = sink && scanner.textAt(start);
    scanner.expect(":");
    const entry = new EntryReader(scanner, start).read();
    if (sink === undefined || name === undefined) continue;
    if (sink.entries.has(name)) throw repeats(name, "the header", name);
    sink.entries.set(name, entry);
  }
  scanner.finish();
}

const repeats = (name: string, where: string, tensor: string): SafetensorsError =>
  new SafetensorsError("duplicate-name", `${where} names ${showText(name)} twice`, tensor);

function readMetadata(scanner: HeaderScanner, metadata: Map<string, string> | undefined): void {
  const fail = (problem: string): never => {
    throw new SafetensorsError("invalid-entry", `__metadata__ ${problem}`, "__metadata__");
  };
  if (scanner.acceptsNull()) return;
  if (!scanner.accepts("{")) fail(`must be an object, got ${scanner.kind()}`);
  let count = 0;
  for (let first = true; scanner.hasMore("}", first); first = false) {
    if (++count > mostTexts) fail(`has more than ${mostTexts} texts`);
    const keyStart = scanner.text();
    scanner.expect(":");
    if (!scanner.isAt('"')) {
      fail(`maps names to texts, but ${showText(scanner.textAt(keyStart))} to ${scanner.kind()}`);
    }
    const start = scanner.text();
    if (metadata === undefined) continue;
    const key = scanner.textAt(keyStart);
    if (metadata.has(key)) throw repeats(key, "__metadata__", "__metadata__");
    metadata.set(key, scanner.textAt(start));
  }
}

/** Reads the object that describes one tensor. */
class EntryReader {
  private readonly scanner: HeaderScanner;
  /** Where its name stands, which is decoded only when it is wanted. */
  private readonly nameStart: number;
  private dtype: SafetensorsDtype | undefined;
  private shape: number[] | undefined;
  private offsets: readonly [number, number] | undefined;

  constructor(scanner: HeaderScanner, nameStart: number) {
    this.scanner = scanner;
    this.nameStart = nameStart;
  }

  private fail(code: SafetensorsErrorCode, problem: string): never {
    const name = this.scanner.textAt(this.nameStart);
    throw new SafetensorsError(code, `tensor ${showText(name)}: ${problem}`, name);
  }

  /** Goes past the first character of a value of the right kind. */
  private open(character: "{" | "[", what: string): void {
    if (!this.scanner.accepts(character)) this.fail("invalid-entry", `${what}, got ${this.scanner.kind()}`);
  }

  read(): HeaderEntry {
    const { scanner } = this;
    this.open("{", "its entry must be an object");
    for (let first = true; scanner.hasMore("}", first); first = false) {
      const start = scanner.text();
      const field = fieldNames.find((known) => scanner.isText(known));
      if (field === undefined) {
        const known = fieldNames.join(", ");
        this.fail("invalid-entry", `unknown field ${showText(scanner.textAt(start))}; expected ${known}`);
      }
      scanner.expect(":");
      if (field === "dtype") this.readDtype();
      else if (field === "shape") this.readShape();
      else this.readOffsets();
    }
    return this.checked();
  }

  private once(field: (typeof fieldNames)[number], value: unknown): void {
    if (value !== undefined) this.fail("duplicate-name", `its entry names "${field}" twice`);
  }

  private readDtype(): void {
    const { scanner } = this;
    this.once("dtype", this.dtype);
    if (!scanner.isAt('"')) this.fail("invalid-entry", `dtype must be a text, got ${scanner.kind()}`);
    const start = scanner.text();
    this.dtype = dtypes.find((known) => scanner.isText(known));
    if (this.dtype !== undefined) return;
    const problem = `unknown dtype ${showText(scanner.textAt(start))}; the format has ${dtypes.join(", ")}`;
    this.fail("unknown-dtype", problem);
  }

  private readShape(): void {
    const { scanner } = this;
    this.once("shape", this.shape);
    this.open("[", "shape must be a list");
    const shape: number[] = [];
    for (let first = true; scanner.hasMore("]", first); first = false) {
      if (shape.length === mostAxes) this.fail("invalid-shape", `shape has more than ${mostAxes} sizes`);
      shape.push(this.readInteger("invalid-shape", "shape"));
    }
    this.shape = shape;
  }

  private readOffsets(): void {
    const { scanner } = this;
    this.once("data_offsets", this.offsets);
    this.open("[", "data_offsets must be two numbers");
    const offsets: number[] = [];
    for (let first = true; scanner.hasMore("]", first); first = false) {
      if (offsets.length === 2) this.fail("invalid-entry", "data_offsets must be two numbers, got more");
      offsets.push(this.readInteger("invalid-offsets", "data_offsets"));
    }
    const [begin, end] = offsets;
    if (begin === undefined || end === undefined) {
      return this.fail("invalid-entry", `data_offsets must be two numbers, got ${offsets.length}`);
    }
    if (begin > end) this.fail("invalid-offsets", `data_offsets [${begin}, ${end}] must have the smaller first`);
    this.offsets = [begin, end];
  }

  private readInteger(code: "invalid-shape" | "invalid-offsets", what: string): number {
    const problem = `${what} must have integers of at least 0 and below 2^53, in digits alone, got `;
    return this.scanner.integer() ?? this.fail(code, problem + this.scanner.excerpt());
  }

  private checked(): HeaderEntry {
    const { dtype, shape, offsets } = this;
    if (dtype === undefined || shape === undefined || offsets === undefined) {
      const missing = fieldNames.find((_, i) => [dtype, shape, offsets][i] === undefined)!;
      return this.fail("invalid-entry", `its entry has no ${missing}`);
    }
    const [begin, end] = offsets;
    const expected = tensorBytes(dtype, shape);
    if (end - begin === expected) return { dtype, shape, begin, end };
    const shown = `${dtype} ${showShape(shape)}`;
    return expected === undefined
      ? this.fail("invalid-shape", `${shown} has too many elements, or does not fill whole bytes`)
      : this.fail("invalid-offsets", `${shown} takes ${expected} bytes, its offsets span ${end - begin}`);
  }
}
