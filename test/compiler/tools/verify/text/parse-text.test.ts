/** Texts are parsed in time that grows with the text, however many names they declare in one place. */
import { expect, test } from "vitest";
import { parseText } from "../../../../../compiler/tools/verify/text/parse-text.js";
import { readText } from "../../../../../compiler/tools/verify/text/read-text.js";

const names = Array.from({ length: 20_000 }, (_, i) => `n${i}`);

test.each([
  ["let", `let ${names.join(",")};`],
  ["var", `var ${names.join(",")};`],
  ["function", names.map((name) => `function ${name}(){}`).join(";")],
  ["class", names.map((name) => `class ${name}{}`).join(";")],
  ["parameters", `const f = (${names.join(",")}) => 0;`],
  ["export", `const ${names.map((name) => `${name}=0`).join(",")};export{${names.join(",")}};`],
])("names declared by %s are not searched for one by one", (_, text) => {
  const { indexOf } = Array.prototype;
  let searched = 0;
  Array.prototype.indexOf = function (...given) {
    searched += this.length;
    return indexOf.apply(this, given);
  };
  try {
    parseText(text, "module");
  } finally {
    Array.prototype.indexOf = indexOf;
  }
  expect(searched).toBeLessThan(100 * names.length);
});

test("a name exported but not declared is refused", () => {
  expect(() => readText("export { a };")).toThrow(/uses "a"/u);
});
