/** Checkpoints on a disk: that survive SIGKILL at any call of the file system, and the loss of all that was not synced. */
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { type FileSystem, nodeFileSystem } from "../../../runtime/node/file-system.js";
import { checkpointFolder, historyFile } from "../../../runtime/node/index.js";
import { storeIn } from "../../../runtime/node/folder-store.js";
import { FileError } from "../../../runtime/node/file-error.js";
import { adam, arrays, train } from "../../../runtime/index.js";
import { checkpoints, writeCheckpoint } from "../../../runtime/training/checkpoint/store.js";
import { meddledFiles, systemError } from "../../support/failing-files.js";
import { createRandom } from "../../../runtime/base/random.js";
import { fuzzParameters, isFuzzing } from "../../support/fuzz.js";

const root = fs.mkdtempSync(join(tmpdir(), "recell-checkpoints-"));
let made = 0;
const newFolder = (): string => join(root, `run-${made++}`);
afterAll(() => fs.rmSync(root, { recursive: true }));

const source = `import { squared_error } from "std/losses"
network Line(; T) {
  input x, y: [T]
  param a, b: [] ~ zeros
  loss = sum(squared_error(a * x + b, y)) per T
}`;

describe("a process that is killed", () => {
  let program = "";
  beforeAll(async () => {
    const url = (path: string): string => JSON.stringify(fileURLToPath(new URL(path, import.meta.url)));
    const { text } = await cell(source, { cell: "Line", gradient: true, target: "js" });
    fs.writeFileSync(join(root, "line.mjs"), text);
    const entry = join(root, "entry.mjs");
    fs.writeFileSync(
      entry,
      `import { writeSync } from "node:fs";
       import * as module from "./line.mjs";
       import { adam, arrays, checkpoints, train } from ${url("../../../runtime/index.ts")};
       import { storeIn } from ${url("../../../runtime/node/folder-store.ts")};
       import { historyFile } from ${url("../../../runtime/node/index.ts")};
       import { meddledFiles } from ${url("../../support/failing-files.ts")};
       const { folder, at } = JSON.parse(process.argv[2]);
       let calls = 0;
       const system = meddledFiles((count, _, proceed) => {
         calls = count;
         if (count === at) process.kill(process.pid, "SIGKILL");
         return proceed();
       });
       writeSync(1, "begun\\n");
       const data = arrays({ x: [[1, 2], [3], [4, 5, 6]], y: [[2, 3], [4], [5, 6, 7.5]] });
       const training = train({
         module, data, optimizer: adam({ learningRate: 0.1 }), batch: 2, updates: 12, seed: 5,
         checkpoints: checkpoints(storeIn(folder, system), { every: 2 }), resume: true, history: historyFile(folder + "/history.jsonl"),
       });
       await training.finish();
       const { a, b } = training.instance.params;
       writeSync(1, JSON.stringify({ params: [a[0], b[0]], calls }));`,
    );
    program = join(root, "program.mjs");
    const bundle = await rolldown({ input: entry, platform: "node", logLevel: "silent" });
    await bundle.write({ file: program, format: "esm" });
    await bundle.close();
  });

  interface Ended {
    readonly signal: string | null;
    /** What it says when it has come to its end. */
    readonly result: { readonly params: readonly number[]; readonly calls: number } | undefined;
    /** From its beginning to its end, in milliseconds. */
    readonly took: number;
  }

  /** @param killedAfter so many milliseconds after it has begun to train */
  const run = (folder: string, at: number, killedAfter?: number): Promise<Ended> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [program, JSON.stringify({ folder, at })], { stdio: ["ignore", "pipe", "inherit"] }); // prettier-ignore
      let [text, begun] = ["", 0];
      child.stdout.setEncoding("utf8").on("data", (more: string) => {
        if (text === "") {
          begun = performance.now();
          if (killedAfter !== undefined) setTimeout(() => child.kill("SIGKILL"), killedAfter);
        }
        text += more;
      });
      child.on("close", (_, signal) => {
        const [, last = ""] = text.split("\n");
        const result = last === "" ? undefined : (JSON.parse(last) as NonNullable<Ended["result"]>);
        resolve({ signal, result, took: performance.now() - begun });
      });
    });
  const updatesIn = (folder: string): string[] =>
    fs
      .readFileSync(join(folder, "history.jsonl"), "utf8")
      .split("\n")
      .filter((line) => line.includes('"kind":"update"'));

  it("goes on to the same bits, and its history has every update once", { timeout: 3_600_000 }, async () => {
    const whole = newFolder();
    const { result, took } = await run(whole, 0);
    const { params, calls } = result!;
    expect(calls).toBeGreaterThan(60);
    const expectGoesOn = async (folder: string, how: string): Promise<void> => {
      expect((await run(folder, 0)).result?.params, how).toEqual(params);
      expect(updatesIn(folder)).toEqual(updatesIn(whole));
      expect(fs.readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      fs.rmSync(folder, { recursive: true });
    };
    // In its calls of the file system a run is the same every time: in front of each of them once is all that a kill by call can find.
    const byCall = Array.from({ length: isFuzzing ? calls : 4 }, (_, i) => (isFuzzing ? i + 1 : 1 + Math.floor(((i + 0.5) * calls) / 4))); // prettier-ignore
    // From outside a process dies within calls, too, and between them: as often as two minutes have room for.
    const random = createRandom(fuzzParameters(1).seed);
    const byTime = Array.from({ length: isFuzzing ? 400 : 2 }, () => random.uniform(0, took));
    let hit = 0;
    const kills = [
      ...byCall.map((at) => async (): Promise<void> => {
        const folder = newFolder();
        expect(await run(folder, at)).toMatchObject({ signal: "SIGKILL" });
        await expectGoesOn(folder, `killed at call ${at}`);
      }),
      ...byTime.map((after) => async (): Promise<void> => {
        const folder = newFolder();
        if ((await run(folder, 0, after)).signal === "SIGKILL") hit++;
        await expectGoesOn(folder, `killed after ${after} ms`);
      }),
    ];
    const worker = async (): Promise<void> => {
      for (let kill = kills.shift(); kill !== undefined; kill = kills.shift()) await kill();
    };
    await Promise.all([worker(), worker()]);
    if (isFuzzing) console.log(`${byCall.length} kills by call, ${hit} at random times`);
  });
});

/** What a call of the file system did, in the order of the calls. */
type Recorded =
  | { readonly kind: "entry"; readonly folder: string; readonly name: string; readonly file: number | undefined }
  | { readonly kind: "sync-file"; readonly file: number; readonly bytes: Uint8Array }
  | { readonly kind: "sync-folder"; readonly folder: string }
  | { readonly kind: "written"; readonly name: string };

/** Records what would be lost without a sync: contents of files, and names in folders. */
function recordingFiles(record: (call: Recorded) => void): FileSystem {
  const files = new Map<string, number>();
  const open = new Map<number, string>();
  let count = 0;
  const entry = (path: string, file: number | undefined): void => {
    if (file === undefined) files.delete(path);
    else files.set(path, file);
    record({ kind: "entry", folder: dirname(path), name: basename(path), file });
  };
  return {
    ...nodeFileSystem,
    openSync: ((path: string, flags: string, mode?: number) => {
      const file = fs.openSync(path, flags, mode);
      open.set(file, path);
      if (flags === "wx") entry(path, count++);
      return file;
    }) as typeof fs.openSync,
    fsyncSync(file) {
      const path = open.get(file)!;
      if (fs.fstatSync(file).isDirectory()) record({ kind: "sync-folder", folder: path });
      else record({ kind: "sync-file", file: files.get(path)!, bytes: fs.readFileSync(path) });
    },
    renameSync: ((from: string, to: string) => {
      fs.renameSync(from, to);
      const file = files.get(from);
      entry(to, file);
      entry(from, undefined);
    }) as typeof fs.renameSync,
    unlinkSync: ((path: string) => {
      fs.unlinkSync(path);
      entry(path, undefined);
    }) as typeof fs.unlinkSync,
  };
}

test("whatever was not synced may be lost: the last checkpoint that was written is there", async () => {
  const folder = newFolder();
  const calls: Recorded[] = [];
  const kept = checkpoints(storeIn(folder, recordingFiles((call) => calls.push(call))), { every: 1 }); // prettier-ignore
  for (let step = 1; step <= 4; step++) {
    const name = `step-000000000${step}.safetensors`;
    await writeCheckpoint(kept, name, new Uint8Array([step, step]));
    calls.push({ kind: "written", name });
  }
  expect(fs.readdirSync(folder).sort()).toEqual(["step-0000000003.safetensors", "step-0000000004.safetensors"]);
  let states = 0;
  for (let end = 0; end <= calls.length; end++) {
    const past = calls.slice(0, end);
    const bytes = new Map(
      past.flatMap((call) => (call.kind === "sync-file" ? [[call.file, call.bytes] as const] : [])),
    );
    const lastSync = past.findLastIndex((call) => call.kind === "sync-folder" && call.folder === folder);
    const written = past.findLast((call) => call.kind === "written");
    const pending = past.slice(lastSync + 1).filter((call) => call.kind === "entry");
    // Any number of the changes of names since then may have come to the disk.
    for (let more = 0; more <= pending.length; more++) {
      const names = new Map<string, number | undefined>();
      const durable = [
        ...past.slice(0, lastSync + 1).filter((call) => call.kind === "entry"),
        ...pending.slice(0, more),
      ];
      for (const { name, file } of durable) names.set(name, file);
      const whole = [...names].filter(([name, file]) => file !== undefined && name.startsWith("step-"));
      for (const [name, file] of whole) expect([...(bytes.get(file!) ?? [])], name).toEqual([Number(name[14]), Number(name[14])]); // prettier-ignore
      const newest =
        whole
          .map(([name]) => name)
          .sort()
          .at(-1) ?? "";
      if (written?.kind === "written") expect(newest >= written.name).toBe(true);
      states++;
    }
  }
  expect(states).toBeGreaterThan(30);
});

test("a folder that is none, and one that is not there", async () => {
  const path = join(root, "file");
  fs.writeFileSync(path, "");
  await expect(checkpointFolder(path).list()).rejects.toBeInstanceOf(FileError);
  expect(await checkpointFolder(join(root, "nowhere")).list()).toEqual([]);
  expect(() => checkpointFolder("")).toThrow("checkpointFolder: the path must be a text or a file URL");
});

test("one that a bad disk does not give back is passed over", async () => {
  const module = await cell(source, { cell: "Line", gradient: true, target: "js" });
  const data = arrays({ x: [[1, 2], [3]], y: [[2, 3], [4]] });
  const options = { module, data, optimizer: adam(), batch: 2, seed: 5 };
  const folder = newFolder();
  await train({ ...options, updates: 4, checkpoints: checkpoints(checkpointFolder(folder), { every: 2 }) }).finish();
  let reads = 0;
  const broken = meddledFiles((_, name, proceed) => {
    if (name === "readSync" && reads++ === 0) throw systemError("EIO");
    return proceed();
  });
  const kept = checkpoints(storeIn(folder, broken), { every: 2 });
  const events = [];
  for await (const event of train({ ...options, updates: 3, checkpoints: kept, resume: true })) events.push(event);
  expect(events[0]).toMatchObject({ kind: "resumed", update: 2, name: "step-0000000002.safetensors" });
  expect(events[0]).toHaveProperty("skipped", [expect.stringContaining("step-0000000004.safetensors: it cannot be read: ")]); // prettier-ignore
});

test("a history is cut where a run goes on", () => {
  const path = join(root, "deep/history.jsonl");
  const history = historyFile(path);
  history.cut(0);
  for (const line of ["a", "ü", "c"]) history.write(line);
  history.cut(2);
  history.write("d");
  expect(fs.readFileSync(path, "utf8")).toBe("a\nü\nd\n");
  history.cut(9);
  expect(fs.readFileSync(path, "utf8")).toBe("a\nü\nd\n");
  history.cut(0);
  expect(fs.readFileSync(path, "utf8")).toBe("");
});
