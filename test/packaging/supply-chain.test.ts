/** What stands after the package: dependencies, their licences, where it comes from. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sbomOf } from "./sbom.js";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly dev?: boolean;
}

const { packages } = JSON.parse(read("package-lock.json")) as { packages: Readonly<Record<string, Locked>> };
const installed = Object.entries(packages)
  .filter(([path, { dev }]) => path !== "" && dev !== true)
  .map(([path, locked]) => ({ name: path.replace(/^.*node_modules\//u, ""), ...locked }));

test("THIRD-PARTY.md lists what is installed, with licences that go together with the package's", () => {
  const rows = [...read("THIRD-PARTY.md").matchAll(/^\| `(\S+)`\s*\| (\S+)\s*\| (\S+)\s*\|$/gmu)];
  const listed = rows.map(([, name, version, license]) => `${name} ${version} ${license}`);
  expect(listed).toEqual(installed.map(({ name, version, license }) => `${name} ${version} ${license}`).sort());
  expect(listed.length).toBeGreaterThan(0);
  for (const { license } of installed) expect(["Apache-2.0", "MIT", "ISC", "BSD-3-Clause"]).toContain(license);
});

test("the bill of materials names the same packages, with hashes, and is the same each time", () => {
  const bom = sbomOf(root);
  expect(bom.components.map(({ name, version }) => `${name} ${version}`).sort()).toEqual(
    installed.map(({ name, version }) => `${name} ${version}`).sort(),
  );
  for (const { hashes, licenses } of bom.components) expect([hashes?.length, licenses]).toEqual([1, expect.anything()]);
  expect(bom.metadata.component).toMatchObject({ name: "recell", purl: expect.stringMatching(/^pkg:npm\/recell@/u) });
  expect(sbomOf(root)).toEqual(bom);
});

test("the package is published with provenance or not at all, and names one place or none", () => {
  const manifest = JSON.parse(read("package.json")) as {
    publishConfig: object;
    repository?: { url: string };
    bugs?: { url: string };
    homepage?: string;
  };
  expect(manifest.publishConfig).toMatchObject({ provenance: true });
  const { repository, bugs, homepage } = manifest;
  const place = repository?.url.replace(/^git\+|\.git$/gu, "");
  const expected = (end: string): string | undefined => (place === undefined ? undefined : place + end);
  expect([bugs?.url, homepage]).toEqual([expected("/issues"), expected("#readme")]);
});

test("SECURITY.md goes with the package, and is found from the README", () => {
  const { files } = JSON.parse(read("package.json")) as { files: readonly string[] };
  for (const file of ["SECURITY.md", "THIRD-PARTY.md"]) {
    expect(files).toContain(file);
    expect(read("README.md")).toContain(`(${file})`);
  }
});
