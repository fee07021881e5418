/**
 * Deflate (RFC 1951), as `np.savez_compressed` writes it. By hand: hosts' own `DecompressionStream` is not everywhere where this runtime
 * is, and makes a promise of what else needs none; and no more is unpacked here than the archive said there would be.
 */
import { ArrayFileError } from "./array-file-error.js";

/** Codes by their length: how many there are of each, and the symbols in their order. */
interface Codes {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

const longestCode = 15;

const fail = (problem: string): never => {
  throw new ArrayFileError("invalid", `the compressed data are damaged: ${problem}`);
};

/** @throws ArrayFileError where the lengths are none of a code. */
function codesOf(lengths: Uint8Array): Codes {
  const counts = new Uint16Array(longestCode + 1);
  for (const length of lengths) counts[length]!++;
  counts[0] = 0;
  let open = 1;
  for (let length = 1; length <= longestCode; length++) {
    open = 2 * open - counts[length]!;
    if (open < 0) fail("there are more codes than fit");
  }
  const next = new Uint16Array(longestCode + 2);
  for (let length = 1; length <= longestCode; length++) next[length + 1] = next[length]! + counts[length]!;
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[next[length]!++] = symbol;
  });
  return { counts, symbols };
}

/** Bases and numbers of further bits of the lengths 257 to 285 and of the distances 0 to 29. */
function ranges(
  extra: readonly number[],
  first: number,
): { readonly extra: readonly number[]; readonly base: number[] } {
  let base = first;
  return { extra, base: extra.map((bits) => (base += 2 ** bits) - 2 ** bits) };
}
const lengthRanges = ranges([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5], 3);
const distanceRanges = ranges(Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1)), 1); // prettier-ignore
const orderOfLengths = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const fixedLengths = new Uint8Array(288).fill(8).fill(9, 144, 256).fill(7, 256, 280);
const fixedDistances = new Uint8Array(30).fill(5);

class Inflater {
  private readonly bytes: Uint8Array;
  private readonly size: number;
  private at = 0;
  private held = 0;
  private bitsHeld = 0;
  private out: Uint8Array;
  private length = 0;

  constructor(bytes: Uint8Array, size: number) {
    this.bytes = bytes;
    this.size = size;
    // What is announced may be a lie: room is made as there is something to put into it.
    this.out = new Uint8Array(Math.min(size, 4 * bytes.length + 64));
  }

  run(): Uint8Array {
    for (let isLast = false; !isLast;) {
      isLast = this.bits(1) === 1;
      const kind = this.bits(2);
      if (kind === 0) this.stored();
      else if (kind === 1) this.block(codesOf(fixedLengths), codesOf(fixedDistances));
      else if (kind === 2) this.block(...this.ownCodes());
      else fail("there is no such kind of block");
    }
    if (this.length !== this.size) fail(`${this.size} bytes were announced, ${this.length} came`);
    return this.out.subarray(0, this.size);
  }

  private bits(count: number): number {
    while (this.bitsHeld < count) {
      if (this.at >= this.bytes.length) throw new ArrayFileError("truncated", "the compressed data end too early");
      this.held |= this.bytes[this.at++]! << this.bitsHeld;
      this.bitsHeld += 8;
    }
    const value = this.held & ((1 << count) - 1);
    this.held >>>= count;
    this.bitsHeld -= count;
    return value;
  }

  private symbol({ counts, symbols }: Codes): number {
    let [code, first, index] = [0, 0, 0];
    for (let length = 1; length <= longestCode; length++) {
      code |= this.bits(1);
      const count = counts[length]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return fail("there is no such code");
  }

  private room(more: number): void {
    if (this.length + more > this.size) fail(`there is more than the ${this.size} bytes that were announced`);
    if (this.length + more <= this.out.length) return;
    const larger = new Uint8Array(Math.min(this.size, Math.max(2 * this.out.length, this.length + more)));
    larger.set(this.out);
    this.out = larger;
  }

  private stored(): void {
    this.held = 0;
    this.bitsHeld = 0;
    const head = this.bytes.subarray(this.at, this.at + 4);
    const length = (head[0] ?? 0) | ((head[1] ?? 0) << 8);
    if (head.length < 4 || this.at + 4 + length > this.bytes.length) {
      throw new ArrayFileError("truncated", "the compressed data end too early");
    }
    if ((length ^ 0xffff) !== (head[2]! | (head[3]! << 8))) fail("a length and its complement differ");
    this.at += 4;
    this.room(length);
    this.out.set(this.bytes.subarray(this.at, this.at + length), this.length);
    this.at += length;
    this.length += length;
  }

  private ownCodes(): [Codes, Codes] {
    const [literals, distances, lengths] = [this.bits(5) + 257, this.bits(5) + 1, this.bits(4) + 4];
    if (literals > 286 || distances > 30) fail("there are too many codes");
    const first = new Uint8Array(19);
    for (let i = 0; i < lengths; i++) first[orderOfLengths[i]!] = this.bits(3);
    const codes = codesOf(first);
    const all = new Uint8Array(literals + distances);
    for (let i = 0; i < all.length;) {
      const symbol = this.symbol(codes);
      if (symbol < 16) {
        all[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) fail("there is nothing to repeat");
      const value = symbol === 16 ? all[i - 1]! : 0;
      const count = symbol === 16 ? 3 + this.bits(2) : symbol === 17 ? 3 + this.bits(3) : 11 + this.bits(7);
      if (i + count > all.length) fail("there are too many codes");
      all.fill(value, i, i + count);
      i += count;
    }
    if (all[256] === 0) fail("a block has no end");
    return [codesOf(all.subarray(0, literals)), codesOf(all.subarray(literals))];
  }

  private block(literals: Codes, distances: Codes): void {
    for (;;) {
      const symbol = this.symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.room(1);
        this.out[this.length++] = symbol;
        continue;
      }
      const length = symbol === 285 ? 258 : this.inRange(lengthRanges, symbol - 257);
      const distance = this.inRange(distanceRanges, this.symbol(distances));
      if (distance > this.length) fail("it looks back further than its beginning");
      this.room(length);
      // What is copied may reach into what is being written.
      for (let i = 0; i < length; i++, this.length++) this.out[this.length] = this.out[this.length - distance]!;
    }
  }

  private inRange({ extra, base }: ReturnType<typeof ranges>, index: number): number {
    const bits = extra[index];
    return bits === undefined ? fail("there is no such length or distance") : base[index]! + this.bits(bits);
  }
}

/**
 * @param size How many bytes come of it.
 * @throws ArrayFileError where it is damaged, or more or fewer come.
 */
export function inflate(bytes: Uint8Array, size: number): Uint8Array {
  return new Inflater(bytes, size).run();
}
