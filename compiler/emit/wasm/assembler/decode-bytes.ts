/** Reads what `encode-bytes.ts` writes, and refuses what it cannot be. */

/** Bytes that are not a WebAssembly module, or one with parts that are not supported here. */
export class WasmFormatError extends Error {
  override name = "WasmFormatError";
  /** Where in the bytes, from 0. */
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(`byte ${offset}: ${message}`);
    this.offset = offset;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A position in bytes, which moves forward; nothing is read beyond `end`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly end: number;
  #position: number;

  constructor(bytes: Uint8Array, position = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = position;
    this.end = end;
  }

  get position(): number {
    return this.#position;
  }

  get atEnd(): boolean {
    return this.#position === this.end;
  }

  fail(message: string, offset = this.#position): never {
    throw new WasmFormatError(offset, message);
  }

  byte(what: string): number {
    if (this.#position >= this.end) this.fail(`the bytes end where ${what} should be`);
    return this.#bytes[this.#position++]!;
  }

  bytes(count: number, what: string): Uint8Array {
    if (count > this.end - this.#position) {
      this.fail(`${what} should have ${count} bytes, there are ${this.end - this.#position} left`);
    }
    this.#position += count;
    return this.#bytes.subarray(this.#position - count, this.#position);
  }

  /** An unsigned LEB128 number below 2^32. */
  unsigned(what: string): number {
    const start = this.#position;
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte(what);
      if (shift === 28 && byte > 0x0f) this.fail(`${what} is a number of more than 32 bits`, start);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  /** A signed LEB128 number of at most 32 bits. */
  signed(what: string): number {
    return Number(this.#signed(what, 32));
  }

  /** A signed LEB128 number of at most 64 bits. */
  signed64(what: string): bigint {
    return this.#signed(what, 64);
  }

  #signed(what: string, bits: number): bigint {
    const start = this.#position;
    let value = 0n;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte(what);
      value |= BigInt(byte & 0x7f) << BigInt(shift);
      const read = shift + 7;
      if (byte < 0x80) {
        const result = BigInt.asIntN(read, value);
        if (BigInt.asIntN(bits, result) !== result) break;
        return result;
      }
      if (read >= bits) break;
    }
    return this.fail(`${what} is a number of more than ${bits} bits`, start);
  }

  /** Bits, the lowest byte first. */
  littleEndian(byteCount: number, what: string): bigint {
    return this.bytes(byteCount, what).reduceRight((bits, byte) => (bits << 8n) | BigInt(byte), 0n);
  }

  name(what: string): string {
    const start = this.#position;
    const encoded = this.bytes(this.unsigned(`the length of ${what}`), what);
    try {
      return utf8.decode(encoded);
    } catch {
      return this.fail(`${what} is not UTF-8`, start);
    }
  }

  /** A vector whose items take a byte or more each, so that no length leads to more items than there are bytes. */
  list<Item>(what: string, read: (index: number) => Item): Item[] {
    const start = this.#position;
    const count = this.unsigned(`the number of ${what}`);
    if (count > this.end - this.#position) {
      this.fail(`${count} ${what} cannot stand in ${this.end - this.#position} bytes`, start);
    }
    return Array.from({ length: count }, (_, index) => read(index));
  }

  /** A reader of the bytes after a size, over which this one moves on. */
  sized(what: string): ByteReader {
    const size = this.unsigned(`the size of ${what}`);
    const start = this.#position;
    this.bytes(size, what);
    return new ByteReader(this.#bytes, start, start + size);
  }

  /** A copy of the bytes left. */
  rest(): Uint8Array {
    return this.bytes(this.end - this.#position, "the rest").slice();
  }
}
