/** `recell run`, in this process; and once as people type it, in pipes. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile, type CompileOptions } from "../../../compiler/index.js";
import { loadModule, readNpy, readWav, saveParams, writeNpy, writeWav } from "../../../runtime/index.js";
import { numberText } from "../../../compiler/cli/run-module/write-results.js";
import { recell } from "../../support/command-line.js";

const folder = mkdtempSync(join(tmpdir(), "recell-run-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

const build = (name: string, source: string, options: CompileOptions = {}): string => {
  const { files, diagnostics } = compile(source, { target: "js", gradient: false, ...options });
  if (files[0] === undefined) throw new Error(JSON.stringify(diagnostics));
  writeFileSync(file(name), files[0].text);
  return files[0].text;
};
const leaky = "cell Leaky(N) { input x: [N] state h: [N] param w: [N] ~ uniform(1) h' = h * w + x output y = h' }";

beforeAll(async () => {
  const text = build("leaky.js", leaky, { dimensions: { N: 2 } });
  build("one.js", "cell One { input x: [] state h: [] h' = h / 2 + x output y = h' output z = -h' }");
  build("ahead.js", "network Ahead(; T) { input x: [T] output y = after(x, 0) }");
  build("classes.js", "network Classes(C; T) { input x: [T] input k: index(C) output p = [sum(x), real(k)] loss = sum(x) }", { dimensions: { C: 3 } }); // prettier-ignore
  build("long.js", "network Long(; T >= 3) { input x: [T] input s: [] output y = s * x + before(x, 0)\n stream }");
  const module = await loadModule(text);
  const instance = module.instantiate();
  instance.setParams({ w: [0.5, 0.25] });
  writeFileSync(file("w.safetensors"), saveParams(module, instance));
  writeFileSync(file("x.csv"), 'x[0],other,x[1]\n1,0,2\n0,0,0\n"4",0,1e-3\n');
  writeFileSync(file("named.tsv"), "high\tlow\n1\t2\n0\t0\n");
  writeFileSync(file("x.jsonl"), '{"x": [1, 2]}\n\n{"x": [[0], [0]]}\n');
  writeFileSync(file("numbers.csv"), "x\n1\n2\n3\n");
  writeFileSync(file("x.npy"), writeNpy({ shape: [600, 2], values: new Float32Array(1200).fill(1) }));
  writeFileSync(file("tone.wav"), writeWav({ sampleRate: 8000, channels: 2, samples: Float32Array.from({ length: 1400 }, (_, i) => (i % 3) / 8) }, { format: "pcm24" })); // prettier-ignore
});

const weights = ["--weights", file("w.safetensors")];

describe("steps", () => {
  test("of a table: a line of results for each, shortest numbers", async () => {
    const { code, out, error } = await recell("run", file("leaky.js"), ...weights, "-i", file("x.csv"));
    expect([code, error]).toEqual([0, ""]);
    expect(out).toBe("y[0],y[1]\n1,2\n0.5,0.5\n4.25,0.126\n");
    const named = await recell("run", file("leaky.js"), ...weights, "-i", file("named.tsv"), "--columns", "x=low,high");
    expect(named.out).toBe("y[0]\ty[1]\n2\t1\n1\t0.25\n");
  });

  test("of JSON lines, from states that are given, into other formats", async () => {
    const given = ["--given", '{"h": [[8, 8]]}'];
    const { out } = await recell("run", file("leaky.js"), ...weights, "-i", file("x.jsonl"), ...given);
    expect(out).toBe('{"y":[5,4]}\n{"y":[2.5,1]}\n');
    const chosen = await recell("run", file("one.js"), "-i", file("numbers.csv"), "--outputs", "z,y", "--output-format", "jsonl"); // prettier-ignore
    expect(chosen.out).toBe('{"z":-1,"y":1}\n{"z":-2.5,"y":2.5}\n{"z":-4.25,"y":4.25}\n');
  });

  test("of arrays and sound, in blocks, have the bits of the whole", async () => {
    const result = await recell("run", file("leaky.js"), ...weights, "-i", file("x.npy"), "-o", file("y.npy"));
    expect([result.code, result.error]).toEqual([0, `wrote ${file("y.npy")}, 600 steps\n`]);
    const module = await loadModule(readFileSync(file("leaky.js"), "utf8"));
    const instance = module.instantiate({ steps: 700 });
    instance.setParams({ w: [0.5, 0.25] });
    const whole = instance.forward({ x: new Float32Array(1200).fill(1), steps: 600 });
    expect(readNpy(readFileSync(file("y.npy")))).toEqual({ shape: [600, 2], values: whole["y"]!.slice() });
    expect((await recell("run", file("leaky.js"), ...weights, "-i", file("tone.wav"), "-o", file("y.wav"))).code).toBe(
      0,
    );
    const [heard, played] = [readWav(readFileSync(file("tone.wav"))), readWav(readFileSync(file("y.wav")))];
    expect(played).toMatchObject({ sampleRate: 8000, channels: 2, format: "pcm24" });
    const filtered = instance.forward({ x: heard.samples, steps: 700 })["y"]!;
    expect(Math.max(...played.samples.map((sample, i) => Math.abs(sample - filtered[i]!)))).toBeLessThan(2 ** -23);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("one by one where a block must be longer, with contexts", async () => {
    const { out, error } = await recell("run", file("long.js"), "-i", file("numbers.csv"), "--given", '{"s": [10]}');
    expect([error, out]).toEqual(["", "y\n10\n21\n32\n"]);
  });
});

describe("examples", () => {
  test("of a module that looks ahead: a table is one, a line of JSON another", async () => {
    expect((await recell("run", file("ahead.js"), "-i", file("numbers.csv"))).out).toBe("y\n2\n3\n0\n");
    writeFileSync(file("texts.jsonl"), '{"x": [1, 2]}\n{"x": [5, 6, 7]}\n');
    expect((await recell("run", file("ahead.js"), "-i", file("texts.jsonl"))).out).toBe('{"y":[2,0]}\n{"y":[6,7,0]}\n');
    expect((await recell("run", file("one.js"), "-i", file("texts.jsonl"), "--examples", "--outputs", "y")).out).toBe('{"y":[1,2.5]}\n{"y":[5,8.5,11.25]}\n'); // prettier-ignore
    const table = await recell("run", file("ahead.js"), "-i", file("texts.jsonl"), "--output-format", "csv");
    expect([table.code, table.error]).toEqual([1, expect.stringContaining("several sequences are no one .csv; --output-format jsonl")]); // prettier-ignore
  });

  test("a class of each is a line of a table", async () => {
    writeFileSync(file("classes.jsonl"), '{"x": [1, 2], "k": 2}\n{"x": [], "k": [0]}\n');
    const { out, error } = await recell(
      "run",
      file("classes.js"),
      "-i",
      file("classes.jsonl"),
      "--output-format",
      "csv",
    );
    expect([error, out]).toEqual(["", "p[0],p[1]\n3,2\n0,0\n"]);
  });
});

test("params that nobody set are told, and drawn where asked for", async () => {
  const none = await recell("run", file("leaky.js"), "-i", file("x.csv"));
  expect(none.error).toBe("note: no params of Leaky have been set: they are 0; --weights FILE sets them, --seed N draws them\n"); // prettier-ignore
  const drawn = await recell("run", file("leaky.js"), "-i", file("x.csv"), "--seed", "3");
  expect([drawn.error, drawn.out]).toEqual(["", (await recell("run", file("leaky.js"), "-i", file("x.csv"), "--seed", "3")).out]); // prettier-ignore
  expect(drawn.out).not.toBe(none.out);
});

test("numbers of float32 have no more digits than tell them apart", () => {
  for (const value of [0.1, 1 / 3, 16777216, 1e-45, 3.4028234663852886e38, -0.3, 123456.789]) {
    const single = Math.fround(value);
    expect(Math.fround(Number(numberText(single, true)))).toBe(single);
  }
  expect([numberText(Math.fround(0.1), true), numberText(0.1, false), numberText(NaN, true)]).toEqual([
    "0.1",
    "0.1",
    "NaN",
  ]);
});

describe("what is wrong is told with its place", () => {
  beforeAll(() => {
    writeFileSync(file("text.csv"), "x\n1\ntwo\n");
    writeFileSync(file("short.csv"), "x,y\n1,2\n1\n");
    writeFileSync(file("names.csv"), "a,b\n1,2\n");
    writeFileSync(file("typo.jsonl"), '{"x": 1}\n{"X": 1}\n');
    writeFileSync(file("wide.jsonl"), '{"x": [1, 2]}\n');
    writeFileSync(file("cut.npy"), readFileSync(file("x.npy")).subarray(0, 1001));
    writeFileSync(file("fake.wav"), "ID3\u0003 and more");
    writeFileSync(file("index.jsonl"), '{"x": [1], "k": 7}\n');
    writeFileSync(file("no-module.js"), "export const a = 1;\n");
  });

  test.each([
    [2, [], /run takes one MODULE, got 0/u],
    [2, ["one.js", "-i", "missing.csv"], /cannot read .*missing\.csv: no such file/u],
    [2, ["one.js", "-i", "w.safetensors"], /the name says no format; --format must be csv or tsv or jsonl/u],
    [2, ["one.js", "-i", "numbers.csv", "--outputs", "q"], /there is no output "q"; there are y, z/u],
    [
      2,
      ["one.js", "-i", "numbers.csv", "-o", "z.npy"],
      /a \.npy file has one output, and there are y, z; --outputs NAME/u,
    ],
    [2, ["one.js", "-i", "numbers.csv", "-o", "z.wav", "--outputs", "z"], /has a rate, which the input does not tell/u],
    [2, ["one.js", "-i", "numbers.csv", "-o", "numbers.csv"], /--output is the same file as --input/u],
    [2, ["one.js", "-i", "numbers.csv", "--given", "{x"], /--given is no JSON: /u],
    [2, ["one.js", "-i", "numbers.csv", "--seed", "1", "--weights", "w.safetensors"], /two ways to set params/u],
    [1, ["no-module.js", "-i", "numbers.csv"], /no compiled cell/u],
    [1, ["one.js", "-i", "text.csv"], /text\.csv: line 3, column "x": expected a number, got "two"/u],
    [1, ["one.js", "-i", "short.csv"], /line 3 has 1 fields, the headings are 2/u],
    [1, ["one.js", "-i", "names.csv"], /there is no column "x" for x; line 1 has "a", "b"; --columns x=HEADING,…/u],
    [1, ["one.js", "-i", "typo.jsonl"], /typo\.jsonl: line 2: there is no input "X"; did you mean x\?/u],
    [1, ["one.js", "-i", "wide.jsonl"], /line 1: x takes 1 number in each step, got 2/u],
    [1, ["one.js", "-i", "x.npy"], /its shape is \[600, 2\]; x takes \[steps, 1\]/u],
    [1, ["leaky.js", "--seed", "1", "-i", "cut.npy"], /it announces 600 steps, and has 109 and a part of one/u],
    [1, ["one.js", "-i", "fake.wav"], /fake\.wav: this is no WAV file: it is an MP3/u],
    [1, ["one.js", "-i", "tone.wav"], /it has 2 channels; x takes 1 number in each step/u],
    [1, ["classes.js", "-i", "index.jsonl"], /index\.jsonl: line 1: k\[0\] must be an integer from 0 to 2, got 7/u],
    [1, ["one.js", "-i", "numbers.csv", "--weights", "w.safetensors"], /w of One does not exist, but is in the file/u],
  ])("exits with %i for %j", async (expected, args, message) => {
    const paths = args.map((arg) => (/\.\w+$/u.test(arg) ? file(arg) : arg));
    const { code, error } = await recell("run", ...paths);
    expect([code, error]).toEqual([expected, expect.stringMatching(message)]);
    expect(readdirSync(folder).filter((name) => /^z\.|\.tmp$/u.test(name))).toEqual([]);
  });
});

test("in a pipe that never ends, until its reader has enough", () => {
  const main = join(import.meta.dirname, "../../../dist/compiler/cli/main.js");
  const command = `(echo x; yes 1) | "${process.execPath}" "${main}" run "${file("one.js")}" --outputs y | head -n 4; echo "$PIPESTATUS"`;
  expect(execFileSync("bash", ["-c", command], { encoding: "utf8" })).toBe("y\n1\n1.5\n1.75\n141\n");
  const ended = `(echo x; echo 1; printf 2) | "${process.execPath}" "${main}" run "${file("one.js")}" --outputs y`;
  expect(execFileSync("bash", ["-c", ended], { encoding: "utf8" })).toBe("y\n1\n2.5\n");
});
