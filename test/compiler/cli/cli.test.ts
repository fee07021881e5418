import { execFileSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "../../../compiler/cli/commands.js";
import { cell } from "../../../compiler/index.js";
import { type CompiledModule, saveParams } from "../../../runtime/index.js";
import { recell } from "../../support/command-line.js";

let folder = "";
const file = (name: string): string => join(folder, name);
const leaky =
  "cell Leaky(N) {\n  input x: [N]\n  state h: [N]\n  param w: [N] ~ ones\n\n  h' = h * w + x\n\n  output y = h'\n}\n";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recell-cli-"));
  writeFileSync(file("leaky.cell"), leaky);
  writeFileSync(file("ugly.cell"), leaky.replace("h * w + x", "h*w  +x"));
  writeFileSync(file("wrong.cell"), leaky.replace("h * w", "g * w"));
  writeFileSync(file("broken.cell"), "cell Leaky(N) {");
  writeFileSync(file("two.cell"), leaky + leaky.replace("Leaky", "LeakyToo"));
  writeFileSync(
    file("heads.cell"),
    "cell Heads(H, N) {\n  input x: [H]\n  state h: [H]\n  h' = reshape(relu(reshape(h + x, [N, H / N])), [H])\n  output y = h'\n}\n",
  );
  writeFileSync(
    file("imports.cell"),
    'import { Leaky } from "./leaky.cell"\ncell Two(N) {\n  input x: [N]\n  use a = Leaky(N)\n  output y = a(x)\n}\n',
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The cell with its parameter set. */
async function trainedLeaky(w: readonly number[]) {
  const module = await cell(leaky, { dimensions: { N: w.length } });
  const instance = module.instantiate();
  instance.setParams({ w });
  return { module, instance };
}

describe("help", () => {
  test("of the command itself", async () => {
    const { code, out } = await recell("--help");
    expect(code).toBe(0);
    for (const { name } of commands) expect(out).toContain(`  ${name}`);
    expect(out).toContain("exit codes:");
    expect((await recell()).code).toBe(2);
    expect((await recell("--version")).out).toMatch(/^\d+\.\d+\.\d+\n$/u);
  });

  test.each(commands.map(({ name }) => name))("of %s", async (name) => {
    const { code, out } = await recell(name, "--help");
    expect(code).toBe(0);
    expect(out).toContain("examples:");
    expect(out.split("\n").every((line) => line.length <= 110)).toBe(true);
  });
});

describe("wrong use exits with 2 and says what is wrong", () => {
  test.each([
    [["biuld"], /no command "biuld"; did you mean build\?/u],
    [["build"], /build needs a FILE/u],
    [["build", "x.cell", "--dmi", "H=1"], /no option --dmi; did you mean --dim\?/u],
    [["build", "x.cell", "--dim", "H"], /--dim takes NAME=NUMBER/u],
    [["build", "x.cell", "--dim"], /--dim needs a value/u],
    [["build", "x.cell", "--dtype", "f16"], /--dtype must be f32 or f64, got "f16"|cannot read/u],
    [["check", "missing.cell"], /cannot read missing.cell: no such file\n$/u],
    [["check", "std/lstn"], /cannot read std\/lstn: no such file; did you mean std\/lstm\?/u],
    [["check", "std/transformer"], /no such file; recell ships with std\/.*, std\/lstm, /u],
    [["build", "std/lstm", "H=5"], /cannot read H=5: no such file; a size is given with --dim: --dim H=5/u],
    [["build", "std/lstm"], /LSTM needs a size for I and H: --dim I=… --dim H=…/u],
    [["diagnose", "std/lstm", "-d", "I=5"], /LSTM needs a size for H: --dim H=…/u],
    [["explain", "std/gru", "--entry", "jvp"], /there is no entry jvp; there is one with --jvp/u],
    [["explain", "std/gru", "--entry", "step"], /no entry step; there are forward, backward, and more with --after/u],
    [["explain", "std/gru", "--entry", "backwards"], /there is no entry backwards; did you mean backward\?/u],
    [["explain", "std/gru", "--entry", "step"], /there is no entry step; there are forward, backward/u],
    [["check", "--json=yes", "x.cell"], /--json takes no value/u],
    [["build", "x.cell", "--hvp", "--no-gradient"], /--hvp includes the gradient: leave out --no-gradient/u],
    [["build", "x.cell", "--hvp", "--gradient", "params"], /--hvp includes the gradient: leave out --gradient params/u],
    [["build", "x.cell", "--gradient=inputs"], /--gradient takes nothing or params, got "inputs"/u],
    [["build", "x.cell", "--no-gradient", "params"], /--no-gradient takes no value, got "params"/u],
    [["explain", "x.cell", "--equations", "--json"], /--equations prints text only; leave out --json/u],
    [["explain", "x.cell", "--latex", "--after", "lift"], /--latex does not go with --after; give one of them/u],
    [["explain", "x.cell", "--equations", "--after", "simplify"], /--equations does not go with --after/u],
    [["explain", "x.cell", "--equations", "--entry", "step"], /--equations does not go with --entry/u],
    [["bench", "x.cell", "--steps", "0"], /--steps must be an integer of at least 1, got "0"/u],
    [["bench", "x.cell", "--steps", "0x10"], /--steps must be an integer of at least 1, got "0x10"/u],
    [["bench", "x.cell", "--seconds", "1e1 "], /--seconds must be a number above 0 and at most 3600, got "1e1 "/u],
    [["bench", "x.cell", "--seconds", "-1"], /--seconds must be a number above 0 and at most 3600, got "-1"/u],
    [["bench", "x.cell", "--target", "js", "--fma"], /--fma needs --target wasm/u],
    [["bench", "std/luong", "--cell", "LuongDotGRU", "-d", "S=0"], /--dim S must be a positive integer, got 0/u],
    [["bench", "std/lstm", "-d", "I=4"], /LSTM needs a size for H/u],
    [
      ["bench", "std/lstm", "-d", "I=4", "-d", "H=4", "--batch", "1e9"],
      /calls of these sizes take \d{13} bytes; at most 536870912 can be timed/u,
    ],
    [["gradcheck", "x.cell", "--seed", "abc"], /--seed must be an integer|cannot read/u],
  ])("%j", async (args, message) => {
    const { code, out, error } = await recell(...args);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(error).toMatch(message);
  });
});

describe("bench", () => {
  const benchmarking = readFileSync(new URL("../../../spec/benchmarking.md", import.meta.url), "utf8");

  /** A line without what differs from run to run. Operations and bytes are counted, so they stay. */
  const withoutMeasured = (line: string): string =>
    line
      .replace(/\d+(\.\d+)? (?=[µmn]?s\b|%|GFLOP\/s|GB\/s)([µmn]?s\b)?/gu, "# ")
      .replace(/ [\d.]+(?=$| +# +%)/gu, "")
      .replace(/ +/gu, " ")
      .trimEnd();

  const quick = ["-d", "N=3", "--steps", "4", "--seconds", "0.05"];

  test("a table", async () => {
    const { code, out } = await recell("bench", file("leaky.cell"), ...quick, "--batch", "2");
    expect(code).toBe(0);
    expect(out).toMatch(/^Leaky N=3, f32, wasm; 2 examples, 4 steps\n/u);
    for (const line of ["step ", "forward ", "gradient / forward: ", "where backward goes, "]) {
      expect(out).toContain(`\n${line}`);
    }
  });

  test("spec/benchmarking.md shows what it prints, but for times, rates and shares", async () => {
    const [, command = "", sample = ""] = /```text\nrecell (.*?)\n\n(.*?)```/su.exec(benchmarking) ?? [];
    const { out } = await recell(...command.split(" "), "--seconds", "0.05");
    const form = (text: string): string[] => text.split("\n").map(withoutMeasured);
    expect(form(sample)).not.toEqual(sample.split("\n"));
    // It shows one of the two functions that are taken apart.
    const [shown = ""] = out.split("\nwhere backward goes");
    expect(form(sample)).toEqual(form(shown));
    const [, head = ""] = /^( +median .*)$/mu.exec(shown) ?? [];
    for (const title of head.trim().split(/ {2,}/u)) {
      if (!/FLOP|B\/s/u.test(title)) expect(benchmarking).toMatch(new RegExp(`^\\|[^|]*\\b${title}\\b[^|]* \\|`, "mu"));
    }
  });

  test("JSON", async () => {
    const { code, out } = await recell("bench", file("leaky.cell"), ...quick, "--json", "--target", "js");
    expect(code).toBe(0);
    const profile = JSON.parse(out) as Record<string, unknown>;
    expect(profile).toMatchObject({ cell: "Leaky", kernels: "js", dtype: "f32", batch: 1, steps: 4 });
    // The page about it names every field.
    expect([...benchmarking.matchAll(/^\| `(\w+)` +\|/gmu)].map(([, name]) => name)).toEqual(Object.keys(profile));
    const [ofFunctions] = profile["functions"] as Record<string, unknown>[];
    const row = /^\| `functions` .*$/mu.exec(benchmarking)?.[0] ?? "";
    expect([...row.matchAll(/`(\w+)`/gu)].slice(1).map(([, name]) => name)).toEqual(Object.keys(ofFunctions!));
  });

  test("a source with errors", async () => {
    const { code, out, error } = await recell("bench", file("wrong.cell"), "-d", "N=3");
    expect([code, out]).toEqual([1, ""]);
    expect(error).toContain("error[unknown-name]");
  });
});

describe("check", () => {
  test("a good file", async () => {
    const { code, out, error } = await recell("check", file("leaky.cell"), file("imports.cell"));
    expect([code, out, error]).toEqual([0, "", "2 files: no errors\n"]);
  });

  test("an error, with its place", async () => {
    const { code, error } = await recell("check", file("wrong.cell"), file("leaky.cell"));
    expect(code).toBe(1);
    expect(error).toMatch(/error\[unknown-name\]/u);
    expect(error).toMatch(/wrong\.cell:6:8/u);
    expect(error).toMatch(/2 files: 1 error/u);
  });

  test("warnings fail only where they are asked to", async () => {
    writeFileSync(file("unused.cell"), leaky.replace("param w", "param v: [N] ~ ones\n  param w"));
    const plain = await recell("check", file("unused.cell"));
    expect([plain.code, plain.error]).toEqual([0, expect.stringMatching(/1 file: 1 warning/u) as string]);
    expect((await recell("check", "--strict", file("unused.cell"))).code).toBe(1);
  });

  test("colours only where they are wanted", async () => {
    expect((await recell("check", file("wrong.cell"))).error).not.toContain("\u001b");
    expect((await recell("check", "--color", file("wrong.cell"))).error).toContain("\u001b[31;1m");
  });

  test("a cell of the standard library", async () => {
    expect(await recell("check", "std/lstm")).toEqual({ code: 0, out: "", error: "1 file: no errors\n" });
  });

  test("as JSON", async () => {
    const { code, out, error } = await recell("check", "--json", file("wrong.cell"));
    expect([code, error]).toEqual([1, ""]);
    const found = JSON.parse(out) as { code: string; line: number }[];
    expect(found.map(({ code, line }) => [code, line])).toContainEqual(["unknown-name", 6]);
  });
});

describe("fmt", () => {
  test("--check lists what would change", async () => {
    const { code, out } = await recell("fmt", "--check", file("leaky.cell"), file("ugly.cell"));
    expect([code, out]).toEqual([1, `${file("ugly.cell")}\n`]);
    expect((await recell("fmt", "--check", file("leaky.cell"))).code).toBe(0);
  });

  test("writes the canonical form", async () => {
    const { code } = await recell("fmt", file("ugly.cell"));
    expect(code).toBe(0);
    expect(readFileSync(file("ugly.cell"), "utf8")).toBe(leaky);
  });

  test("keeps the line ends of Windows", async () => {
    writeFileSync(file("windows.cell"), leaky.replaceAll("\n", "\r\n"));
    expect((await recell("fmt", "--check", file("windows.cell"))).code).toBe(0);
  });

  test("--upgrade writes older spellings as they are written today, and says which", async () => {
    const text = "cell A(H) {\n  input x: [H]\n  param m: [H] ~ constant(2)\n\n  output y = stop_gradient(m) * x\n}\n";
    writeFileSync(file("old.cell"), text);
    expect(await recell("fmt", "--upgrade", "--check", file("old.cell"))).toEqual({
      code: 1,
      out: `${file("old.cell")}\n`,
      error: `${file("old.cell")}:3:18: constant(2) -> 2\n`,
    });
    expect(readFileSync(file("old.cell"), "utf8")).toBe(text);
    await recell("fmt", "--upgrade", file("old.cell"));
    expect(readFileSync(file("old.cell"), "utf8")).toBe(text.replace("constant(2)", "2"));
    const { error } = await recell("fmt", "--upgrade", "tensors", file("old.cell"));
    expect(error).toContain("old.cell:3:3: param m in stop_gradient -> fixed m\n");
    const now = text.replace("param m: [H] ~ constant(2)", "fixed m: [H] ~ 2").replace("stop_gradient(m)", "m");
    expect(readFileSync(file("old.cell"), "utf8")).toBe(now);
    writeFileSync(
      file("left.cell"),
      "cell A(H) {\n  input x: [H]\n  state p: [H]\n\n  p' = x\n\n  output y = p + p'\n}\n",
    );
    const left = await recell("fmt", "--upgrade", "tensors", file("left.cell"));
    expect(left.code).toBe(0);
    expect(left.error).toContain(
      "left.cell:5:3: left: p' = x, not p = delay(x, by = 1): `p'`, the input of this step, is read as well\n",
    );
    const unused = await recell("fmt", "--root", ".", file("old.cell"));
    expect([unused.code, unused.error]).toEqual([2, expect.stringContaining("--root goes with --upgrade")]);
  });

  test("leaves a file alone that is read-only or not UTF-8", async () => {
    const ugly = leaky.replace("h * w", "h*w");
    writeFileSync(file("kept.cell"), ugly, { mode: 0o444 });
    const kept = await recell("fmt", file("kept.cell"));
    expect([kept.code, kept.error]).toEqual([2, expect.stringContaining("kept.cell: it is read-only")]);
    expect(readFileSync(file("kept.cell"), "utf8")).toBe(ugly);
    const bytes = Buffer.concat([Buffer.from("// caf\xe9\n", "latin1"), Buffer.from(ugly)]);
    writeFileSync(file("latin.cell"), bytes);
    const latin = await recell("fmt", file("latin.cell"));
    expect([latin.code, latin.error]).toEqual([2, expect.stringContaining("latin.cell: it is not UTF-8")]);
    expect(readFileSync(file("latin.cell")).equals(bytes)).toBe(true);
    writeFileSync(file("wide.cell"), `\ufeff${leaky}`, "utf16le");
    expect((await recell("check", file("wide.cell"))).error).toContain("it is UTF-16; save it as UTF-8");
  });

  test("leaves a file alone that it cannot read", async () => {
    const { code, error } = await recell("fmt", file("broken.cell"));
    expect(code).toBe(1);
    expect(error).toContain("is left as it is");
    expect(readFileSync(file("broken.cell"), "utf8")).toBe("cell Leaky(N) {");
  });
});

describe("build", () => {
  test("writes a module and its types, and nothing else", async () => {
    const out = file("dist/models");
    const { code, out: shown } = await recell("build", file("leaky.cell"), "--dim", "N=3", "--out", out);
    expect(code).toBe(0);
    expect(shown).toContain("leaky.js");
    expect(readdirSync(out).sort()).toEqual(["leaky.d.ts", "leaky.js"]);
  });

  test("names, --no-types", async () => {
    const out = file("named");
    await recell("build", file("leaky.cell"), "-d", "N=3", "-o", out, "--name", "model", "--no-types", "--no-gradient");
    expect(readdirSync(out)).toEqual(["model.js"]);
    expect(readFileSync(join(out, "model.js"), "utf8")).not.toContain("function backward");
  });

  /** What a program prints that imports `instantiate` from a built module, in a process of its own. */
  const run = (folder: string, start: string, flags: readonly string[] = []): string => {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const use = `cell.params.w.set([0.5, -0.5, 2]);\nconsole.log(cell.variant, cell.forward({ x: [1, 2, 3, 4, 5, 6] }).y.join());\n`;
    writeFileSync(join(folder, "main.js"), `${start}\n${use}`);
    return execFileSync(process.execPath, [...flags, "main.js"], { cwd: folder, encoding: "utf8" }).trim();
  };
  const inText = 'import { instantiate } from "./leaky.js";\nconst cell = instantiate({ steps: 2 });';
  const numbers = "1,2,3,4.5,4,12";

  test("--params puts trained parameters into the module, with its types", async () => {
    const { module, instance } = await trainedLeaky([0.5, 2]);
    writeFileSync(file("leaky.safetensors"), saveParams(module, instance));
    const build = ["build", file("leaky.cell"), "--dim", "N=2", "--params", file("leaky.safetensors")];
    for (const more of [[], ["--target", "js"], ["--wasm-file"], ["--dtype", "f64"]]) {
      const out = file(`trained${more.join("")}`);
      const { code, out: said } = await recell(...build, ...more, "--out", out);
      expect(code).toBe(0);
      expect(said).toMatch(/leaky\.js {2}\d+\.\d KiB, 0\.0 KiB of it parameters in base64\n/u);
      const { instantiate } = (await import(join(out, "leaky.js"))) as CompiledModule;
      const kernels = more[0] === "--wasm-file" ? { wasm: readFileSync(join(out, "leaky.wasm")) } : {};
      const trained = instantiate({ steps: 2, ...kernels });
      expect([...trained.forward({ x: [1, 1, 0, 0] })["y"]!]).toEqual([1, 1, 0.5, 2]);
      expect(readFileSync(join(out, "leaky.d.ts"), "utf8")).toContain("export declare function instantiate(");
    }
  });

  test("--params of another cell are refused, with what both sides have", async () => {
    const { module, instance } = await trainedLeaky([0.5, 2]);
    writeFileSync(file("leaky.safetensors"), saveParams(module, instance));
    const build = ["build", "--params", file("leaky.safetensors"), "--out", file("refused")];
    const { code, error } = await recell(...build, file("leaky.cell"), "--dim", "N=3");
    expect(code).toBe(1);
    expect(error).toContain("w of Leaky must have shape [3], the file has [2]; Leaky has w [3]; the file has w [2]");
    const other = await recell(...build, "std/indrnn", "-d", "I=2", "-d", "H=2");
    expect(other.error).toMatch(/is not in the file; IndRNN has W \[2, 2\], .*; the file has w \[2\]\n$/u);
    expect(existsSync(file("refused"))).toBe(false);
    expect((await recell(...build, file("leaky.cell"), file("two.cell"))).error).toContain("--params are for one FILE");
    expect((await recell("build", file("leaky.cell"), "-d", "N=2", "--params", file("none"))).code).toBe(2);
  });

  test("--wasm-file writes kernels beside the module, which gives the same numbers with them", async () => {
    const [plain, beside] = [file("plain"), file("beside")];
    const build = ["build", file("leaky.cell"), "-d", "N=3", "--no-types"];
    expect((await recell(...build, "-o", plain)).code).toBe(0);
    expect((await recell(...build, "-o", beside, "--wasm-file")).code).toBe(0);
    expect(readdirSync(beside).sort()).toEqual(["leaky.js", "leaky.wasm"]);
    expect(run(plain, inText)).toBe(`wasm ${numbers}`);
    const start = `
      import { readFileSync } from "node:fs";
      import { instantiate } from "./leaky.js";
      const wasm = readFileSync(new URL("leaky.wasm", import.meta.url));
      const cell = instantiate({ steps: 2, wasm });`;
    expect(run(beside, start)).toBe(`wasm ${numbers}`);
    expect(run(beside, start.replace("= readFileSync(", "= new WebAssembly.Module(readFileSync(").replace("url));", "url)));"))).toBe(`wasm ${numbers}`); // prettier-ignore
  });

  test("--fma builds both variants, of which a host runs the one it has", async () => {
    const [both, files] = [file("both"), file("both-files")];
    const build = ["build", file("leaky.cell"), "-d", "N=3", "--no-types", "--fma"];
    expect((await recell(...build, "-o", both)).code).toBe(0);
    expect((await recell(...build, "-o", files, "--wasm-file")).code).toBe(0);
    expect(readdirSync(files).sort()).toEqual(["leaky.fma.wasm", "leaky.js", "leaky.wasm"]);
    const relaxed = ["--experimental-wasm-relaxed-simd"];
    const start = `
      import { readFileSync } from "node:fs";
      import { instantiate, variant } from "./leaky.js";
      const name = { wasm: "leaky.wasm", "wasm-fma": "leaky.fma.wasm" }[variant];
      const cell = instantiate({ steps: 2, wasm: readFileSync(name) });`;
    // Products of these numbers are exact: one rounding or two, they are the same.
    for (const [folder, program] of [[both, inText], [files, start]] as const) {
      expect(run(folder, program)).toMatch(new RegExp(`^wasm(-fma)? ${numbers}$`, "u"));
      expect(run(folder, program, relaxed)).toBe(`wasm-fma ${numbers}`);
    } // prettier-ignore
  });

  test("asks for the cell and for dimensions", async () => {
    const two = await recell("build", file("two.cell"), "--dim", "N=1", "-o", file("two"));
    expect([two.code, two.error]).toEqual([2, expect.stringMatching(/Leaky, LeakyToo/u) as string]);
    const unknown = await recell("build", file("two.cell"), "--cell", "Leeky", "--dim", "N=1", "-o", file("two"));
    expect(unknown.error).toMatch(/no cell "Leeky".*Leaky/u);
    const missing = await recell("build", file("leaky.cell"), "-o", file("two"));
    expect([missing.code, missing.error]).toEqual([2, expect.stringMatching(/N/u) as string]);
    const extra = await recell("build", file("leaky.cell"), "-d", "N=1", "-d", "Q=1", "-o", file("two"));
    expect([extra.code, extra.error]).toEqual([2, expect.stringMatching(/Q/u) as string]);
  });

  test("does not write where it fails", async () => {
    mkdirSync(file("none"));
    const { code } = await recell("build", file("wrong.cell"), "-d", "N=1", "-o", file("none"));
    expect(code).toBe(1);
    expect(readdirSync(file("none"))).toEqual([]);
  });
});

describe("writing", () => {
  const build = (out: string): ReturnType<typeof recell> =>
    recell("build", file("leaky.cell"), "-d", "N=2", "--no-types", "--out", out);

  test("makes directories", async () => {
    expect((await build(file("new/deep/folder"))).code).toBe(0);
    expect(readdirSync(file("new/deep/folder"))).toEqual(["leaky.js"]);
  });

  test.each(["", "/below", "/below/deeper"])("below a file is refused (%j)", async (below) => {
    const { code, error } = await build(file("leaky.cell") + below);
    expect([code, error]).toEqual([2, expect.stringMatching(/^recell: cannot write .*: a part of the path/u)]);
  });

  test.runIf(process.platform === "linux")("ends where the file system makes no directories", async () => {
    const { code, error } = await build("/proc/recell/deep");
    expect([code, error]).toEqual([2, expect.stringMatching(/^recell: cannot write \/proc\/recell/u)]);
  });

  test("all files of a build or none, and only in the place of files", async () => {
    const out = file("together");
    mkdirSync(join(out, "leaky.d.ts"), { recursive: true });
    const all = ["build", file("leaky.cell"), "-d", "N=2", "--wasm-file", "--out", out];
    const { code, out: told, error } = await recell(...all);
    expect([code, told, error]).toEqual([
      2,
      "",
      `recell: cannot write ${join(out, "leaky.d.ts")}: it is a directory\n`,
    ]);
    expect(readdirSync(out)).toEqual(["leaky.d.ts"]);
  });

  test.runIf(process.platform === "linux")("what stands for an open file is not rewritten by fmt", async () => {
    const ugly = leaky.replace("h * w", "h*w");
    writeFileSync(file("open.cell"), ugly);
    const open = openSync(file("open.cell"), "r");
    const { code, error } = await recell("fmt", `/proc/self/fd/${open}`);
    closeSync(open);
    expect([code, error]).toEqual([2, expect.stringContaining("it stands for an open file, not for a place")]);
    expect(readFileSync(file("open.cell"), "utf8")).toBe(ugly);
  });

  test("keeps links", async () => {
    writeFileSync(file("linked.cell"), leaky.replace("h * w", "h*w"));
    symlinkSync("linked.cell", file("link.cell"));
    expect((await recell("fmt", file("link.cell"))).code).toBe(0);
    expect(lstatSync(file("link.cell")).isSymbolicLink()).toBe(true);
    expect(readFileSync(file("linked.cell"), "utf8")).toBe(leaky);
  });
});

describe("explain", () => {
  test("reports, equations and passes", async () => {
    const report = await recell("explain", file("leaky.cell"));
    expect(report.code).toBe(0);
    expect(report.out).toMatch(/forward[^]*backward/u);
    const equations = await recell("explain", file("leaky.cell"), "--equations");
    expect(equations.out).toContain("h'");
    const passes = await recell("explain", file("leaky.cell"), "--after", "list");
    expect(passes.out).toContain("split-time");
    const list = await recell("explain", file("leaky.cell"), "--after", "list", "--json");
    expect((JSON.parse(list.out) as { stages: { name: string }[] }).stages.map(({ name }) => name)).toContain(
      "split-time",
    );
    const unknown = await recell("explain", file("leaky.cell"), "--after", "everything");
    expect([unknown.code, unknown.error]).toEqual([
      2,
      expect.stringMatching(
        /no stage everything; the stages are parse, check, cut, complex-to-real, lower, losses, stream-states, lengths, equations, derive-gradient, derive, /u,
      ),
    ]);
    const after = await recell("explain", file("leaky.cell"), "--after", "split-time", "--entry", "forward");
    expect(after.out).toMatch(/^func forward/u);
    const misspelt = await recell("explain", file("leaky.cell"), "--after", "split-tyme");
    expect([misspelt.code, misspelt.error]).toEqual([2, expect.stringMatching(/did you mean split-time/u) as string]);
    const json = await recell("explain", file("leaky.cell"), "--json");
    expect(JSON.parse(json.out)).toMatchObject({ cell: "Leaky" });
  });
});

describe("gradcheck", () => {
  test("passes and names its seed", async () => {
    const { code, out, error } = await recell("gradcheck", file("leaky.cell"), "--seed", "7", "--runs", "2");
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatch(/float64 module +complex step +forward mode +differences +hvp vs diffs\n/u);
    expect(out).toMatch(/float32 module +float64 +forward mode +differences\n/u);
    expect(out).toMatch(/param {4}w +\d\.\de/u);
    expect(out).toMatch(/the derivatives agree: \d+ comparisons, 2 runs, seed 7, tolerance 1e-6 in float64/u);
    expect((await recell("gradcheck", file("leaky.cell"), "--seed", "7", "--runs", "2")).out).toBe(out);
  });

  test("finds sizes that divide", async () => {
    const { code, error } = await recell("gradcheck", file("heads.cell"), "--seed", "1", "--runs", "1");
    expect([code, error]).toEqual([0, ""]);
  });

  test("knows that stop_gradient is declared to have no derivative", async () => {
    writeFileSync(file("echo.cell"), leaky.replace("h * w", "stop_gradient(h) * w"));
    const { code, out } = await recell("gradcheck", file("echo.cell"), "--seed", "1", "--runs", "1", "--dtype", "f64");
    expect(code).toBe(0);
    expect(out).toMatch(/float64 module +complex step +forward mode +differences +hvp vs diffs +hvp vs step\n/u);
    // Of the state, whose derivative is stopped, there are no differences.
    expect(out).toMatch(/state {4}h {2,}zero {2,}zero {20,}zero\n/u);
  });

  test("takes a declared derivative as the rule, and says how far it is from the true one", async () => {
    const spiking = await recell("gradcheck", "std/lif", "--seed", "1", "--runs", "2");
    expect([spiking.code, spiking.error]).toEqual([0, ""]);
    expect(spiking.out).toMatch(/ {2}spike {2}recell:std\/lif\.cell:7:4 {2}distance 1\.0 \(\d+ compared\)\n/u);
    expect(spiking.out).toMatch(/ {4}by v\[\d\] = -?\d\S+: declared 0\.\d+, true 0\n/u);
    const squash = "fn squash(v: [n]): [n] {\n  y = tanh(v)\n  return y\n  derivative(dv) = (1 + y * y) * dv\n}\n";
    writeFileSync(file("squash.cell"), squash + leaky.replace("h * w + x", "squash(h * w + x)"));
    const args = ["gradcheck", file("squash.cell"), "--seed", "1", "--runs", "2", "--dtype", "f64"];
    const { code, out } = await recell(...args);
    expect(code).toBe(0);
    expect(out).toMatch(/squash {2}\S*squash\.cell:1:4 {2}distance 0\.\d+ /u);
    const json = JSON.parse((await recell(...args, "--json")).out) as { declared: { distance: number }[] };
    expect(json).toMatchObject({ passed: true, declared: [{ name: "squash", place: { line: 1 } }] });
    expect(json.declared[0]!.distance).toBeGreaterThan(0.05);
  });

  test("a derivative that is no number fails with 1, at its equation", async () => {
    writeFileSync(file("root.cell"), leaky.replace("h * w", "sqrt(0 * h) * w"));
    const args = ["gradcheck", file("root.cell"), "--seed", "3", "--runs", "1", "--dtype", "f64", "--allow-uncompared"];
    const { code, out } = await recell(...args, "--json");
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ passed: false, seed: 3, fault: { operation: "sqrt" } });
    const text = await recell(...args);
    expect(text.code).toBe(1);
    expect(text.out).toMatch(/state h, float64 against complex step: NaN and 0 ± /u);
    // Backwards through time it reaches the others.
    expect(text.out).toMatch(/param w, float64 against complex step: NaN and 0 ± /u);
    expect(text.out).toMatch(/the derivatives do not agree/u);
    expect(text.out).toMatch(/the derivative of `sqrt` is no finite number in reverse mode\n.*sqrt\(0 \* h\)/u);
  });

  test("rounding is nobody's fault, however small the tolerance", async () => {
    const args = ["gradcheck", file("attention.cell"), "--tolerance", "1e-300", "--seed", "3", "--runs", "1"];
    writeFileSync(
      file("attention.cell"),
      "cell A(N) {\n  input x: [N]\n  context m: [S, N]\n  output y = softmax(tanh(m) @ x) @ m\n}\n",
    );
    const { code, out } = await recell(...args);
    expect(code).toBe(0);
    expect(out).toMatch(/the derivatives agree: .* tolerance 1e-300 in float64/u);
  });

  test("values that overflow are told with their sizes, exit code 1", async () => {
    writeFileSync(file("huge.cell"), leaky.replace("h * w + x", "exp(exp(exp(3 + h * w + x * x)))"));
    const { code, out, error } = await recell("gradcheck", file("huge.cell"), "--seed", "1");
    expect([code, out]).toEqual([1, ""]);
    expect(error).toMatch(/huge\.cell: Leaky \(N=\d\): y, h not finite at any of 10 random points.*a smaller scale/u);
    const json = await recell("gradcheck", file("huge.cell"), "--seed", "1", "--json");
    expect(JSON.parse(json.out)).toMatchObject({
      passed: false,
      problem: expect.stringContaining("not finite") as string,
    });
  });

  test.each([
    [["--runs", "0"], /--runs must be an integer of at least 1, got "0"/u],
    [["--tolerance", "-1"], /--tolerance must be a positive number, got "-1"/u],
    [["--tolerance-f32", "few"], /--tolerance-f32 must be a positive number/u],
    [["--tolerence", "1"], /no option --tolerence; did you mean --tolerance\?/u],
    [["--seed"], /--seed needs a value: --seed N/u],
    [["--cell", "Leeky"], /there is no cell "Leeky".*did you mean Leaky/u],
    [["--dim", "M=3"], /Leaky has no dimension "M"/u],
    [["--dim", "N=0"], /the size of N must be a positive integer, got 0/u],
    [["--dtype", "f16"], /--dtype must be f32 or f64 or both/u],
    [["--target", "gpu"], /--target must be wasm or js, got "gpu"/u],
    [["std/gru"], /recell gradcheck takes one FILE, got 2/u],
  ])("%j is wrong use, exit code 2", async (args, message) => {
    const { code, out, error } = await recell("gradcheck", file("leaky.cell"), ...args);
    expect([code, out]).toEqual([2, ""]);
    expect(error).toMatch(message);
  });

  test.each([
    ["is missing", undefined, 2, /cannot read .*other\.cell: no such file/u],
    ["is empty", "", 2, /other\.cell: the source has no cells/u],
    ["has only functions", "fn f(x: real): real { return x }", 2, /the source has no cells/u],
    ["is no cell", "hello world", 1, /error\[outside-cell\]: `hello` stands outside of every cell/u],
    ["is no text", "\u0000\u0001\ufffd", 1, /error\[unexpected-character\]/u],
    ["has nothing with a gradient", "cell C { output y = 1 }", 1, /C has no input of reals, .*nothing has a gradient/u],
    [
      "overflows",
      "cell C { input x: real output y = exp(exp(x * 1000)) }",
      1,
      /C: y not finite at any of 10 random points with numbers of about 1; a smaller scale may help/u,
    ],
  ] as const)("a FILE that %s", async (_, text, code, message) => {
    rmSync(file("other.cell"), { force: true });
    if (text !== undefined) writeFileSync(file("other.cell"), text);
    const found = await recell("gradcheck", file("other.cell"), "--seed", "1");
    expect([found.code, found.out]).toEqual([code, ""]);
    expect(found.error).toMatch(message);
  });

  test("sizes beyond all reason are refused at once, exit code 1", async () => {
    const { code, error } = await recell("gradcheck", file("leaky.cell"), "--dim", "N=1000000000");
    expect(code).toBe(1);
    expect(error).toMatch(/Leaky with N=1000000000 has \d+ numbers in a call; a gradient check takes at most 1048576/u);
  });

  test("help says what the exit codes mean", async () => {
    const { code, out } = await recell("gradcheck", "--help");
    expect(code).toBe(0);
    expect(out).toMatch(/Exits with 1 where a derivative is wrong, and where there is nothing to compare/u);
    expect(out).toMatch(/ {2}2 {2}the command line is wrong/u);
  });

  test("a file with errors shows them, exit code 1", async () => {
    const { code, error } = await recell("gradcheck", file("wrong.cell"));
    expect(code).toBe(1);
    expect(error).toMatch(/error\[unknown-name\]/u);
    const json = await recell("gradcheck", file("wrong.cell"), "--json");
    expect(JSON.parse(json.out)).toMatchObject({ passed: false, diagnostics: [{ code: "unknown-name" }] });
  });

  test("a cell that needs a value for a real is wrong use", async () => {
    writeFileSync(
      file("real.cell"),
      leaky.replace("Leaky(N)", "Leaky(N, rate: real)").replace("h * w", "rate * h * w"),
    );
    const { code, error } = await recell("gradcheck", file("real.cell"));
    expect(code).toBe(2);
    expect(error).toMatch(/Leaky needs a value for rate: --dim rate=…/u);
    expect(await recell("gradcheck", file("real.cell"), "-d", "rate=0.5", "--runs", "1")).toMatchObject({ code: 0 });
  });
});
