/** Places of buffers: which share a slot, and which must not. */
import { describe, expect, it } from "vitest";
import { affineConstant } from "../../../../compiler/ir/kernel/affine.js";
import type { KernelProgram, Statement } from "../../../../compiler/ir/kernel/types.js";
import type { UnplacedBuffer } from "../../../../compiler/ir/kernel/unplanned.js";
import { planMemory } from "../../../../compiler/passes/kernel/plan-memory.js";
import { dimConstant, dimSymbol, printDim } from "../../../../compiler/base/types/dim.js";

/** Scratch of four reals, unless told otherwise. */
const buffer = (name: string, change: Partial<UnplacedBuffer> = {}): UnplacedBuffer => ({
  name,
  external: false,
  dtype: "real",
  size: dimConstant(4),
  persistent: false,
  ...change,
});
const seen = (name: string): UnplacedBuffer => buffer(name, { external: true, persistent: true });

/** A region for `to = from`. */
const copy = (text: string): Statement => {
  const [to, from] = text.split(" = ") as [string, string];
  const access = (name: string) => ({ buffer: name, offset: affineConstant(0) });
  const value = { kind: "load", access: access(from), dtype: "real" } as const;
  const store: Statement = { kind: "store", access: access(to), value, mode: "set" };
  return { kind: "region", name: text, comment: "", body: [store] };
};
const loop = (...body: Statement[]): Statement => ({
  kind: "for",
  variable: "t",
  extent: { kind: "affine", value: affineConstant(3) },
  step: 1,
  reverse: false,
  body,
});

function plan(buffers: readonly UnplacedBuffer[], ...entries: readonly (readonly (string | Statement)[])[]) {
  const functions = entries.map((body, i) => ({
    name: `entry${i}`,
    body: body.map((statement) => (typeof statement === "string" ? copy(statement) : statement)),
  }));
  return planMemory({ functions, buffers: new Map(buffers.map((own) => [own.name, own])) }, ["S"]);
}

/** `name: slot`, with an offset where it is not 0. */
const places = ({ buffers }: KernelProgram): string[] =>
  buffers.map(({ name, place: { slot, offset } }) => {
    const from = printDim(offset);
    return `${name}: ${slot}${from === "0" ? "" : ` + ${from}`}`;
  });

const [x, y] = [seen("x"), seen("y")];
const chain = ["a = x", "b = a", "c = b", "y = c"];

describe("plan-memory", () => {
  it("gives what the caller sees a slot each, by name, and says what else it was told", () => {
    const kernel = plan([y, x], ["y = x"]);
    expect(places(kernel)).toEqual(["x: 0", "y: 1"]);
    expect(kernel.runtimeDimensions).toEqual(["S"]);
    expect(kernel.slots.map(({ dtype, sizes }) => [dtype, ...sizes.map(printDim)])).toEqual([
      ["real", "4"],
      ["real", "4"],
    ]);
  });

  it("puts scratch where scratch was that nothing reads any more", () => {
    expect(places(plan([x, y, buffer("a"), buffer("b"), buffer("c")], chain))).toEqual([
      "a: 2",
      "b: 3",
      "c: 2",
      "x: 0",
      "y: 1",
    ]);
  });

  it.each([
    ["size", { size: dimConstant(5) }],
    ["size of the call", { size: dimSymbol("S") }],
    ["type", { dtype: "index" as const }],
    ["largest size", { most: dimConstant(3) }],
  ])("but not where the %s is another", (_, change) => {
    const kernel = plan([x, y, buffer("a"), buffer("b"), buffer("c", change)], chain);
    expect(places(kernel)).toContain("c: 4");
    const { sizes, dtype, most } = kernel.slots[4]!;
    expect({ size: sizes[0], dtype, most }).toEqual({
      size: dimConstant(4),
      dtype: "real",
      most: undefined,
      ...change,
    });
  });

  it("keeps scratch apart that is used at the same time, to the last use", () => {
    expect(places(plan([x, y, buffer("a"), buffer("b"), buffer("c")], ["a = x", "b = x", "c = b", "y = a"]))).toEqual([
      "a: 2",
      "b: 3",
      "c: 4",
      "x: 0",
      "y: 1",
    ]);
  });

  it("keeps what a loop reads from before it to the end of the loop", () => {
    const used = plan([x, y, buffer("a"), buffer("b"), buffer("c")], ["a = x", loop(copy("b = a"), copy("c = b"), copy("y = c"))]); // prettier-ignore
    // c is made after the last use of a in a round, but the next round reads a again.
    expect(places(used)).toEqual(["a: 2", "b: 3", "c: 4", "x: 0", "y: 1"]);
  });

  it("keeps what a round reads of the one before it", () => {
    const used = plan([x, y, buffer("a"), buffer("b")], [loop(copy("y = a"), copy("a = x"), copy("b = x"), copy("y = b"))]); // prettier-ignore
    expect(places(used)).toEqual(["a: 2", "b: 3", "x: 0", "y: 1"]);
  });

  it("shares slots between rounds' own values", () => {
    const used = plan([x, y, buffer("a"), buffer("b")], [loop(copy("a = x"), copy("y = a"), copy("b = x"), copy("y = b"))]); // prettier-ignore
    expect(places(used)).toEqual(["a: 2", "b: 2", "x: 0", "y: 1"]);
  });

  it("shares slots between entries, whenever they are used", () => {
    const used = plan([x, y, buffer("a"), buffer("b")], ["a = x", "y = a"], ["b = x", "y = b"]);
    expect(places(used)).toEqual(["a: 2", "b: 2", "x: 0", "y: 1"]);
  });

  it("keeps what a later entry reads apart from all scratch", () => {
    const kept = buffer("a", { persistent: true });
    expect(places(plan([x, y, kept, buffer("b")], ["a = x"], ["b = x", "y = b", "y = a"]))).toEqual([
      "a: 0",
      "b: 3",
      "x: 1",
      "y: 2",
    ]);
  });

  it("puts a buffer that lies in another at its place there, without a slot of its own", () => {
    const inside = buffer("p", { external: true, persistent: true, within: { buffer: "y", offset: dimConstant(2) } });
    const kernel = plan([inside, x, y], ["p = x"]);
    expect(places(kernel)).toEqual(["p: 1 + 2", "x: 0", "y: 1"]);
    expect(kernel.slots).toHaveLength(2);
  });

  it("has no place for scratch that nothing uses any more", () => {
    expect(places(plan([x, y, buffer("a")], ["y = x"]))).toEqual(["x: 0", "y: 1"]);
  });

  it("takes slots one after the other for 5,000 buffers in use at a time", () => {
    const names = Array.from({ length: 5000 }, (_, i) => `v${i}`);
    const uses = names.map((name) => `${name} = ${name}`);
    expect(
      plan(
        names.map((name) => buffer(name)),
        [...uses, ...uses],
      ).slots,
    ).toHaveLength(names.length);
  });
});
