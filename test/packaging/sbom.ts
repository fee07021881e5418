/**
 * `npm run sbom`: what the package consists of, with hashes and licences, as CycloneDX, from the lock file alone. npm's own document
 * has a random number, the time, and the name of the folder in it; without them one commit gives the same bytes with the same npm.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

interface Bom {
  serialNumber: string;
  metadata: { timestamp?: string; component: { name: string; purl: string } };
  components: readonly { name: string; version: string; licenses?: unknown; hashes?: readonly unknown[] }[];
}

/** @param root The folder of the package. */
export function sbomOf(root: string): Bom {
  const args = ["sbom", "--package-lock-only", "--sbom-format", "cyclonedx"];
  const folder = withoutDevelopment(root);
  const bom = JSON.parse(execFileSync("npm", args, { cwd: folder, encoding: "utf8" })) as Bom;
  rmSync(folder, { recursive: true });
  delete bom.metadata.timestamp;
  bom.metadata.component.name = "recell";
  bom.serialNumber = "";
  // A name of the content: the form of a UUID of version 8, which is there for such numbers.
  const hash = createHash("sha256").update(JSON.stringify(bom)).digest("hex");
  const parts = [hash.slice(0, 8), hash.slice(8, 12), `8${hash.slice(12, 15)}`, `8${hash.slice(15, 18)}`];
  bom.serialNumber = `urn:uuid:${parts.join("-")}-${hash.slice(18, 30)}`;
  return bom;
}

interface Lock {
  packages: Record<string, { devDependencies?: unknown; dev?: boolean }>;
}

/**
 * A folder with what is installed beside the package. npm's own `--omit dev` leaves out a dependency that development has a use for, too.
 */
function withoutDevelopment(root: string): string {
  const folder = mkdtempSync(join(tmpdir(), "recell-sbom-"));
  const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), "utf8"));
  const manifest = read("package.json") as { devDependencies?: unknown };
  const lock = read("package-lock.json") as Lock;
  delete manifest.devDependencies;
  delete lock.packages[""]?.devDependencies;
  lock.packages = Object.fromEntries(Object.entries(lock.packages).filter(([, { dev }]) => dev !== true));
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(process.cwd(), "dist/sbom.cdx.json");
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, `${JSON.stringify(sbomOf(process.cwd()), undefined, 2)}\n`);
  console.log(file);
}
