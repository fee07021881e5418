/** What figures of a network are looked at beside. */
import { expect, test } from "vitest";
import { baselineOfCharacters, baselineOfClasses, baselineOfValues } from "../../../../compiler/cli/train/baseline.js";

test("characters, by how often they are and by the one before", () => {
  // a and b are (2 + 1) / (4 + 3) each. After nothing comes a, after a always b, after b always a: all halfway to how often each is.
  const [, one, two] = /^([\d.]+) nats a character by how often each is, ([\d.]+) by the one before it$/u.exec(baselineOfCharacters([..."abab"], [..."ab"], 3))!; // prettier-ignore
  expect(Number(one)).toBeCloseTo(-Math.log(3 / 7), 3);
  const [a, b] = [(1 + 3 / 7) / 2, (2 + 3 / 7) / 3];
  expect(Number(two)).toBeCloseTo(-(Math.log(a) + Math.log(b)) / 2, 3);
  // What was never seen is no surprise without end: one of three alone, and half of that after what has one follower.
  expect(baselineOfCharacters(["a"], ["z"], 2)).toBe("1.099 nats a character by how often each is, 1.792 by the one before it"); // prettier-ignore
});

test("values that stay as they were", () => {
  expect(baselineOfValues({ low: [1, 2, 0], high: Float64Array.of(5, 5) })).toBe(
    "where low stays as it was, a squared error of 2.5 and an absolute one of 1.5; where high stays as it was, a squared error of 0 and an absolute one of 0",
  );
});

test("classes, by how often they are", () => {
  const told = baselineOfClasses([0, 1, 1], [1, 0, 1, 1], (label) => ["bad", "good"][label] ?? "");
  expect(told).toBe("always good is right for 75 %; 0.6122 nats by how often each class is");
});
