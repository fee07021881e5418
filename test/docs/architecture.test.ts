/** ARCHITECTURE.md shows what every stage prints for one cell: here `recell explain` prints it again. `UPDATE=1` rewrites the page. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { recell } from "../support/command-line.js";

const source = `/// A plain recurrent cell (J. L. Elman, 1990).
cell Elman(I, H) {
  input x: [I]
  state h: [H]
  param W: [H, I] ~ glorot_uniform
  param U: [H, H] ~ orthogonal
  param b: [H] ~ zeros

  h' = tanh(W @ x + U @ h + b)

  output y = h'
}
`;

const lines = (text: string, from: RegExp, to: RegExp): string => {
  const all = text.split("\n");
  const start = all.findIndex((line) => from.test(line));
  const end = all.findIndex((line, i) => i > start && to.test(line));
  return all.slice(start, end + 1).join("\n");
};

const file = join(mkdtempSync(join(tmpdir(), "recell-architecture-")), "elman.cell");
writeFileSync(file, source);
const sizes = ["-d", "I=3", "-d", "H=4"];

/** As people see it. */
async function explained(...after: string[]): Promise<string> {
  const { code, out, error } = await recell("explain", file, "--after", ...after);
  if (code !== 0) throw new Error(error);
  return out.trimEnd();
}

const code = await explained("print", "--entry", "step", "--target", "js", "--dtype", "f64", ...sizes);
const forward = ["--entry", "forward", "--no-gradient"];
const stages: Readonly<Record<string, readonly [language: string, text: string]>> = {
  source: ["cell", await explained("parse")],
  step: ["graph", await explained("lower")],
  forward: ["graph", await explained("remove-unused-values", ...forward)],
  list: ["text", await explained("list")],
  check: ["text", await explained("check")],
  backward: ["graph", await explained("remove-unused-values", "--entry", "backward")],
  derive: ["graph", await explained("derive", "--entry", "forward")],
  kernel: ["text", await explained("kernels", ...forward, ...sizes)],
  wasm: ["text", await explained("choose-lanes", "--entry", "step", ...sizes)],
  layout: ["text", lines(await explained("layout", ...sizes), /^final\.h/u, /^packed\.0/u)],
  module: ["js", lines(code, /elementwise/u, /^ {2}\}/u).replace(/^ {2}/gmu, "")],
};

it("ARCHITECTURE.md shows what the stages print", () => {
  const path = new URL("../../ARCHITECTURE.md", import.meta.url);
  const page = readFileSync(path, "utf8");
  const expected = page.replace(
    /(<!-- stage: (\w+) -->\n)(?:\n```.*?\n```\n)?/gsu,
    (_match, marker: string, name: string) => {
      const [language, text] = stages[name] as readonly [string, string];
      return `${marker}\n\`\`\`${language}\n${text}\n\`\`\`\n`;
    },
  );
  if (process.env["UPDATE"] === "1") writeFileSync(path, expected);
  else expect(page, "`UPDATE=1 npx vitest run test/docs` writes it anew").toBe(expected);
});
