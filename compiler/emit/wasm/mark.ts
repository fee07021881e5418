/**
 * A mark in a file of kernels, by which the module that belongs to it knows it: kernels of another module would compute
 * with addresses of another memory.
 */

/** Adds a custom section `recell` whose content is a digest of the bytes before it. */
export function addMark(bytes: Uint8Array): { readonly mark: string; readonly bytes: Uint8Array } {
  const mark = digest(bytes);
  const ascii = (text: string): number[] => [text.length, ...[...text].map((c) => c.charCodeAt(0))];
  const section = [...ascii("recell"), ...ascii(mark).slice(1)];
  return { mark, bytes: Uint8Array.from([...bytes, 0, section.length, ...section]) };
}

/** Two 32-bit FNV-1a hashes, which begin differently, in hexadecimal. */
function digest(bytes: Uint8Array): string {
  const hash = (start: number): string => {
    let state = start;
    for (const byte of bytes) state = Math.imul(state ^ byte, 0x01000193);
    return (state >>> 0).toString(16).padStart(8, "0");
  };
  return hash(0x811c9dc5) + hash(0x9e3779b9);
}
