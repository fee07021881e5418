/** Reads the manifest in the text of a module without running it. */
import { ModuleError } from "../base/errors.js";
import { checkManifest } from "./check-manifest.js";
import type { Manifest } from "./manifest.js";

/** It ends where a line does: no text in it has a line break that is not escaped. */
const declaration = /^(?:export )?const manifest = ([^]+?);(?=\r?\n)/mu;

/** What differs from JSON: names without quotes, `["__proto__"]`, commas at ends. Texts are matched to pass over them. */
const token = /"(?:[^"\\]+|\\.)*"|([A-Za-z_$][\w$]*)(?=:)|\[("__proto__")\](?=:)|,(?=\s*[\]}])/gu;

/**
 * @param text An ES module as the compiler printed it.
 * @throws ModuleError `not-a-cell`, `unknown-version` or `corrupt-manifest`.
 */
export function readManifest(text: string): Manifest {
  const [, literal] = declaration.exec(text) ?? [];
  if (literal === undefined) throw new ModuleError("not-a-cell", "the text is no compiled cell");
  const json = literal.replace(token, (whole, name?: string, quoted?: string) => {
    if (name !== undefined) return `"${name}"`;
    return quoted ?? (whole === "," ? "" : whole);
  });
  return checkManifest(parse(json));
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new ModuleError("corrupt-manifest", "the manifest of the module cannot be read", { cause });
  }
}
