/** Runs the JavaScript of a page, as one program, and gives what it printed beside what the page says it prints. */
import { readFileSync } from "node:fs";

/**
 * @param page Path from the root of the project.
 * @param packages What the page imports, by name.
 */
export async function runDocumentation(
  page: string,
  packages: Readonly<Record<string, object>>,
): Promise<{ readonly printed: string[]; readonly expected: string[] }> {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), "utf8");
  const program = [...text.matchAll(/^```js\n([^]*?)^```$/gmu)].map(([, code = ""]) => code).join("\n");
  const expected = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gmu)].map(([, shown = ""]) => shown);
  const printed: string[] = [];
  const runnable = program
    .replace(/^import (\{.*\}) from ("[^"]*");$/gmu, "const $1 = globalThis.recellPage.packages[$2];")
    .replaceAll("console.log(", "globalThis.recellPage.print(");
  const print = (...values: unknown[]): void => void printed.push(values.join(" "));
  Object.assign(globalThis, { recellPage: { packages, print } });
  try {
    await import(`data:text/javascript,${encodeURIComponent(`${runnable}\nexport {};`)}`);
  } finally {
    Reflect.deleteProperty(globalThis, "recellPage");
  }
  return { printed, expected };
}
