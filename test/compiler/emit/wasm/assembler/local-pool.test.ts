import { expect, test } from "vitest";
import { LocalPool } from "../../../../../compiler/emit/wasm/assembler/local-pool.js";

test("hands out the first released local of a type, else a new one", () => {
  const pool = new LocalPool(["f32"]);
  const [a, b, c] = [pool.take("i32"), pool.take("i32"), pool.take("v128")];
  for (const local of [b, c, a]) pool.release(local);
  expect(pool.take("i32")).toBe(a);
  expect(pool.take("i32")).toBe(b);
  expect(pool.take("i32").index).toBe(4);
  expect(pool.take("v128")).toBe(c);
});

test("knows what each local is doing, and which are its own", () => {
  const pool = new LocalPool(["f32"]);
  const preset = pool.add("v128", "preset");
  const used = pool.take("i32");
  const released = pool.take("i32");
  pool.release(released);
  const all = [{ index: 0, type: "f32" } as const, preset, used, released, { index: 9, type: "i32" } as const];
  expect(all.map((local) => pool.useOf(local))).toEqual(["parameter", "preset", "used", "released", undefined]);
  expect(all.map((local) => pool.has(local))).toEqual([true, true, true, true, false]);
  expect(pool.has({ index: 0, type: "i32" })).toBe(false);
  expect(pool.runs()).toEqual([
    { count: 1, type: "v128" },
    { count: 2, type: "i32" },
  ]);
  expect([pool.param(0)?.type, pool.param(1)]).toEqual(["f32", undefined]);
});
