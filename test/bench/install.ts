/** Installs the peers, which are no dependencies of the project, on the first run. */
import { installPackages } from "./install-packages.js";
import { isInstalled, packageFolder } from "./peers/packages.js";

/** @returns What is in the way, where they cannot be installed. */
export function installPeers(say: (text: string) => void): string | undefined {
  if (isInstalled()) return undefined;
  say(`installing the peers into ${packageFolder} (once, about 750 MB; --no-install does without) …\n`);
  return installPackages(packageFolder);
}
