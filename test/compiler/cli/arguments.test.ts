import { expect, test } from "vitest";
import { parseArguments, sizesOption } from "../../../compiler/cli/arguments.js";
import { commands } from "../../../compiler/cli/commands.js";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

test("sizes are decimal numbers, as cells write them", () => {
  expect(sizesOption("dim", ["I=16,H=8", "a=-0.5", "b=.25", "c=1e-3"])).toEqual({
    I: 16,
    H: 8,
    a: -0.5,
    b: 0.25,
    c: 1e-3,
  });
});

test.each(["0x10", "0b1", "0o7", " 5", "5.", "+5", "1_000", "1e999", "Infinity", "٣"])("%s is none", (text) => {
  expect(() => sizesOption("dim", [`I=${text}`])).toThrow("--dim takes NAME=NUMBER, as in --dim H=128; got ");
});

test("a command reads no option that its table has not, nor has one that nobody reads", () => {
  const fmt = commands.find(({ name }) => name === "fmt")!;
  expect(parseArguments(fmt, ["--check"]).flag("check")).toBe(true);
  expect(() => parseArguments(fmt, []).flag("chek")).toThrow("recell fmt has no option chek in its table");

  const folder = join(import.meta.dirname, "../../../compiler/cli");
  const texts = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => (file.endsWith(".ts") ? readFileSync(join(folder, file), "utf8") : "")); // prettier-ignore
  // `train` has a row for each option in a table, by its name in files of JSON.
  const inTable = (option: string): string => `\n  ${option.replace(/-(.)/gu, (_, letter: string) => letter.toUpperCase())}: `; // prettier-ignore
  const isRead = (option: string): boolean =>
    texts.some((text) => text.includes(inTable(option)) || text.replaceAll(`name: "${option}"`, "").includes(`"${option}"`)); // prettier-ignore
  const unread = commands.flatMap(({ name, options }) => options.flatMap((option) => (isRead(option.name) ? [] : [`${name} --${option.name}`]))); // prettier-ignore
  expect(unread).toEqual([]);
});
