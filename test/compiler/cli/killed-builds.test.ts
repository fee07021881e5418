/** A build that is killed between two of its files leaves some of the new build and some of the old one: whoever uses them is told. */
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { compile, type CompileSuccess, declarations } from "../../../compiler/index.js";
import type { FileToWrite } from "../../../runtime/node/file-to-write.js";
import { replaceFiles } from "../../../runtime/node/replace-files.js";
import { loadModule } from "../../../runtime/module/load-js.js";
import { meddledFiles } from "../../support/failing-files.js";

const root = fs.mkdtempSync(join(tmpdir(), "recell-killed-"));
afterAll(() => {
  fs.rmSync(root, { recursive: true });
});

const build = (N: number): CompileSuccess =>
  compile("cell Leaky(N) { input x: [N] state h: [N] param w: [N] h' = h * w + x output y = h' }", {
    dimensions: { N },
    wasmFile: true,
  }) as CompileSuccess;

async function filesOf(result: CompileSuccess, folder: string): Promise<FileToWrite[]> {
  const kernels = result.wasmFiles.map(({ path, bytes }) => ({ path, contents: bytes }));
  const texts = [result.files[0], await declarations(result)].map(({ path, text }) => ({ path, contents: text }));
  return [...kernels, ...texts].map(({ path, contents }) => ({ path: join(folder, path), contents }));
}

/** All calls from the `from`-th on find that the process is gone. */
function writeUntil(from: number, files: readonly FileToWrite[]): number {
  let calls = 0;
  const dying = meddledFiles((count, _, proceed) => {
    calls = count;
    if (count < from) return proceed();
    throw new Error("killed");
  });
  try {
    replaceFiles(files, dying);
  } catch {
    // As it must be where it was killed.
  }
  return calls;
}

/** The build that a file says it is of. */
const buildOf = (path: string): string => /(?:Build |)([\da-f]{16})(?: wasm|\.)/u.exec(fs.readFileSync(path, "latin1"))![1]!; // prettier-ignore

test("files of two builds are told by their names of builds, and do not run together", async () => {
  const [old, next] = [build(2), build(3)];
  const all = writeUntil(Infinity, await filesOf(next, fs.mkdtempSync(join(root, "all-"))));
  const seen = { old: 0, next: 0, mixed: 0 };
  for (let at = 1; at <= all + 60; at++) {
    const folder = fs.mkdtempSync(join(root, "some-"));
    const files = await filesOf(old, folder);
    replaceFiles(files, fs);
    const calls = writeUntil(at, await filesOf(next, folder));
    if (calls < at) break;
    const builds = files.map(({ path }) => buildOf(path));
    for (const each of builds) expect([old.build, next.build]).toContain(each);
    const [wasm, module] = files.filter(({ path }) => /\.(?:js|wasm)$/u.test(path)).map(({ path }) => path);
    const { instantiate } = await loadModule(fs.readFileSync(module!, "utf8"));
    const start = (): unknown => instantiate({ wasm: fs.readFileSync(wasm!) } as object);
    if (buildOf(wasm!) === buildOf(module!)) {
      expect(start).not.toThrow();
      seen[buildOf(module!) === old.build ? "old" : "next"]++;
    } else {
      expect(start).toThrow(
        `is not the file that was built with this module, which is of build ${buildOf(module!)}; the file is of build ${buildOf(wasm!)}`,
      );
      seen.mixed++;
    }
  }
  expect(Math.min(seen.old, seen.next, seen.mixed)).toBeGreaterThan(0);
});
