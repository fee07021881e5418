/** Numbers and texts as the WebAssembly binary format writes them. */

const utf8 = new TextEncoder();

/** A growing run of bytes. */
export class ByteWriter {
  #bytes = new Uint8Array(256);
  #length = 0;

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: ArrayLike<number>): void {
    if (this.#length + values.length > this.#bytes.length) this.#grow(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** An unsigned LEB128 number below 2^32. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    for (; rest > 0x7f; rest >>>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  /** A signed LEB128 number of at most 32 bits. */
  signed(value: number): void {
    let rest = value | 0;
    for (; rest < -0x40 || rest > 0x3f; rest >>= 7) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest & 0x7f);
  }

  /** A signed LEB128 number of at most 64 bits. */
  signed64(value: bigint): void {
    let rest = BigInt.asIntN(64, value);
    for (; rest < -0x40n || rest > 0x3fn; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80);
    this.byte(Number(rest & 0x7fn));
  }

  /** Bits, the lowest byte first. */
  littleEndian(bits: bigint, byteCount: number): void {
    for (let i = 0; i < byteCount; i++) this.byte(Number((bits >> BigInt(8 * i)) & 0xffn));
  }

  /** Text after its length in bytes. */
  name(text: string): void {
    const encoded = utf8.encode(text);
    this.unsigned(encoded.length);
    this.bytes(encoded);
  }

  /** A vector: the number of items, then each. */
  list<Item>(items: readonly Item[], write: (item: Item) => void): void {
    this.unsigned(items.length);
    items.forEach(write);
  }

  /** What `write` writes, after its size in bytes. */
  sized(write: (content: ByteWriter) => void): void {
    const content = new ByteWriter();
    write(content);
    this.unsigned(content.#length);
    this.bytes(content.#bytes.subarray(0, content.#length));
  }

  /** A copy of the bytes so far. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(atLeast: number): void {
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + atLeast));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}
