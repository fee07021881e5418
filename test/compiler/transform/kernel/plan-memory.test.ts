/** Which buffers share memory. */
import { expect, test } from "vitest";
import type { Access, KernelFunction, Statement } from "../../../../compiler/ir/kernel/types.js";
import type { UnplacedBuffer } from "../../../../compiler/ir/kernel/unplanned.js";
import { planMemory } from "../../../../compiler/transform/kernel/plan-memory.js";
import { dimConstant } from "../../../../compiler/types/dim.js";

const at = (buffer: string): Access => ({ buffer, offset: { constant: dimConstant(0), terms: [] } });

/** `to = from` */
const copy = (from: string, to: string): Statement => ({
  ...({ kind: "region", name: to, comment: to } as const),
  body: [{ kind: "store", access: at(to), value: { kind: "load", access: at(from), dtype: "real" }, mode: "set" }],
});

const scratch = (name: string, size = 4): [string, UnplacedBuffer] => [
  name,
  { name, external: false, dtype: "real", size: dimConstant(size), persistent: false },
];

const slotsOf = (functions: readonly KernelFunction[], buffers: ReadonlyMap<string, UnplacedBuffer>) => {
  const { buffers: placed, slots } = planMemory({ functions, buffers }, []);
  return { slots: Object.fromEntries(placed.map(({ name, place }) => [name, place.slot])), count: slots.length };
};

test("buffers of one size share the first slot that is free, in each entry anew", () => {
  const names = ["a", "b", "c", "d", "e"];
  const buffers = new Map([...names.map((name) => scratch(name)), scratch("wide", 8)]);
  const chain = [copy("a", "b"), copy("b", "c"), copy("c", "wide"), copy("wide", "d")];
  const body = { name: "forward", body: chain } as const;
  const other = { name: "backward", body: [copy("e", "e")] } as const;
  const { slots, count } = slotsOf([body, other], buffers);
  expect(slots).toEqual({ a: 0, b: 1, c: 0, wide: 2, d: 0, e: 0 });
  expect(count).toBe(3);
});

test("a loop that a value crosses keeps its buffer, a loop beside it does not", () => {
  const loop = (...body: Statement[]): Statement => ({
    ...({ kind: "for", variable: "t", step: 1, reverse: false } as const),
    extent: { kind: "affine", value: { constant: dimConstant(3), terms: [] } },
    body,
  });
  const buffers = new Map(["s", "x", "y", "z"].map((name) => scratch(name)));
  const body = [loop(copy("s", "x"), copy("x", "s")), loop(copy("s", "y"), copy("y", "y")), copy("z", "z")];
  const { slots } = slotsOf([{ name: "forward", body }], buffers);
  expect(slots["x"]).not.toBe(slots["s"]);
  expect(slots["y"]).toBe(slots["x"]);
  expect(slots["z"]).toBe(slots["s"]);
});

test("5,000 buffers in use at a time", () => {
  const names = Array.from({ length: 5000 }, (_, i) => `v${i}`);
  const body = [...names.map((name) => copy(name, name)), ...names.map((name) => copy(name, name))];
  const { count } = slotsOf([{ name: "forward", body }], new Map(names.map((name) => scratch(name))));
  expect(count).toBe(names.length);
});
