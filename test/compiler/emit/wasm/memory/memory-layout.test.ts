import { cellAxes } from "../../../../../compiler/base/types/call-axes.js";
import { describe, expect, test } from "vitest";
import { planLayout, smallestBytes } from "../../../../../compiler/emit/wasm/memory/memory-layout.js";
import { InvariantError } from "../../../../../compiler/base/diagnostics/invariant.js";
import type { KernelBuffer, KernelProgram } from "../../../../../compiler/ir/kernel/kernel-program.js";
import { type Dim, dimConstant, dimSymbol, multiplyDims } from "../../../../../compiler/base/types/dim.js";
import { lstmProgram } from "../../../../support/lstm-program.js";
import { lowerProgram } from "../../../../support/kernels.js";

const B = dimSymbol("%B");
const n = dimConstant;
const times = (...dims: Dim[]): Dim => dims.reduce(multiplyDims);

const buffer = (
  name: string,
  size: Dim,
  slot: number,
  offset = n(0),
  dtype: KernelBuffer["dtype"] = "real",
): KernelBuffer => ({ name, external: true, dtype, size, place: { slot, offset } });

const program: KernelProgram = {
  axes: cellAxes(["S"]),
  buffers: [
    buffer("param.W", n(10), 0),
    buffer("param.b", n(3), 0, n(10)),
    buffer("param.table", n(1), 2),
    buffer("input.k", times(B, dimSymbol("%T")), 3, n(0), "index"),
    buffer("input.m", times(B, dimSymbol("S")), 1),
    buffer("copy of m", times(B, dimSymbol("S")), 1),
    buffer("after m", n(2), 1, times(B, dimSymbol("S"))),
  ],
  slots: [
    { dtype: "real", sizes: [n(13)] },
    { dtype: "real", sizes: [times(B, dimSymbol("S"))] },
    { dtype: "real", sizes: [n(1), n(17)] },
    { dtype: "index", sizes: [times(B, dimSymbol("%T"))] },
  ],
  functions: [],
};

describe.each([
  ["f32", 64],
  ["f64", 64],
  ["f32", 128],
] as const)("in %s, lines of %i bytes", (dtype, line) => {
  const layout = planLayout(program, dtype, line);
  const width = dtype === "f32" ? 4 : 8;

  test("the table begins with the sizes of the call and the flags", () => {
    expect(["%B", "%T", "S"].map((symbol) => layout.sizeWord(symbol))).toEqual([0, 4, 8]);
    expect([layout.fullWord, layout.changedWord, layout.zeroWord]).toEqual([12, 16, 20]);
    expect(layout.elementBytes).toBe(width);
  });

  test("places of fixed size have addresses, the others words", () => {
    const start = line;
    expect(layout.addressOf("param.W")).toEqual({ kind: "static", bytes: start });
    expect(layout.addressOf("param.b")).toEqual({ kind: "static", bytes: start + 10 * width });
    const afterFirst = start + Math.ceil((13 * width) / line) * line;
    expect(layout.addressOf("param.table")).toEqual({ kind: "static", bytes: afterFirst });
    expect(layout.fixedEnd).toBe(afterFirst + Math.ceil((17 * width) / line) * line);
    expect(layout.addressOf("lengths")).toEqual({ kind: "table", word: 24 });
    expect(layout.addressOf("sizes.S")).toEqual({ kind: "table", word: 28 });
    expect(layout.addressOf("input.k")).toEqual({ kind: "table", word: 36 });
    expect(layout.addressOf("input.m")).toEqual({ kind: "table", word: 32 });
    expect(layout.addressOf("copy of m")).toEqual(layout.addressOf("input.m"));
    expect(layout.addressOf("after m")).toEqual({ kind: "table", word: 40 });
  });

  test("the smallest instance has a line for each segment, and one to read beyond", () => {
    expect(smallestBytes(layout)).toBe(layout.fixedEnd + 4 * line + line);
  });

  test("every word tells its segment and the distance from there", () => {
    expect(layout.segments.map(({ elementBytes }) => elementBytes)).toEqual([4, 4, width, 4]);
    expect(layout.addresses.map(({ word, segment, offset }) => [word, segment, offset.key])).toEqual([
      [24, 0, ""],
      [28, 1, ""],
      [32, 2, ""],
      [36, 3, ""],
      [40, 2, times(B, dimSymbol("S")).key],
    ]);
  });
});

test("asks for names that exist", () => {
  const layout = planLayout(program, "f32", 64);
  expect(() => layout.addressOf("param.V")).toThrow(InvariantError);
  expect(() => layout.sizeWord("Q")).toThrow(InvariantError);
});

test("the slots of a program do not touch each other or the table", () => {
  const kernel = lowerProgram(lstmProgram(5, 7), { runtimeDimensions: [] });
  const layout = planLayout(kernel, "f32", 64);
  const taken = kernel.slots.flatMap(({ dtype, sizes }, slot) => {
    const first = kernel.buffers.find(({ place }) => place.slot === slot && place.offset.key === "");
    const address = layout.addressOf(first?.name ?? "");
    const elements = Math.max(
      ...sizes.map((size) => (size.terms[0]?.powers.length === 0 ? size.terms[0].numerator : 0)),
    );
    return address.kind === "static" ? [{ from: address.bytes, to: address.bytes + elements * 4, dtype }] : [];
  });
  expect(taken.length).toBeGreaterThan(2);
  taken.sort((a, b) => a.from - b.from);
  let end = (layout.addresses.at(-1)?.word ?? 0) + 4;
  for (const { from, to } of taken) {
    expect(from % 64).toBe(0);
    expect(from).toBeGreaterThanOrEqual(end);
    end = to;
  }
  expect(layout.fixedEnd).toBeGreaterThanOrEqual(end);
  expect(layout.fixedEnd % 64).toBe(0);
});
