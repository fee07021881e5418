import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cell } from "../../../compiler/index.js";
import { adam, arrays, train } from "../../../runtime/index.js";
import { recell } from "../../support/command-line.js";

let folder = "";
const file = (name: string): string => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "recell-report-"));
  const source = "network Line(; T) { input x, y: [T] param a: [] ~ zeros loss = sum((a * x - y) ^ 2) per T }";
  const module = await cell(source, { gradient: true });
  const data = arrays({ x: [[1, 2, 3]], y: [[2, 4, 6]] });
  const lines: string[] = [];
  const options = { module, data, optimizer: adam({ learningRate: 0.1 }), batch: 1, seed: 1 };
  const validation = { data, every: 5 };
  await train({ ...options, updates: 20, validation, history: (line) => lines.push(line) }).finish();
  writeFileSync(file("history.jsonl"), `${lines.join("\n")}\n`);
  writeFileSync(file("wrong.jsonl"), "update,loss\n1,2\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("recell report", () => {
  it("says what a history is of, and draws it", async () => {
    const { code, out, error } = await recell("report", file("history.jsonl"), "--out", file("run.html"));
    expect([code, error]).toEqual([0, `wrote ${file("run.html")}\n`]);
    expect(out).toMatch(/^20 updates, in 20 epochs; the loss of the last is [\d.]+\. It ended by its updates\.\n/u);
    expect(out).toMatch(/The best validation is [\d.]+, at update 20, of 4\.\n$/u);
    expect(readFileSync(file("run.html"), "utf8")).toContain("<title>Training, history.jsonl</title>");
  });

  it("gives the events as JSON", async () => {
    const { code, out } = await recell("report", file("history.jsonl"), "--json");
    expect(code).toBe(0);
    expect((JSON.parse(out) as { updates: unknown[] }).updates).toHaveLength(20);
  });

  it("takes one history, and pictures of two kinds", async () => {
    const wrong = await recell("report", file("wrong.jsonl"));
    expect(wrong).toEqual({ code: 1, out: "", error: `recell: ${file("wrong.jsonl")}: line 1: expected an event of training, an object of JSON\n` }); // prettier-ignore
    const png = await recell("report", file("history.jsonl"), "--out", "run.png");
    expect(png.code).toBe(2);
    expect(png.error).toContain('--out takes a file that ends in .html or .svg, got "run.png"');
    expect((await recell("report")).error).toContain("report takes one history, got 0 files");
    expect((await recell("report", file("none.jsonl"))).code).toBe(2);
  });
});
