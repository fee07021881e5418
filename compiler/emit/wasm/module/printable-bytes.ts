/**
 * Bytes as printable ASCII, without `"` and `\`: 91 of them are one character, the others two, of which the first says
 * by how much the second is too low. Other than in base64, equal bytes are equal text wherever they are, which
 * compressors need: kernels take a third less in a compressed module. Counting begins at 253, which begins every vector
 * instruction and so becomes one character.
 */
export function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const place = (byte + 3) % 256;
    const high = Math.floor(place / 91);
    const low = place % 91;
    text += ["", " ", "!"][high] ?? "";
    text += String.fromCharCode(low + (low < 57 ? 35 : 36));
  }
  return text;
}
