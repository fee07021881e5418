import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { sha256 } from "../../../runtime/io/sha256.js";

it("gives what node:crypto gives, for any length and however bytes come", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
    const expected = createHash("sha256").update(bytes).digest("hex");
    const cut = (length * 7) % (length + 1);
    expect(sha256([bytes])).toBe(expected);
    expect(sha256([bytes.subarray(0, cut), new Uint8Array(0), bytes.subarray(cut)])).toBe(expected);
  }
});
