import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compile } from "../../compiler/index.js";

const text = readFileSync(new URL("../../spec/module-abi.md", import.meta.url), "utf8");
const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, "gmu"))].map(([, code = ""]) => code);

test("every example of spec/module-abi.md does what it says", async () => {
  const compiled = compile(blocks("cell")[0] ?? "", { dimensions: { I: 2, H: 3 } });
  expect(compiled.diagnostics).toEqual([]);
  const module = `data:text/javascript,${encodeURIComponent(compiled.files[0]?.text ?? "")}`;
  const program = blocks("js").join("");
  const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map(([, shown]) => shown);
  expect(expected.length).toBeGreaterThan(10);
  const printed: string[] = [];
  const runnable = program
    .replace("./gru.js", module)
    .concat("\nexport {};")
    .replaceAll("console.log(", "globalThis.recellPrinted(");
  Object.assign(globalThis, { recellPrinted: (...values: unknown[]) => printed.push(values.join(" ")) });
  try {
    await import(`data:text/javascript,${encodeURIComponent(runnable)}`);
  } finally {
    Reflect.deleteProperty(globalThis, "recellPrinted");
  }
  expect(printed).toEqual(expected);
});
