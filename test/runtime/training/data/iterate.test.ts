import { expect, it } from "vitest";
import { iterate } from "../../../../runtime/index.js";
import { isStream } from "../../../../runtime/training/data/iterate.js";

it("is told from examples with numbers, and has how it is drawn in its fingerprint", () => {
  const data = iterate(() => [], { fingerprint: "it" });
  expect(data).toMatchObject({ fingerprint: "it, drawn from 1000", shuffle: 1000 });
  expect([data, { count: 1, fingerprint: "it", read: () => ({}) }, undefined, []].map(isStream)).toEqual([true, false, false, false]); // prettier-ignore
});

it.each([
  [
    [],
    { fingerprint: "it" },
    "iterate: the first argument must be a function that gives examples, got Array of length 0",
  ],
  [() => [], { fingerprint: "" }, 'iterate: fingerprint must be a text that tells these data from others, got ""'],
  [() => [], { fingerprint: "it", shuffle: 0 }, "iterate: shuffle must be"],
  [() => [], { fingerprint: "it", buffer: 3 }, "buffer"],
])("says what is wrong", (open, options, message) => {
  expect(() => iterate(open as never, options as never)).toThrow(message);
});
