/** The cells that ship with recell, by the names their files have in messages: `recell:std/lstm.cell`. */
import { standardTexts } from "./std.generated.js";

/** What `import … from "std/lstm"` calls the file; the ending `.cell` may be written. */
export function standardFileName(path: string): string {
  return `recell:${path}${path.endsWith(".cell") ? "" : ".cell"}`;
}

/** Texts by file name. Names cannot be those of the user's files: they begin with `recell:`. */
export const standardSources: ReadonlyMap<string, string> = new Map(
  [...standardTexts].map(([path, text]) => [standardFileName(`std/${path}`), text]),
);

const declared = /^(?:cell|network|fn) (\w+)\(/gmu;
const homes = new Map(
  [...standardTexts].flatMap(([path, text]) =>
    [...text.matchAll(declared)].map(([, name = ""]) => [name, `std/${path.replace(/\.cell$/u, "")}`] as const),
  ),
);

/** Of several functions of a name the first. */
const functions = new Map(
  [...standardTexts]
    .flatMap(([, text]) =>
      [...text.matchAll(/^fn ((\w+)\(.*) \{$/gmu)].map(([, head = "", name = ""]) => [name, head] as const),
    )
    .reverse(),
);

/** What a function of the library takes and gives: `tril(N): [N, N]`. */
export const standardHeadOf = (name: string): string | undefined => functions.get(name);

/** What a cell or function of the library is imported from: `std/lstm` of `LSTM`. */
export const standardHomeOf = (name: string): string | undefined => homes.get(name);
