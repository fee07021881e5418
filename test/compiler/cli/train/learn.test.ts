/** Runs of `recell train` that stop, go on, and share their work. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runCommandLine } from "../../../../compiler/cli/run.js";
import { recell } from "../../../support/command-line.js";
import "../../../../compiler/cli/train.js";

const folder = mkdtempSync(join(tmpdir(), "recell-learn-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);
const bytesOf = (out: string, name: string): string => readFileSync(join(file(out), name)).toString("hex");

beforeAll(() => {
  writeFileSync(
    file("letters.cell"),
    `import { SimpleRNN } from "std/simple-rnn"
import { Linear } from "std/network"
import { cross_entropy } from "std/losses"
network Letters(V, H; T) {
  input text: index(V)[T]
  use rnn = SimpleRNN(V, H)
  use read = Linear(H, V)
  logits = read(rnn(one_hot(before(text, 0), V)))
  loss = sum(cross_entropy(logits, text)) per T
}
`,
  );
  writeFileSync(file("book.txt"), "abc abd ".repeat(60));
});

const args = (out: string, ...others: string[]): string[] => [
  ...["train", file("letters.cell"), "--data", file("book.txt"), "-d", "H=4", "--length", "10", "--batch", "8"],
  ...["-o", file(out), "--quiet", ...others],
];
const results = ["letters.safetensors", "letters.js"];

test("a run that goes on from a checkpoint has the bits of one that never stopped, for any number of threads", async () => {
  expect((await recell(...args("whole", "--updates", "20", "--threads", "2", "--checkpoint-every", "20"))).code).toBe(
    0,
  );
  const often = ["--checkpoint-every", "5"];
  expect((await recell(...args("parts", "--updates", "10", ...often))).code).toBe(0);
  const again = await recell(...args("parts", "--updates", "20", ...often));
  expect([again.code, again.error]).toEqual([2, expect.stringContaining("--resume goes on with it, another --out begins anew")]); // prettier-ignore
  expect((await recell(...args("parts", "--updates", "20", "--resume", ...often))).code).toBe(0);
  const [last] = readdirSync(join(file("whole"), "checkpoints"));
  expect(last).toBe("step-0000000020.safetensors");
  // What was held out was looked at after other updates, and the history has other lines: counters tell that.
  const kept = ["whole", "parts"].map((out) => join(file(out), "checkpoints", last!));
  const { out } = await recell("weights", "diff", ...kept);
  expect(out).toMatch(/^with different numbers:\n {2}numbers +1 of \d+ .*\n\d\d tensors the same/u);
});

test("an interrupt ends it early, with what was learned by then, and takes effect after that", async () => {
  const kill = vi.spyOn(process, "kill").mockReturnValue(true);
  try {
    let [out, error] = ["", ""];
    const see = (text: string): void => {
      if (error.includes("update") || !text.includes("update 50 ")) return void (error += text);
      error += text;
      process.emit("SIGINT");
    };
    const options = args("stopped", "--updates", "1000", "--checkpoint-every", "400").filter(
      (own) => own !== "--quiet",
    );
    const code = await runCommandLine(options, {
      out: { write: (text: string) => (out += text) },
      error: { write: see },
      noColor: undefined,
    });
    expect([code, error]).toEqual([0, expect.stringContaining("the same command with --resume goes on\n")]);
    expect(error).toContain("stopping after this update; once more ends it at once\n");
    expect(out).toMatch(/^stopped after 50 updates, loss of the last [\d.]+; the params are those of now\n/u);
    expect(kill.mock.calls).toEqual([[process.pid, "SIGINT"]]);
    expect(readdirSync(join(file("stopped"), "checkpoints"))).toEqual(["step-0000000050.safetensors"]);
  } finally {
    kill.mockRestore();
  }
});

test("the options that counted are a configuration that gives the same bits", async () => {
  expect((await recell(...args("first", "--updates", "6", "--truncate", "4", "--patience", "9"))).code).toBe(0);
  const config = JSON.parse(readFileSync(join(file("first"), "config.json"), "utf8")) as Record<string, unknown>;
  expect(config).toMatchObject({ updates: 6, truncate: 4, patience: 9, length: 10, dim: { H: 4 } });
  const again = await recell("train", file("letters.cell"), "--config", join(file("first"), "config.json"), "-o", file("second")); // prettier-ignore
  expect(again.code).toBe(0);
  for (const name of results) expect(bytesOf("second", name)).toBe(bytesOf("first", name));
  // Chunks are another way to train, and how far gradients go back over them.
  expect((await recell(...args("third", "--updates", "6", "--truncate", "2,4"))).code).toBe(0);
  expect(JSON.parse(readFileSync(join(file("third"), "config.json"), "utf8"))).toMatchObject({ truncate: [2, 4] });
  expect((await recell(...args("fourth", "--updates", "6", "--truncate", "2"))).code).toBe(0);
  const runs = ["first", "third", "fourth"].map((run) => bytesOf(run, results[0]!));
  expect(new Set(runs).size).toBe(3);
});

test("--dry-run says what a run would take, and writes nothing", async () => {
  const { code, out } = await recell(...args("dry", "--epochs", "3", "--dry-run"));
  expect([code, out.split("\n").slice(0, 3)]).toEqual([
    0,
    ["44 examples to learn from, 5 held out", "18 updates of 8 examples in 2 shards; 6 of them are once through the data", expect.stringMatching(/^\d+ params$/u)], // prettier-ignore
  ]);
  expect(JSON.parse(out.slice(out.indexOf("{")))).toMatchObject({ epochs: 3, batch: 8, learningRate: 0.003 });
  expect(readdirSync(folder)).not.toContain("dry");
});

test("an example whose loss is not finite is kept, and done again", async () => {
  const network =
    "network Logs(; T) {\n  input x, y: [T]\n  param w: [] ~ ones\n  loss = sum(log(w * x) * y) per T\n}\n";
  writeFileSync(file("logs.cell"), network);
  const lines = [1, 2, 3, -1, 2, 1].map((x) => JSON.stringify({ x: [1, x], y: [1, 1] }));
  writeFileSync(file("logs.jsonl"), lines.join("\n"));
  const out = ["--updates", "9", "--held-out", "0", "-o", file("kept"), "--quiet"];
  const stopped = await recell("train", file("logs.cell"), "--data", file("logs.jsonl"), ...out);
  expect([stopped.code, stopped.error]).toEqual([1, expect.stringMatching(/recell: update 1 \(epoch 0\): loss is NaN; example 3 of the data/u)]); // prettier-ignore
  const kept = join(file("kept"), "nonfinite-1.safetensors");
  expect(stopped.error).toContain(`recell diagnose ${file("logs.cell")} --replay ${kept}\n`);
  const found = await recell("diagnose", file("logs.cell"), "--replay", kept);
  expect([found.code, found.out]).toEqual([1, "Logs, update 1, example 3 of the data, in f32:\nvalues stop being finite at `log`, element [1]\n  4:14  log(w * x)\n"]); // prettier-ignore
  const json = await recell("diagnose", file("logs.cell"), "--replay", kept, "--json");
  expect(JSON.parse(json.out)).toMatchObject({ of: "values", operation: "log", index: [1], place: { line: 4 } });
  const both = await recell("diagnose", file("logs.cell"), "--replay", kept, "--seed", "3");
  expect([both.code, both.error]).toEqual([2, expect.stringContaining("--seed is no option beside --replay")]);
  const other = await recell("diagnose", file("letters.cell"), "--replay", kept);
  expect([other.code, other.error]).toEqual([2, expect.stringContaining("Logs")]);
  const none = await recell("diagnose", file("logs.cell"), "--replay", file("logs.jsonl"));
  expect([none.code, none.error]).toEqual([1, expect.stringContaining("logs.jsonl: ")]);
});

test.each([
  [
    ["--truncate", "4,6"],
    /--truncate must be a positive integer, or how far it goes on and a multiple of that by which gradients go back, such as 64,256, got "4,6"/u,
  ],
  [["--resume"], /--resume needs --checkpoint-every N/u],
  [["--patience", "3", "--held-out", "0"], /--patience needs something that is held out/u],
  [["--threads", "many"], /--threads must be a positive integer or "auto", got "many"/u],
])("%j is refused", async (others, message) => {
  const { code, error } = await recell(...args("refused", ...others));
  expect([code, error]).toEqual([2, expect.stringMatching(message)]);
  expect(readdirSync(folder)).not.toContain("refused");
});

test("a report has curves, the throughput and how the gradient flows, also of updates before it went on", async () => {
  const often = ["--checkpoint-every", "4", "--report", file("run.html")];
  expect((await recell(...args("told", "--updates", "4", ...often, "--flow", "2,3"))).code).toBe(0);
  const { code, out } = await recell(...args("told", "--updates", "8", ...often, "--resume"));
  expect([code, out]).toEqual([0, expect.stringContaining(`wrote ${file("run.html")}\n`)]);
  const page = readFileSync(file("run.html"), "utf8");
  const history = JSON.parse(/id="history">(.*)<\/script>/u.exec(page)![1]!) as { updates: Record<string, unknown>[] };
  expect(history.updates.map(({ update, examples, flow, milliseconds }) => [update, examples, flow !== undefined, milliseconds !== undefined])).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((update) => [update, expect.any(Number), [2, 3, 6, 8].includes(update), update > 4]),
  ); // prettier-ignore
  for (const title of ["updates and examples in a second", "length of dL / d rnn.h, in updates"]) expect(page).toContain(title); // prettier-ignore
  const bad = await recell(...args("told", "--report", "run.png"));
  expect([bad.code, bad.error]).toEqual([2, expect.stringContaining('--report must be the name of a file that ends in .html or .svg, got "run.png"')]); // prettier-ignore
  expect((await recell(...args("told", "--flow", "1,x"))).error).toContain("--flow must be numbers of updates, such as 1,100,1000"); // prettier-ignore
});
