/** What spec/explaining.md shows is what `recell explain` prints. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { recell } from "../support/command-line.js";

const path = "spec/explaining.md";
const page = readFileSync(path, "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gmu"))].map(([, text = ""]) => text);

async function explain(...options: string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "recell-explaining-"));
  try {
    writeFileSync(join(folder, "leaky.cell"), blocks("cell")[0]!);
    const { code, out, error } = await recell("explain", join(folder, "leaky.cell"), ...options);
    expect([code, error]).toEqual([0, ""]);
    return out;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** `UPDATE=1 npx vitest run test/spec/explaining.test.ts` puts what is printed into the page. */
async function expectShown(language: string, ...options: string[]): Promise<void> {
  const printed = await explain(...options);
  const [shown = ""] = blocks(language);
  if (process.env["UPDATE"] === "1") {
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace(shown, () => printed),
    );
    return;
  }
  expect(shown).toBe(printed);
}

test("--equations", async () => {
  await expectShown("text", "--equations");
});

test("--memory", async () => {
  await expectShown("txt", "--memory", "2MB", "--steps", "100000", "-d", "I=64", "-d", "H=64");
});

test("--latex", async () => {
  await expectShown("latex", "--latex");
});
