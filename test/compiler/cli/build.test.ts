/** Files of one build that would be one file: nothing is written. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { recell } from "../../support/command-line.js";

const base = mkdtempSync(join(tmpdir(), "recell-build-"));
afterAll(() => {
  rmSync(base, { recursive: true });
});

test.each([
  ["Gate", "gate"],
  ["A", "A_"],
  ["a", "A"],
])("cells %s and %s of two files", async (one, other) => {
  const files = [one, other].map((name, i) => {
    const path = join(base, `${i}.cell`);
    writeFileSync(path, `cell ${name} { input x: [2] output y = x }`);
    return path;
  });
  const out = join(base, `out-${one}`);
  const { code, error } = await recell("build", ...files, "--target", "js", "-o", out);
  expect(error).toMatch(/0\.cell and .*1\.cell both make/u);
  expect([code, existsSync(out)]).toEqual([2, false]);
});
