/** The code in README.md runs as it stands. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { check, compile } from "../../compiler/index.js";
import { commands } from "../../compiler/cli/commands.js";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("README.md", root), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gsu"))].map((match) => match[1] as string);

const folder = mkdtempSync(join(tmpdir(), "recell-readme-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return execFileSync(process.execPath, [path], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

describe("README.md", () => {
  const [source = ""] = blocks("cell");

  it("shows a cell without errors, in canonical form", () => {
    expect(check(source).diagnostics).toEqual([]);
  });

  it("uses the module that its command builds", () => {
    const { files } = compile(source, { cell: "GRU", dimensions: { I: 8, H: 32 }, gradient: true });
    mkdirSync(join(folder, "dist"));
    for (const { path, text } of files) writeFileSync(join(folder, "dist", path), text);
    const [usage = ""] = blocks("js");
    expect(usage).toContain("./dist/gru.js");
    expect(files.map(({ path }) => path)).toContain("gru.js");
    run("usage.mjs", `${usage}\nif (grad.params.W_r.length !== 32 * 8) throw new Error("no gradient");`);
  });

  it("compiles in process", () => {
    const built = pathToFileURL(new URL("dist/compiler/index.js", root).pathname).href;
    const [, text = ""] = blocks("js");
    expect(text).toContain('"recell"');
    run("in-process.mjs", `${text.replace('"recell"', JSON.stringify(built))}\nlstm.instantiate({ batch: 1 });`);
  });

  it("lists every command", () => {
    for (const { name } of commands) expect(page).toContain(`\`recell ${name}\``);
  });

  it("names scripts and pages that exist", () => {
    const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
      scripts: Record<string, string>;
    };
    for (const [, script] of page.matchAll(/npm (?:run )?(start|test|[a-z]+(?= *#))/gu)) {
      if (script !== "ci") expect(Object.keys(scripts)).toContain(script);
    }
    for (const [, path] of page.matchAll(/\]\(([^)#:]+)\)/gu)) {
      expect(existsSync(new URL(path as string, root)), path).toBe(true);
    }
  });
});
