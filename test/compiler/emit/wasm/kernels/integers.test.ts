import { beforeEach, expect, test } from "vitest";
import { InvariantError } from "../../../../../compiler/base/diagnostics/invariant.js";
import { FunctionCode } from "../../../../../compiler/emit/wasm/assembler/function-code.js";
import { Integers } from "../../../../../compiler/emit/wasm/kernels/integers.js";
import type { MemoryLayout } from "../../../../../compiler/emit/wasm/memory/memory-layout.js";
import { affineVariable } from "../../../../../compiler/ir/kernel/affine.js";

const layout: MemoryLayout = {
  elementBytes: 4,
  symbols: ["%B", "%T"],
  sizeWord: (symbol) => (symbol === "%B" ? 0 : 4),
  fullWord: 8,
  changedWord: 12,
  zeroWord: 16,
  listOf: () => "lengths",
  addressOf: () => ({ kind: "static", bytes: 1024 }),
  line: 64,
  fixedEnd: 2048,
  segments: [],
  addresses: [],
};

let code: FunctionCode;
let integers: Integers;

beforeEach(() => {
  code = new FunctionCode("f", ["i32", "i32"], []);
  integers = Integers.of(code, layout, new Map([["x", "real"]]));
  integers.bind("i", code.param(0));
});

function address(place: Integers): void {
  expect(place.address({ buffer: "x", offset: affineVariable("i") })).toEqual({ offset: 1024 });
  code.op("drop");
}

function written(): string[] {
  return code.finish().instructions.map(({ operation, immediates }) => [operation.name, ...immediates].join(" "));
}

const computed = ["local.get 0", "i32.const 2", "i32.shl", "local.tee 2", "drop"];

test("what is computed at a place is known within it", () => {
  integers.scoped((place) => {
    address(place);
    place.scoped(address);
  });
  expect(written()).toEqual([...computed, "local.get 2", "drop", "end"]);
});

test("what is computed at a place is not known around it, and its local is free", () => {
  integers.scoped(address);
  address(integers);
  expect(written()).toEqual([...computed, ...computed, "end"]);
});

test("a place that is come back to knows what it has computed", () => {
  const scope = new Map();
  address(integers.within(scope));
  integers.scoped((place) => address(place.within(scope)));
  integers.release(scope);
  expect(written()).toEqual([...computed, "local.get 2", "drop", "end"]);
});

test("a name means within a place what it was given there, and outside what it was", () => {
  integers.scoped((place) => {
    place.bind("i", code.param(1));
    place.bind("j", code.param(1));
    place.scoped((inner) => expect(inner.variable("i")).toBe(code.param(1)));
  });
  expect(integers.variable("i")).toBe(code.param(0));
  expect(() => integers.variable("j")).toThrow(InvariantError);
});

test("a word of the table is read once, at the beginning", () => {
  code.get(integers.word(8)).op("drop");
  integers.scoped((place) => code.get(place.word(8)).op("drop"));
  const read = ["i32.const 0", "i32.load 2 8", "local.set 2"];
  expect(written()).toEqual([...read, "local.get 2", "drop", "local.get 2", "drop", "end"]);
});
