/** Files that pages and comments name are there. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const below = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name));

const pages = ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md", "SECURITY.md", ...below("spec")].filter((path) =>
  path.endsWith(".md"),
);
const sources = [...below("compiler"), ...below("runtime")].filter((path) => /(?<!\.generated)\.ts$/u.test(path));

/** From the root, the compiler, or one of its rooms. */
const places = ["", "compiler", ...below("compiler").filter((path) => !/\.\w+$/u.test(path))];

it("in pages and comments", () => {
  const named = [...pages, ...sources].flatMap((page) => {
    const text = readFileSync(join(root, page), "utf8");
    return [...text.matchAll(/`((?:[\w-]+\/)+[\w-]+(?:\.test)?\.ts)`/gu)].map(([, path = ""]) => ({ page, path }));
  });
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter(({ path }) => !places.some((place) => existsSync(join(root, place, path))))).toEqual([]);
});
