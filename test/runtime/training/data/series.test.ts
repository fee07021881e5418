/** Series, what is cut out of them, and where they are split. */
import { expect, test } from "vitest";
import { seriesOf, splitByTime, windows } from "../../../../runtime/training/data/series.js";

const series = seriesOf({ a: [[1, 2], [3, 4], [5, 6], [7, 8]], b: [9, 8, 7, 6] }); // prettier-ignore

test("columns have one length, and rows one width", () => {
  expect(series.length).toBe(4);
  expect(series.columns["a"]).toEqual({ values: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8), width: 2 });
  expect(() => seriesOf({ a: [1, 2], b: [1] })).toThrow("columns must be of one length: a has 2, b 1");
  expect(() => seriesOf({ a: [[1, 2], [3]] })).toThrow("a[1] must be 2 numbers, got Array of length 1");
  expect(() => seriesOf({})).toThrow("there must be at least one column");
  expect(() => seriesOf({ a: [] })).toThrow("a must be a list with something for each moment");
});

test("windows begin as far apart as is said, and are views", async () => {
  const data = windows(series, { length: 2, stride: 2 });
  expect(data.count).toBe(2);
  expect(await data.read(1, undefined as never)).toEqual({ a: Float64Array.of(5, 6, 7, 8), b: Float64Array.of(7, 6) });
  expect(windows(series, { length: 2 }).count).toBe(3);
  expect(windows(series, { length: 2 }).fingerprint).not.toBe(data.fingerprint);
  expect(() => windows(series, { length: 5 })).toThrow("there are 4 moments, too few for a window of 5");
});

test("the last moments stand apart", () => {
  const [before, last] = splitByTime(series, 1);
  expect([before.length, last.length]).toEqual([3, 1]);
  expect(last.columns["a"]!.values).toEqual(Float64Array.of(7, 8));
  for (const wrong of [0, 4, 1.5])
    expect(() => splitByTime(series, wrong)).toThrow("the last part must have 1 to 3 moments");
});
