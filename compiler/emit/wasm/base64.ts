/** Bytes as text that any encoding of a file keeps. */

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Without padding. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3);
    const bits = (a << 16) | (b << 8) | c;
    for (let k = 0; k <= Math.min(bytes.length - i, 3); k++) text += digits[(bits >> (18 - 6 * k)) & 63] ?? "";
  }
  return text;
}
