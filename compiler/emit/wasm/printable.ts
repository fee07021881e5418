/**
 * Bytes as printable ASCII, without `"` and `\`: those below 91 are one character, the others two, of which the first
 * says by how much the second is too low. Other than in base64, equal bytes are equal text wherever they are, which
 * compressors need: kernels take a third less in a compressed module.
 */
export function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const high = Math.floor(byte / 91);
    const low = byte % 91;
    text += ["", " ", "!"][high] ?? "";
    text += String.fromCharCode(low + (low < 57 ? 35 : 36));
  }
  return text;
}
