import fc from "fast-check";
import { expect, test } from "vitest";
import { blockComment, printData, printString } from "../../../../compiler/emit/text/literal.js";

const evaluate = async (expression: string): Promise<unknown> => {
  const module = `data:text/javascript,${encodeURIComponent(`export default ${expression};`)}`;
  return ((await import(module)) as { default: unknown }).default;
};

test("data comes back as it was, whatever its names and texts", async () => {
  const data = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.string({ unit: "binary" }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.array(tie("value")),
      fc
        .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom("__proto__", "constructor", "class")), tie("value")))
        .map((entries) => Object.fromEntries(entries)),
    ),
  })).value;
  await fc.assert(
    fc.asyncProperty(data, async (value) => {
      const text = printData(value);
      expect(await evaluate(`(${text})`)).toEqual(value);
      expect(text).not.toContain("</");
    }),
    { numRuns: 100 },
  );
});

test("strings end neither the line nor the script", () => {
  expect(printString("</script>\u2028\u2029\n\"'`${x}")).toBe(String.raw`"\u003c/script>\u2028\u2029\n\"'` + '`${x}"');
});

test("comments cannot be left", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom("*", "/", "\n", "\r", "\u2028", "<", "!", "-", "a", " ")), (characters) => {
      const comment = blockComment([characters.join("")]);
      expect(comment.indexOf("*/")).toBe(comment.length - 2);
      expect(comment).not.toMatch(/<[/!]|[\r\u2028]/u);
    }),
  );
});
