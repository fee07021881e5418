/** Installs the peers, which are no dependencies of the project, on the first run. */
import { execFileSync } from "node:child_process";
import { isInstalled, packageFolder } from "./peers/packages.js";

/** @returns What is in the way, where they cannot be installed. */
export function installPeers(say: (text: string) => void): string | undefined {
  if (isInstalled()) return undefined;
  say(`installing the peers into ${packageFolder} (once, about 750 MB; --no-install does without) …\n`);
  try {
    // Their install scripts would download more, for graphics cards.
    const options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    execFileSync(process.platform === "win32" ? "npm.cmd" : "npm", options, {
      cwd: packageFolder,
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    });
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}
