/**
 * A digest that tells builds apart and finds damaged bytes: 64 bits, not made against people who want two files to look alike.
 *
 * Both halves are changed by every unit one to one, so that no change of a single unit goes unseen. `shell/wasm-file.js` computes
 * the same where a module is given its file.
 */

/** @param units Bytes, or what a text has in their place. @returns 16 hexadecimal digits. */
export function digestOf(units: Uint8Array | string): string {
  const at = typeof units === "string" ? (i: number) => units.charCodeAt(i) : (i: number) => units[i]!;
  let [a, b] = [0x811c9dc5 | 0, 0x9e3779b9 | 0];
  for (let i = 0; i < units.length; i++) {
    const unit = at(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(((b << 5) | (b >>> 27)) ^ unit, 0x85ebca6b);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
}
