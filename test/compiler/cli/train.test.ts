import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { loadModule } from "../../../runtime/index.js";
import { train } from "../../../runtime/training/train/train.js";
import { recell } from "../../support/command-line.js";
// Commands are loaded when they are used: here before any test, whose time it would take.
import "../../../compiler/cli/report.js";
import "../../../compiler/cli/train.js";

vi.mock("../../../runtime/training/train/train.js", { spy: true });

const folder = mkdtempSync(join(tmpdir(), "recell-train-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

const letters = `import { GRU } from "std/gru"
import { Linear } from "std/network"
import { cross_entropy } from "std/losses"
network Letters(V, H; T) {
  input text: index(V)[T]
  use rnn = GRU(V, H)
  use read = Linear(H, V)
  logits = read(rnn(one_hot(before(text, 0), V)))
  loss = sum(cross_entropy(logits, text)) per T
  output p = softmax(logits, axis = V)
}
`;
const forecast = `import { squared_error } from "std/losses"
network Forecast(I; T) {
  input x: [T, I]
  input next: [T]
  param w: [I] ~ zeros
  y = x @ w
  loss = sum(squared_error(y, next)) per T
  output y = y
}
`;
const mood = `import { cross_entropy } from "std/losses"
network Mood(C; T) {
  input x: [T]
  input k: index(C)
  param w, b: [C] ~ zeros
  logits = w * sum(x) + b
  loss = cross_entropy(logits, k)
  output p = softmax(logits, axis = C)
}
`;

beforeAll(() => {
  writeFileSync(file("letters.cell"), letters);
  writeFileSync(file("forecast.cell"), forecast.replace("  y = x @ w\n", "").replace("(y, next)", "(x @ w, next)").replace("y = y", "y = x @ w")); // prettier-ignore
  writeFileSync(file("mood.cell"), mood);
  writeFileSync(file("book.txt"), "abc ".repeat(100));
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${(i % 5) - 2}`);
  writeFileSync(file("days.csv"), ["high,low", ...rows].join("\n"));
  const sums = Array.from({ length: 40 }, (_, i) => JSON.stringify({ x: [i - 20, 0.5], k: i < 20 ? "bad" : "good" }));
  writeFileSync(file("mood.jsonl"), `${sums.join("\n")}\n`);
});

test("the next character: the vocabulary is a size, and all that is needed is written", async () => {
  const args = ["--data", file("book.txt"), "-d", "H=8", "--length", "20", "--batch", "4", "--updates", "60", "--learning-rate", "0.03"]; // prettier-ignore
  const { code, out, error } = await recell("train", file("letters.cell"), ...args, "-o", file("a"));
  expect([code, error.split("\n").slice(0, 2)]).toEqual([
    0,
    [
      "V is 5, the number of characters of the text, and one for those that are not known",
      "learns the next character: the data are text, and Letters reads text, a sequence of numbers below 5",
    ],
  ]);
  expect(Number(/^60 updates, .* held-out loss ([\d.]+), the best, after \d+ updates$/mu.exec(out)![1])).toBeLessThan(
    0.6,
  );
  // Each of four characters is as frequent as the others, and what comes after one is always the same.
  const [, one, two] = /^without learning, of what is held out: ([\d.]+) nats a character by how often each is, ([\d.]+) by the one before it$/mu.exec(out)!; // prettier-ignore
  expect([Number(one) > 1.3, Number(two) < 0.1]).toEqual([true, true]);
  const written = ["letters.safetensors", "letters.js", "vocabulary.json", "history.jsonl"];
  expect(written.map((name) => [out.includes(`wrote ${join(file("a"), name)}\n`), existsSync(join(file("a"), name))])).toEqual(written.map(() => [true, true])); // prettier-ignore
  const module = await loadModule(readFileSync(join(file("a"), "letters.js"), "utf8"));
  const { p } = module.instantiate({ sizes: { T: 2 } }).forward({ text: [2, 3], sizes: { T: 2 } });
  // After a comes b.
  expect(p![5 + 3]).toBeGreaterThan(0.5);
  const again = await recell("train", file("letters.cell"), ...args, "-o", file("b"), "--quiet");
  expect([again.out.replaceAll(file("b"), file("a")), again.error.split("\n").length]).toEqual([out, 3]);
  for (const name of written) expect(readFileSync(join(file("a"), name)).equals(readFileSync(join(file("b"), name)))).toBe(true); // prettier-ignore
  expect((await recell("report", join(file("a"), "history.jsonl"))).code).toBe(0);
});

test("the next value, by a configuration and options before it", async () => {
  writeFileSync(file("run.json"), '{ "columns": { "x": ["high", "low"] }, "dim": { "I": 2 }, "epochs": 900, "seed": 3, "length": 5 }'); // prettier-ignore
  const args = ["--data", file("days.csv"), "--config", file("run.json"), "--target", "low", "--updates", "10"];
  const { code, out, error } = await recell("train", file("forecast.cell"), ...args, "-o", file("c"));
  expect([code, error]).toEqual([0, expect.stringContaining("learns the next value: the data are a table of numbers, a line for each moment; x is high, low; next is low a line later\n")]); // prettier-ignore
  expect(out).toMatch(/^10 updates, loss of the last [\d.]+; held-out loss [\d.]+, the best/u);
  expect(out).toContain(
    "without learning, of what is held out: where low stays as it was, a squared error of 1 and an absolute one of 1\n",
  );
});

test("the class of a sequence, with labels that are texts", async () => {
  const args = [
    "--data",
    file("mood.jsonl"),
    "--updates",
    "40",
    "--optimizer",
    "sgd",
    "--learning-rate",
    "0.1",
    "--quiet",
  ];
  const { code, out, error } = await recell("train", file("mood.cell"), ...args, "-o", file("d"), "--held-out", "0.25");
  expect([code, error]).toEqual([0, "C is 2, the number of labels\nlearns the class of a sequence, k: the data are JSON lines, an example in each\n"]); // prettier-ignore
  expect(Number(/held-out loss ([\d.]+)/u.exec(out)![1])).toBeLessThan(0.3);
  expect(out).toMatch(/^without learning, of what is held out: always (?:bad|good) is right for \d+ %; 0\.[67]\d* nats by how often each class is$/mu); // prettier-ignore
  expect(readFileSync(join(file("d"), "labels.json"), "utf8")).toBe('["bad","good"]\n');
});

test("the class of a sequence, in a table", async () => {
  const rows = Array.from({ length: 80 }, (_, i) => `${i >> 1},${(i >> 1) - 20},${i < 40 ? "bad" : "good"}`);
  writeFileSync(file("mood.csv"), ["id,value,label", ...rows].join("\n"));
  const args = ["--data", file("mood.csv"), "--group", "id", "--columns", "x=value", "--target", "k=label", "--quiet"];
  const { code, out, error } = await recell("train", file("mood.cell"), ...args, "--updates", "40", "--learning-rate", "0.05", "-o", file("f")); // prettier-ignore
  expect([code, error]).toEqual([0, "C is 2, the number of labels\nlearns the class of a sequence, k: lines of the table with the same id are a sequence\n"]); // prettier-ignore
  expect(Number(/held-out loss ([\d.]+)/u.exec(out)![1])).toBeLessThan(0.5);
});

describe("what is wrong is told", () => {
  test.each([
    ['{\n  "learningrate": 1\n}', /bad\.json:2:3: there is no "learningrate"; did you mean learningRate\?/u],
    ['{ "batch": 0 }', /bad\.json:1:12: batch must be a positive integer, got 0/u],
    ['{ "seed": 1,\n  "optimizer": "adem" }', /bad\.json:2:16: optimizer must be "adam" or .*, got "adem"/u],
    ['{ "dim": { "H": "8" } }', /bad\.json:1:10: dim must be sizes by name, such as H=32, got an object/u],
    ['{ "seed": 1, "x{": [1, {"a": "]"}], "seed": 2 }', /bad\.json:1:14: there is no "x\{"/u],
    ['{ "seed": 1, "seed": 2 }', /bad\.json:1:14: seed is given twice/u],
    ['{ "seed": 1,, }', /bad\.json:1:1\d: this is no JSON/u],
    ["[1]", /bad\.json:1:1: a configuration is an object/u],
    ['{ "epochs": 1, "updates": 2 }', /--updates and --epochs are two ways/u],
  ])("in %j", async (config, message) => {
    writeFileSync(file("bad.json"), config);
    const { code, error } = await recell(
      "train",
      file("letters.cell"),
      "--data",
      file("book.txt"),
      "--config",
      file("bad.json"),
    );
    expect([code, error]).toEqual([2, expect.stringMatching(message)]);
  });

  test.each([
    [2, ["letters.cell"], /needs --data FILE/u],
    [2, ["letters.cell", "--data", "run.json"], /data are \.txt, for the next character/u],
    [2, ["letters.cell", "--data", "book.txt"], /Letters needs a size for V and H: --dim V=… --dim H=…/u],
    [
      2,
      ["letters.cell", "--data", "book.txt", "-d", "H=4", "--batch", "x"],
      /--batch must be a positive integer, got "x"/u,
    ],
    [2, ["letters.cell", "--data", "book.txt", "-d", "H"], /--dim must be sizes by name, such as H=32, got "H"/u],
    [2, ["forecast.cell", "--data", "book.txt", "-d", "I=2"], /text is for a network with one input, .* Forecast has x: real\[T, 2\], next/u], // prettier-ignore
    [2, ["mood.cell", "--data", "days.csv", "-d", "C=2"], /Mood takes k once for each sequence: --group HEADING says/u],
    [2, ["mood.cell", "--data", "days.csv", "-d", "C=2", "--group", "id"], /--group needs --columns x=HEADING/u],
    [1, ["forecast.cell", "--data", "days.csv", "-d", "I=2", "--target", "mid"], /csv: there is no column "mid"/u],
    [1, ["forecast.cell", "--data", "days.csv", "-d", "I=2", "--length", "99"], /windows: there are 54 moments, too few for a window of 99/u], // prettier-ignore
    [
      1,
      ["letters.cell", "--data", "mood.jsonl", "-d", "H=4", "-d", "V=4"],
      /train: example \d+ of the data: unknown name x/u,
    ],
  ])("exits with %i for %j", async (expected, args, message) => {
    const paths = args.map((arg) => (/\.\w+$/u.test(arg) ? file(arg) : arg));
    const { code, error } = await recell("train", ...paths, "-o", file("e"));
    expect([code, error]).toEqual([expected, expect.stringMatching(message)]);
  });

  test.each([new TypeError("train: x is not a function"), new RangeError("train: Invalid array length")])(
    "a fault inside is a bug, however it is called: %s",
    async (fault) => {
      vi.mocked(train).mockImplementationOnce(() => {
        throw fault;
      });
      const args = ["--data", file("mood.jsonl"), "-d", "C=2", "--updates", "1", "-o", file("g")];
      const { code, error } = await recell("train", file("mood.cell"), ...args);
      expect([code, error]).toEqual([3, expect.stringContaining(fault.message)]);
      expect(existsSync(file("g"))).toBe(false);
    },
  );
});
