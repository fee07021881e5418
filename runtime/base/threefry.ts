/** Random bits by a key and a counter: the same for the same arguments, on every host, whatever was drawn before. */

/** Of a key and a counter, two words each: Threefry-2x32 with 20 rounds. */
export type TwoWords = readonly [number, number];

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

/** J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011). */
export function threefry(key: TwoWords, counter: TwoWords): TwoWords {
  const keys = [...key, key[0] ^ key[1] ^ 0x1bd11bda];
  const word = (i: number): number => keys[i % 3] as number;
  let [a, b] = [(counter[0] + word(0)) | 0, (counter[1] + word(1)) | 0];
  for (let group = 0; group < 5; group++) {
    for (const turn of rotations[(group % 2) as 0 | 1]) {
      a = (a + b) | 0;
      b = ((b << turn) | (b >>> (32 - turn))) ^ a;
    }
    a = (a + word(group + 1)) | 0;
    b = (b + word(group + 2) + group + 1) | 0;
  }
  return [a, b];
}

/** The two words of an integer of at least 0. */
export const wordsOf = (value: number): TwoWords => [value | 0, Math.floor(value / 2 ** 32) | 0];
