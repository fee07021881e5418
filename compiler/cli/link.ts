/**
 * After a build: makes `npx recell` work inside this repository, as it does where the package is installed. npm links the
 * commands of dependencies only, not those of the package itself.
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

const command = join(import.meta.dirname, "main.js");
const folder = join(import.meta.dirname, "../../../node_modules/.bin");

chmodSync(command, 0o755);
mkdirSync(folder, { recursive: true });
for (const name of ["recell", "recell.cmd"]) rmSync(join(folder, name), { force: true });
if (process.platform === "win32") writeFileSync(join(folder, "recell.cmd"), `@node "${command}" %*\r\n`);
else symlinkSync(relative(folder, command), join(folder, "recell"));
