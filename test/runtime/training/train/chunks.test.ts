/** How sequences are cut, and what is said where they cannot be. */
import { expect, test } from "vitest";
import type { Manifest } from "../../../../runtime/module/manifest.js";
import { checkTruncate, chunkAt, joinRows, rowOf } from "../../../../runtime/training/train/chunks.js";

const cut = (least: number) => ({ axis: "T", every: 4, depth: 1, least, states: [] });

test("chunks are as long as asked, the last as long as what is left, and longer rather than too short", () => {
  const lengths = (size: number, least: number): number[] => {
    const found: number[] = [];
    for (let at = 0; at < size; at += found.at(-1)!) found.push(chunkAt(cut(least), at, size));
    return found;
  };
  expect(lengths(10, 1)).toEqual([4, 4, 2]);
  expect(lengths(10, 3)).toEqual([4, 6]);
  expect(lengths(8, 3)).toEqual([4, 4]);
  expect(lengths(3, 1)).toEqual([3]);
});

const manifest = {
  cell: "A",
  axes: [{ name: "B", kind: "batch" }, { name: "T", kind: "sequence", minimum: 2 }],
  states: [{ name: "h", shape: [3] }, { name: "m", shape: ["S"] }],
  cuts: [{ axis: "T", states: ["h"] }, { axis: "S", obstacle: "`y` looks ahead" }],
} as unknown as Manifest; // prettier-ignore
const checked = (truncate: unknown, changed: object = {}) => checkTruncate({ ...manifest, ...changed }, truncate);

test("options", () => {
  expect(checked(undefined)).toBeUndefined();
  expect(checked(4)).toEqual({ axis: "T", every: 4, depth: 1, least: 2, states: ["h"] });
  expect(checked({ every: 4, back: 12, along: "T" })).toMatchObject({ depth: 3 });
});

test.each<[string, unknown, object, string]>([
  ["no number", "4", {}, 'truncate must be a number of elements or { every, back, along }, got "4"'],
  ["no multiple", { every: 4, back: 6 }, {}, "truncate.back must be a multiple of 4, got 6"],
  ["an axis that is none", { every: 4, along: "U" }, {}, 'truncate.along must be one of T, S, got "U"'],
  ["what looks ahead", { every: 4, along: "S" }, {}, "truncate: A cannot be cut along S: `y` looks ahead"],
  ["nothing in front", 4, { cuts: [] }, "truncate: no input of A has a sequence in front"],
  [
    "two axes",
    4,
    {
      cuts: [
        { axis: "T", states: [] },
        { axis: "S", states: [] },
      ],
    },
    "truncate: A can be cut along T and S; say which by `along`",
  ],
  [
    "a state without a size of its own",
    4,
    { cuts: [{ axis: "T", states: ["m"] }] },
    "truncate: the state m has a size that differs from call to call, S",
  ],
])("%s", (_, truncate, changed, message) => {
  expect(() => checked(truncate, changed)).toThrow(`train: ${message}`);
});

test("rows of states, taken apart and put together", () => {
  const states = { h: Float32Array.of(1, 2, 3, 4), k: Float64Array.of(5, 6) };
  const rows = [0, 1].map((row) => rowOf(states, ["h", "k", "none"], row, 2));
  expect(rows).toEqual([{ h: Float32Array.of(1, 2), k: Float64Array.of(5) }, { h: Float32Array.of(3, 4), k: Float64Array.of(6) }]); // prettier-ignore
  expect(joinRows(rows)).toEqual(states);
});
