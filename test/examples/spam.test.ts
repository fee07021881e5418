/** The spam example at a small size, on mails in which only the order of the words tells. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readMails } from "../../examples/spam/data.js";
import { runJob } from "../../examples/spam/job.js";
import { createRandom } from "../../runtime/index.js";

it("learns what a bag of words cannot know", async () => {
  const random = createRandom(1);
  const other = ["the", "new", "plan", "for", "our", "list"];
  const corpus = Array.from({ length: 400 }, (_, i) => {
    const offer = i % 2 === 0 ? "buy now" : "now buy";
    const words = random
      .shuffle([offer, offer, offer, ...other])
      .join(" ")
      .split(" ");
    const group = i % 2 === 0 ? "spam-1" : "easy-ham-1";
    return { group, text: `Subject: ${words.slice(0, 3).join(" ")}\n\n<b>${words.slice(3).join(" ")}</b>` };
  });
  const out = mkdtempSync(join(tmpdir(), "recell-spam-"));
  try {
    const mails = readMails(corpus, 1);
    const said: string[] = [];
    const say = (line: string): unknown => said.push(line);
    const result = await runJob({ mails, dimensions: { V: 10, E: 8, H: 12, A: 8 }, most: 12, updates: 160, seed: 1, out, say }); // prettier-ignore
    expect(result.network).toBeGreaterThan(0.9);
    expect(result.sameWords).toBeLessThan(0.75);
    expect(result.difference).toBeLessThan(1e-6);
    expect(said.join("\n")).toContain("Told right");
    expect(readFileSync(join(out, "spam.svg"), "utf8")).toMatch(/^(?![^]*(?:NaN|undefined))<svg /u);
  } finally {
    rmSync(out, { recursive: true });
  }
});

it("reads subjects and bodies, without marks, and each mail once", () => {
  const text = "From: me@here\nSubject: Win $500!\n\n<p>Click&nbsp;HERE</p>=\n now";
  const mails = readMails([{ group: "spam-2", text }, { group: "hard-ham-1", text }], 1); // prettier-ignore
  expect(mails.map(({ words, spam }) => [words.join(" "), spam])).toEqual([["win $ 0 ! click here now", true]]);
});
