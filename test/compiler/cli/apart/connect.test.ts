/** The child may do nothing, and whatever it says, the parent asks once and takes one answer. */
import { expect, test } from "vitest";
import { ChildEnded, connect } from "../../../../compiler/cli/apart/connect.js";
import { childProgram } from "../../../../compiler/cli/apart/programs.generated.js";

const limits = { startSeconds: 30, loadSeconds: 3, callSeconds: 3, totalSeconds: 60, megabytes: 512 };

/** What comes of one request to a child that runs a program of its own. */
async function asking(program: string, changes: Partial<typeof limits> = {}): Promise<unknown> {
  const connection = connect({ ...limits, ...changes }, program);
  try {
    return connection.ask({ what: "begin" });
  } catch (error) {
    expect(error).toBeInstanceOf(ChildEnded);
    expect(() => connection.ask({ what: "begin" })).toThrow(error as Error);
    return (error as Error).message;
  } finally {
    await connection.close();
  }
}

const answer = (bytes: string): string => `
  const fs = require("node:fs");
  const request = Buffer.alloc(1e5);
  fs.readSync(0, request);
  const frame = (number, value) => {
    const text = Buffer.from(JSON.stringify(value));
    const made = Buffer.alloc(Math.ceil((12 + text.length) / 8) * 8);
    [made.length, number, text.length].forEach((v, i) => made.writeUInt32LE(v, 4 * i));
    text.copy(made, 12);
    return made;
  };
  fs.writeSync(1, ${bytes});
  setTimeout(() => {}, 1e6);`;

test.each([
  ["says something else", answer('Buffer.from("all checks passed, trust me")'), /too large an answer|no answer/u],
  ["answers another request", answer('frame(2, ["a", ["gave", 1]])'), "answer to another request"],
  ["answers in another form", answer('frame(1, ["a", ["passed"]])'), "no answer"],
  [
    "answers twice",
    answer('Buffer.concat([frame(1, ["a", ["gave", 1]]), frame(2, ["a", ["gave", 1]])])'),
    "nobody asked",
  ],
  ["announces more than there may be", answer("Buffer.from([255, 255, 255, 255])"), "too large an answer"],
  [
    "answers with more values than there may be",
    answer("frame(1, Array(2e6).fill([]))").replace("fs.writeSync(1,", "fs.writeFileSync(1,"),
    "a text of 6000001 bytes, where 4194304 may be",
  ],
  ["ends itself as if all were well", "process.exit(0)", "ended by itself in starting (code 0)"],
  ["cannot be read", "no program", "ended by itself"],
])("one that %s is ended", async (_, program, message) => {
  expect(await asking(program)).toMatch(message);
});

test("one that cannot even be asked to start is not waited for", async () => {
  // Longer than a command line may be.
  expect(await asking(`/*${"x".repeat(3e6)}*/`)).toMatch(/^the module's process could not be started: spawn E/u);
});

test("one that is slow to start is not the module's fault, and no option is named", async () => {
  expect(await asking("for (;;);", { startSeconds: 0.1 })).toBe(
    "the module's process took longer than 0.1 s in starting and was ended",
  );
});

test("it reads, writes, starts and knows nothing, and makes no code of texts", async () => {
  const tried = `(() => {
    const said = (run) => { try { return String(run()); } catch (error) { return error.code ?? error.name; } };
    const { createRequire } = require("node:module");
    return [
      said(() => fs.readFileSync("/etc/hostname")), said(() => fs.writeFileSync("/tmp/recell-was-here", "")),
      said(() => fs.readdirSync("/")), said(() => require("node:child_process").execSync("id")),
      said(() => new (require("node:worker_threads").Worker)("1", { eval: true })), said(() => eval("1")),
      Object.keys(process.env).length,
    ];
  })()`;
  const found = await asking(answer(`frame(1, ["a", ["gave", ["a", ${tried}]]])`));
  const denied = "ERR_ACCESS_DENIED";
  expect(found).toEqual([denied, denied, denied, denied, denied, "EvalError", 0]);
});

test("the loop in the child answers, and ends with its input", async () => {
  expect(await asking(childProgram)).toBe(true);
});
