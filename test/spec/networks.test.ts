/** Every block of spec/networks.md: cells and networks lower, or fail with the code they show; programs do what they say. */
import { readFileSync } from "node:fs";
import { describe, expect, it, test } from "vitest";
import * as recell from "../../compiler/index.js";
import { lowerSource } from "../../compiler/driver/pipeline.js";
import { problemsOf } from "../../compiler/program/verify-program.js";
import { runDocumentation } from "../support/run-documentation.js";

const page = readFileSync("spec/networks.md", "utf8");
/** `error=code`, or sizes of dimensions that count rounds, `L=3`. */
const blocks = [...page.matchAll(/^```cell((?: \w+=\S+)*)\n([^]*?)^```$/gm)].map(([, told = "", text = ""]) => ({
  error: /error=(\S+)/.exec(told)?.[1],
  dimensions: Object.fromEntries([...told.matchAll(/\b([A-Z])=(\d+)/g)].map(([, name, size]) => [name, Number(size)])),
  text,
  /** All but those that are given cells. */
  names: [...text.matchAll(/^(?:network|cell) (\w+)(?!\w|\([^;]*: (?:cell|network)\()/gm)].map(([, name = ""]) => name),
}));

describe("spec/networks.md", () => {
  it.each(blocks)("$names $error", ({ error, dimensions, text, names }) => {
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const own = new RegExp(`(?:network|cell) ${name}\\(([^)]*)`, "u").exec(text)?.[1] ?? "";
      const sizes = Object.fromEntries(Object.entries<number>(dimensions).filter(([dim]) => own.includes(dim)));
      const { program, diagnostics } = lowerSource(text, { cell: name, dimensions: sizes }, "symbolic");
      const codes = diagnostics.map(({ code }) => code);
      expect(codes).toEqual(error === undefined ? [] : [error]);
      if (program !== undefined) expect(problemsOf(program)).toEqual([]);
    }
  });

  test("its programs do what they say", async () => {
    const { printed, expected } = await runDocumentation("spec/networks.md", { recell });
    expect(expected.length).toBeGreaterThan(2);
    expect(printed).toEqual(expected);
  });
});
