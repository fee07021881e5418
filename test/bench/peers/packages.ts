/** Loads packages that are installed under test/bench, not where the compiled benchmark lies. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the benchmark's package.json in the repository. */
export const packageFolder = fileURLToPath(new URL("../../../../test/bench/", import.meta.url));

const require = createRequire(join(packageFolder, "package.json"));

/** @throws Where the package is not installed or does not load on this machine. */
export function loadPackage(name: string): unknown {
  if (!isInstalled()) throw new Error("not installed");
  return require(name) as unknown;
}

export function packageVersion(name: string): string {
  const path = join(packageFolder, "node_modules", name, "package.json");
  return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
}

export function isInstalled(): boolean {
  return existsSync(join(packageFolder, "node_modules", ".package-lock.json"));
}
