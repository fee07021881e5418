/** The names of functions for debuggers: the custom section `name`. */
import { ByteReader } from "./decode-bytes.js";
import { ByteWriter } from "./encode-bytes.js";
import type { CustomSection, WasmModule } from "./module-structure.js";
import { sectionIds } from "./module-structure.js";

const functionNames = 1;

/** Names of functions in the order of their indices. */
export function nameSection(names: readonly string[]): CustomSection {
  const to = new ByteWriter();
  to.byte(functionNames);
  to.sized((part) => {
    let index = 0;
    part.list(names, (name) => {
      part.unsigned(index++);
      part.name(name);
    });
  });
  return { after: sectionIds.code, name: "name", content: to.finish() };
}

/** Names of functions by index, as far as the module says. */
export function readFunctionNames(module: WasmModule): ReadonlyMap<number, string> {
  const section = module.customSections.find((s) => s.name === "name");
  if (section === undefined) return new Map();
  const from = new ByteReader(section.content);
  while (!from.atEnd) {
    const kind = from.byte("a kind of names");
    const part = from.sized("names");
    if (kind !== functionNames) continue;
    return new Map(part.list("names", () => [part.unsigned("an index"), part.name("a name")] as const));
  }
  return new Map();
}
