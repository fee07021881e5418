import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CommandResult, recell } from "../../support/command-line.js";
import { fromNumbers, writeSafetensors } from "../../../runtime/index.js";

let folder = "";
const file = (name: string): string => join(folder, name);
const leaky =
  "cell Leaky(N) {\n  input x: [N]\n  state h: [N]\n  param w: [N] ~ constant(0.5)\n\n  h' = h * w + x\n\n  output y = h'\n}\n";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recell-diagnose-"));
  writeFileSync(file("leaky.cell"), leaky);
  writeFileSync(file("growing.cell"), leaky.replace("h * w + x", "h * h * 1e9 + w + x"));
  writeFileSync(file("wrong.cell"), leaky.replace("h * w", "g * w"));
  writeFileSync(file("x.csv"), "x[0],x[1]\n1,2\n3,4\n5,6\n");
  writeFileSync(file("semicolons.csv"), "x[0];x[1]\n1;2\n");
  writeFileSync(file("d.txt"), "x[0],x[1]\n1,2\n");
  writeFileSync(file("page.safetensors"), "<!doctype html><title>Not found</title>");
  writeFileSync(file("bad.csv"), "x[0],x[1]\n1,2\n3\n");
  writeFileSync(
    file("w.safetensors"),
    writeSafetensors(new Map([["w", fromNumbers(Float32Array.of(0.25, 0.75), [2])]])),
  );
  writeFileSync(
    file("v.safetensors"),
    writeSafetensors(new Map([["v", fromNumbers(Float32Array.of(0.25, 0.75), [2])]])),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

const diagnose = (...args: string[]): Promise<CommandResult> => recell("diagnose", ...args);

describe("recell diagnose", () => {
  it("says what happens, in words", async () => {
    const { code, out, error } = await diagnose(file("leaky.cell"), "--dim", "N=3", "--steps", "50");
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatch(/^Leaky N=3, 4 examples of 50 steps of noise, initial parameters, seed 0\n/u);
    expect(out).toMatch(/The gradient vanishes: ×0\.500 per step back, below a thousandth after 10 steps\./u);
    expect(out).toMatch(/h' → h {2}×0\.500/u);
  });

  it("takes trained parameters and data, whose sizes it reads, and writes pictures", async () => {
    const args = [file("leaky.cell"), "--params", file("w.safetensors"), "--data", file("x.csv"), "--json"];
    const { code, out, error } = await diagnose(...args, "--out", file("flow.svg"));
    expect([code, error]).toEqual([0, `wrote ${file("flow.svg")}\n`]);
    const found = JSON.parse(out) as { dimensions: object; steps: number; lyapunov: { exponents: number[] } };
    expect(found).toMatchObject({ dimensions: { N: 2 }, steps: 3, batch: 1, data: "given", params: "given" });
    expect(readFileSync(file("flow.svg"), "utf8")).toMatch(/^<svg /u);
    expect((await diagnose(...args, "-o", file("flow.html"))).code).toBe(0);
    expect(readFileSync(file("flow.html"), "utf8")).toMatch(/^<!doctype html>/u);
  });

  it("exits with 1 where values overflow, and names the place", async () => {
    const { code, out } = await diagnose(file("growing.cell"), "-d", "N=1");
    expect(code).toBe(1);
    expect(out).toMatch(/At step \d+ h' = h \* h \* 1e9 \+ w \+ x \(line 6\) becomes -?(?:Infinity|NaN)/u);
  });

  it.each([
    [2, ["leaky.cell"], /Leaky needs a size for N/u],
    [2, ["leaky.cell", "-d", "N=2", "-d", "M=2"], /no dimension "M"/u],
    [2, ["leaky.cell", "-d", "N=2", "--steps", "0"], /--steps must be an integer of at least 1/u],
    [2, ["leaky.cell", "-d", "N=2", "--exponents", "9"], /exponents must be an integer from 0 to 2/u],
    [2, ["leaky.cell", "-d", "N=2", "--out", "x.png"], /--out takes a file that ends in \.html or \.svg/u],
    [2, ["leaky.cell", "-d", "N=2", "--data", "missing.csv"], /cannot read .*missing\.csv: no such file/u],
    [2, ["leaky.cell", "-d", "N=2", "--cell", "Leeky"], /did you mean Leaky\?/u],
    [1, ["leaky.cell", "-d", "N=2", "--data", "bad.csv"], /bad\.csv: line 3 has 1 values, the first line 2 names/u],
    [1, ["leaky.cell", "-d", "N=3", "--data", "x.csv"], /x has 3 numbers in each step: column x\[2\] is missing/u],
    [1, ["leaky.cell", "-d", "N=2", "--data", "leaky.cell"], /header/u],
    [
      1,
      ["leaky.cell", "-d", "N=2", "--params", "v.safetensors"],
      /v\.safetensors: parameter w of Leaky is not in the file/u,
    ],
    [1, ["leaky.cell", "-d", "N=2", "--params", "page.safetensors"], /page\.safetensors: this is no .* an HTML page/u],
    [
      1,
      ["leaky.cell", "-d", "N=2", "--data", "d.txt"],
      /d\.txt: this is no .* but text, such as CSV, whose name must end in/u,
    ],
    [
      1,
      ["leaky.cell", "-d", "N=2", "--data", "semicolons.csv"],
      /semicolons\.csv: names .* by commas, line 1 has semi/u,
    ],
    [1, ["wrong.cell", "-d", "N=2"], /error\[unknown-name\]/u],
  ])("exits with %i for %j", async (expected, args, message) => {
    const paths = args.map((arg) => (/\.(?:cell|csv|safetensors|txt)$/u.test(arg) ? file(arg) : arg));
    const { code, out, error } = await diagnose(...paths);
    expect([code, out]).toEqual([expected, ""]);
    expect(error).toMatch(message);
  });
});
