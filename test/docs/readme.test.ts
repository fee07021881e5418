/** The code in README.md runs as it stands. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import * as recell from "../../compiler/index.js";
import * as runtime from "../../runtime/index.js";
import { commands } from "../../compiler/cli/commands.js";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("README.md", root), "utf8");
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gsu"))].map((match) => match[1] as string);

/** What `npm init -y && npm install recell` leaves; npm 11 writes the type. */
const folder = mkdtempSync(join(tmpdir(), "recell-readme-"));
writeFileSync(join(folder, "package.json"), '{ "name": "fresh", "version": "1.0.0", "type": "commonjs" }');
mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
symlinkSync(fileURLToPath(root), join(folder, "node_modules/recell"));
symlinkSync("../recell/dist/compiler/cli/main.js", join(folder, "node_modules/.bin/recell"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function run(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return execFileSync(process.execPath, [path], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

describe("README.md", () => {
  const [source = "", ...others] = blocks("cell");

  it("shows a cell and a network without errors", () => {
    for (const text of [source, ...others]) expect(recell.check(text).diagnostics).toEqual([]);
    expect(others.length).toBeGreaterThan(0);
  });

  it("builds a module and uses it, in a project as `npm init` makes it", () => {
    writeFileSync(join(folder, "gru.cell"), source);
    const command = blocks("sh").find((text) => text.includes("recell build")) ?? "";
    const told = execFileSync("sh", ["-c", command], { cwd: folder, encoding: "utf8" });
    const [usage = ""] = blocks("js");
    for (const name of ["dist/gru.mjs", "dist/gru.d.mts"]) {
      expect(page).toContain(`\`${name}\``);
      expect(told).toContain(name);
    }
    expect(page).toContain("`main.mjs`");
    run("main.mjs", `${usage}\nif (grad.params.W_r.length !== 32 * 8) throw new Error("no gradient");`);
  });

  it("compiles in process", () => {
    const [, text = ""] = blocks("js");
    expect(text).toContain('"recell"');
    run("in-process.mjs", `${text}\nlstm.instantiate({ batch: 1 });`);
  });

  it("trains a network in ten lines", async () => {
    const text = blocks("js").find((block) => block.includes("train({")) ?? "";
    expect(
      text
        .trim()
        .split("\n")
        .filter((line) => line !== "").length,
    ).toBeLessThanOrEqual(10);
    writeFileSync(join(folder, "tagger.cell"), others[0] ?? "");
    const texts = ["1 2 3", "2 4", "3 1 4 2"].map((line) => line.split(" ").map(Number));
    const lines = texts.map((words) => JSON.stringify({ words, gold: words.map((word) => 1 - (word % 2)) }));
    writeFileSync(join(folder, "tagged.jsonl"), lines.join("\n"));
    // On the sources, in this process.
    const losses: number[] = [];
    const packages = { recell, "recell/runtime": runtime, "node:fs": { readFileSync } };
    Object.assign(globalThis, { readme: { packages, tell: (loss: number) => losses.push(loss) } });
    const program = text
      .replace(/^import (\{.*\}) from ("[^"]*");$/gmu, "const $1 = globalThis.readme.packages[$2];")
      .replaceAll('readFileSync("', `readFileSync(${JSON.stringify(`${folder}/`)} + "`)
      .replaceAll("console.log(", "globalThis.readme.tell(");
    const { p } = (await import(`data:text/javascript,${encodeURIComponent(`${program}\nexport { p };`)}`)) as {
      p: Float32Array;
    };
    Reflect.deleteProperty(globalThis, "readme");
    expect(losses.length).toBe(3);
    expect(losses[2]).toBeLessThan(0.1);
    expect([p[1]! > 0.8, p[2]! > 0.8]).toEqual([true, true]);
  });

  it("keeps parameters in a file", () => {
    const text = blocks("js").find((block) => block.includes('"recell/node"')) ?? "";
    run("params.mjs", `${text}\nif (other.params.W_r[0] !== gru.params.W_r[0]) throw new Error("other numbers");`);
    expect(existsSync(join(folder, "gru.safetensors"))).toBe(true);
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
