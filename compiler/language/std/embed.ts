/** Writes the standard library as one module, because the compiler reads no files: `std.generated.ts`. */
import { readdirSync, readFileSync } from "node:fs";

/** @param folder where the `.cell` files are, `compiler/language/std` */
export function standardLibraryModule(folder: string): string {
  const files = readdirSync(folder).filter((file) => file.endsWith(".cell"));
  const entries = files.sort().map((file) => {
    const text = readFileSync(`${folder}/${file}`, "utf8").replaceAll("\r\n", "\n");
    return `  [${JSON.stringify(file)}, ${JSON.stringify(text)}],\n`;
  });
  return [
    "// Generated from the .cell files beside it by `npm run generate`; not edited by hand.\n",
    "/** Texts of the standard library by file name. */\n",
    "export const standardTexts: ReadonlyMap<string, string> = new Map<string, string>([\n",
    ...entries,
    "]);\n",
  ].join("");
}
