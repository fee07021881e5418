/** Installs packages that are no dependencies of the project into a folder with a package.json and a lock file of its own. */
import { execFileSync } from "node:child_process";

/** @returns What is in the way, where they cannot be installed. */
export function installPackages(folder: string): string | undefined {
  try {
    // Their install scripts would download more.
    const options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
    execFileSync(process.platform === "win32" ? "npm.cmd" : "npm", options, {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    });
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}
