/** Places of buffers: which share a slot, and which must not. */
import { describe, expect, it } from "vitest";
import { parseUnplanned } from "../../../../compiler/ir/kernel/parse.js";
import { printKernel } from "../../../../compiler/ir/kernel/print.js";
import { planMemory } from "../../../../compiler/passes/kernel/plan-memory.js";
import { dedent } from "../../../support/kernel-text.js";

/** What the caller sees, and scratch of four reals by name. */
const seen = `
buffer x: real[4] external persistent
buffer y: real[4] external persistent`;
const scratch = (names: string): string =>
  names
    .split(" ")
    .map((name) => `buffer ${name}: real[4]\n`)
    .join("");

/** An entry of regions `a = x`; loops over `t` go around those that stand further to the right. */
const entry = (lines: string, name = "f"): string => {
  const body = dedent(lines)
    .split("\n")
    .map((line) => {
      const indent = /^ */u.exec(line)![0];
      if (line.includes("for ")) return `  ${line}`;
      return `  ${indent}region r\n    ${indent}${line.trim().replace(/(\w+) = (\w+)/u, "$1[0] = $2[0]")}`;
    });
  return `kernel ${name} {\n${body.join("\n")}\n}\n`;
};
const chain = entry("a = x\nb = a\nc = b\ny = c");

/** The slots and the buffers, without kernels. */
const plan = (...texts: readonly string[]): string =>
  printKernel(planMemory(parseUnplanned(["axes %T steps T, S", ...texts].join("\n"))))
    .split("\n\n")[0]!
    .trim();

/** `name: slot`, with an offset where it is not 0. */
const places = (...texts: readonly string[]): string[] =>
  [...plan(...texts).matchAll(/^buffer (\S+): .* slot (\d+(?: \+ \S+)?)/gmu)].map(
    ([, name, place]) => `${name ?? ""}: ${place ?? ""}`,
  );

describe("plan-memory", () => {
  it("gives what the caller sees a slot each, by name, and says what else it was told", () => {
    const [x, y] = seen.trim().split("\n");
    expect(plan(`${y!}\n${x!}`, entry("y = x"))).toBe(
      dedent(`
      axes %T steps T, S
      slot 0: real[4]
      slot 1: real[4]
      buffer x: real[4] slot 0 external
      buffer y: real[4] slot 1 external`),
    );
  });

  it("puts scratch where scratch was that nothing reads any more", () => {
    expect(places(seen, scratch("a b c"), chain)).toEqual(["a: 2", "b: 3", "c: 2", "x: 0", "y: 1"]);
  });

  it.each([
    ["size", "real[5]"],
    ["size of the call", "real[S]"],
    ["type", "index[4]"],
    ["largest size", "real[4] at most 3"],
  ])("but not where the %s is another", (_, type) => {
    const text = plan(seen, scratch("a b"), `buffer c: ${type}`, chain);
    expect(text).toContain(`buffer c: ${type} slot 4`);
    expect(text).toContain(`slot 4: ${type}`);
  });

  it("keeps scratch apart that is used at the same time, to the last use", () => {
    expect(places(seen, scratch("a b c"), entry("a = x\nb = x\nc = b\ny = a"))).toEqual([
      "a: 2", "b: 3", "c: 4", "x: 0", "y: 1",
    ]); // prettier-ignore
  });

  it("keeps what a loop reads from before it to the end of the loop", () => {
    const used = entry(`
      a = x
      for t < 3
        b = a
        c = b
        y = c`);
    // c is made after the last use of a in a round, but the next round reads a again.
    expect(places(seen, scratch("a b c"), used)).toEqual(["a: 2", "b: 3", "c: 4", "x: 0", "y: 1"]);
  });

  it("keeps what a round reads of the one before it", () => {
    const used = entry(`
      for t < 3
        y = a
        a = x
        b = x
        y = b`);
    expect(places(seen, scratch("a b"), used)).toEqual(["a: 2", "b: 3", "x: 0", "y: 1"]);
  });

  it("shares slots between rounds' own values", () => {
    const used = entry(`
      for t < 3
        a = x
        y = a
        b = x
        y = b`);
    expect(places(seen, scratch("a b"), used)).toEqual(["a: 2", "b: 2", "x: 0", "y: 1"]);
  });

  it("shares slots between entries, whenever they are used", () => {
    const entries = [entry("a = x\ny = a"), entry("b = x\ny = b", "g")];
    expect(places(seen, scratch("a b"), ...entries)).toEqual(["a: 2", "b: 2", "x: 0", "y: 1"]);
  });

  it("keeps what a later entry reads apart from all scratch", () => {
    const entries = [entry("a = x"), entry("b = x\ny = b\ny = a", "g")];
    const kept = "buffer a: real[4] persistent";
    expect(plan(seen, kept, scratch("b"), ...entries)).toContain("buffer a: real[4] slot 0 persistent\n");
    expect(places(seen, kept, scratch("b"), ...entries)).toEqual([
      "a: 0", "b: 3", "x: 1", "y: 2",
    ]); // prettier-ignore
  });

  it("puts a buffer that lies in another at its place there, without a slot of its own", () => {
    expect(plan("buffer p: real[2] within y + 2 external persistent", seen, entry("p = x"))).toBe(
      dedent(`
      axes %T steps T, S
      slot 0: real[4]
      slot 1: real[4]
      buffer p: real[2] slot 1 + 2 within y external
      buffer x: real[4] slot 0 external
      buffer y: real[4] slot 1 external`),
    );
  });

  it("has no place for scratch that nothing uses any more", () => {
    expect(places(seen, scratch("a"), entry("y = x"))).toEqual(["x: 0", "y: 1"]);
  });

  it("takes slots one after the other for 5,000 buffers in use at a time", () => {
    const names = Array.from({ length: 5000 }, (_, i) => `v${i}`);
    const uses = names.map((name) => `${name} = ${name}`).join("\n");
    const text = plan(scratch(names.join(" ")), entry(`${uses}\n${uses}`));
    expect(text.match(/^slot /gmu)).toHaveLength(names.length);
  });
});
