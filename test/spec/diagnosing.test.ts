/** The examples of spec/diagnosing.md do what they say. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as recell from "../../compiler/index.js";

const page = readFileSync(new URL("../../spec/diagnosing.md", import.meta.url), "utf8");

test("every example of spec/diagnosing.md", async () => {
  const program = [...page.matchAll(/^```js\n([^]*?)^```$/gmu)].map(([, code = ""]) => code).join("");
  const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map(([, shown]) => shown);
  expect(expected.length).toBeGreaterThan(6);
  const printed: string[] = [];
  Object.assign(globalThis, {
    recellSpec: { recell, print: (...values: unknown[]) => printed.push(values.join(" ")) },
  });
  const runnable = program
    .replace(/^import (\{.*\}) from "recell";$/gmu, "const $1 = globalThis.recellSpec.recell;")
    .replaceAll("console.log(", "globalThis.recellSpec.print(");
  try {
    await import(`data:text/javascript,${encodeURIComponent(`${runnable}\nexport {};`)}`);
  } finally {
    Reflect.deleteProperty(globalThis, "recellSpec");
  }
  expect(printed).toEqual(expected);
});
