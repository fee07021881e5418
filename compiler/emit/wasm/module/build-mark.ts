/**
 * A mark in a file of kernels: the build that it belongs to, and which variant it is. Kernels of another build would compute
 * with addresses of another memory.
 */

/** The file: the kernels, and a custom section `recell` with a text of less than 100 ASCII characters. */
export function addMark(bytes: Uint8Array, mark: string): Uint8Array {
  const ascii = (text: string): number[] => [text.length, ...[...text].map((c) => c.charCodeAt(0))];
  const section = [...ascii("recell"), ...ascii(mark).slice(1)];
  return Uint8Array.from([...bytes, 0, section.length, ...section]);
}
