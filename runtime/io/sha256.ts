/** SHA-256 (FIPS 180-4) by hand: bare engines have no `crypto`, and that of others answers later. */

const isPrime = (n: number): boolean => {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
};
/** The first 32 bits behind the point of a root of a whole number, exactly: by halving what it lies between. */
function rootBits(n: number, degree: 2 | 3): number {
  const [radicand, power] = [BigInt(n) << BigInt(32 * degree), BigInt(degree)];
  let [low, high] = [0n, BigInt(n + 1) << 32n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** power <= radicand) low = middle;
    else high = middle;
  }
  return Number(low & 0xffffffffn);
}

interface Constants {
  /** Of the 64 rounds. */
  readonly keys: Int32Array;
  readonly start: Int32Array;
}

function computeConstants(): Constants {
  const primes: number[] = [];
  for (let n = 2; primes.length < 64; n++) if (isPrime(n)) primes.push(n);
  return {
    keys: Int32Array.from(primes, (prime) => rootBits(prime, 3)),
    start: Int32Array.from(primes.slice(0, 8), (prime) => rootBits(prime, 2)),
  };
}

/** Computed with the first hash: most who load this library make none. */
let constants: Constants | undefined;
const words = new Int32Array(64);

const turned = (word: number, by: number): number => (word >>> by) | (word << (32 - by));

function mixBlock(state: Int32Array, keys: Int32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) words[i] = view.getInt32(at + 4 * i);
  for (let i = 16; i < 64; i++) {
    const [x, y] = [words[i - 15]!, words[i - 2]!];
    const low = turned(x, 7) ^ turned(x, 18) ^ (x >>> 3);
    const high = turned(y, 17) ^ turned(y, 19) ^ (y >>> 10);
    words[i] = words[i - 16]! + low + words[i - 7]! + high;
  }
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const first =
      (h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + keys[i]! + words[i]!) | 0;
    const second = ((turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i]! += word));
}

/** The hash of some bytes, one after the other, as 64 hexadecimal digits. */
export function sha256(parts: readonly Uint8Array[]): string {
  const { keys, start } = (constants ??= computeConstants());
  const state = start.slice();
  const block = new Uint8Array(64);
  const blockView = new DataView(block.buffer);
  let [filled, length] = [0, 0];
  const take = (bytes: Uint8Array): void => {
    length += bytes.length;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (filled === 0 && at + 64 <= bytes.length) {
        mixBlock(state, keys, view, at);
        at += 64;
        continue;
      }
      block[filled++] = bytes[at++]!;
      if (filled < 64) continue;
      mixBlock(state, keys, blockView, 0);
      filled = 0;
    }
  };
  for (const part of parts) take(part);
  const bits = length * 8;
  const end = new Uint8Array(((119 - filled) % 64) + 9);
  end[0] = 0x80;
  const endView = new DataView(end.buffer);
  endView.setUint32(end.length - 8, Math.floor(bits / 2 ** 32));
  endView.setUint32(end.length - 4, bits >>> 0);
  take(end);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}
