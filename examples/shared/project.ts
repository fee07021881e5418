/** What the examples on real data have in common: where things lie, data from packages, and processes that know nothing of this one. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { writeFiles } from "../../runtime/node/index.js";
import { installPackages } from "../../test/bench/install-packages.js";

/** The repository: this file runs from its sources and from dist/. */
function findRoot(folder: string): string {
  return existsSync(join(folder, "package.json")) ? folder : findRoot(dirname(folder));
}

/** The folder of the examples in the repository, with their package.json. */
export const examples = join(findRoot(dirname(dirname(dirname(fileURLToPath(import.meta.url))))), "examples");

export type Say = (line: string) => void;

/**
 * What a package of examples/package.json exports. The first call on a machine installs all of them.
 *
 * @throws Error where they cannot be installed.
 */
export async function dataPackage(name: string, say: Say): Promise<unknown> {
  if (!existsSync(join(examples, "node_modules", ".package-lock.json"))) {
    say(`Install the data of the examples into examples/node_modules (once, about 120 MB)`);
    const problem = installPackages(examples);
    if (problem !== undefined) throw new Error(`the data cannot be installed: ${problem}`);
  }
  const path = createRequire(join(examples, "package.json")).resolve(name);
  return import(pathToFileURL(path).href);
}

/** Runs a file in a fresh Node process, which has nothing but that file and what lies beside it, and gives what it prints. */
export function runAlone(file: string, given: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [file, ...given], { maxBuffer: 1 << 24 }, (error, stdout) => {
      if (error === null) resolve(stdout);
      else reject(error);
    });
  });
}

/** Says on what machine figures were made, and how much of its time they took: that does not depend on what else runs. */
export function sayTime(say: Say): void {
  const { user, system } = process.cpuUsage();
  const seconds = (user + system) / 1e6;
  say(
    `\n${seconds.toFixed(0)} s of processor time on ${cpus()[0]?.model ?? "this machine"}, Node ${process.versions.node}`,
  );
}

/** Writes files of texts that belong together into a folder, and says so. */
export function writeAll(out: string, say: Say, files: Readonly<Record<string, string>>): void {
  mkdirSync(out, { recursive: true });
  writeFiles(Object.entries(files).map(([name, contents]) => ({ path: join(out, name), contents })));
  say(`\nWritten into ${relative(".", out)}: ${Object.keys(files).join(", ")}`);
}
