/** Will Node read a module as what it is? The nearest package.json decides for files that end in `.js`. */
import { realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { readIfPresent } from "./files.js";
import { readLimits } from "./read-limits.js";

/** What to tell about a written ES module that Node would take for CommonJS, and refuse. */
export function misreadModule(path: string): string | undefined {
  if (!path.endsWith(".js")) return undefined;
  for (let folder = dirname(realpathSync(path)), last = ""; folder !== last; last = folder, folder = dirname(folder)) {
    const description = join(folder, "package.json");
    const text = readIfPresent(description, readLimits.description);
    if (text === undefined) continue;
    // Where nothing is said Node looks at the text itself.
    if (typeOf(text) !== "commonjs") return undefined;
    return (
      `${path} is an ES module, and ${description} says "type": "commonjs": Node will refuse to import it; ` +
      "--format mjs makes a module that it takes there, --format cjs one for require (bundlers take all of them)"
    );
  }
  return undefined;
}

function typeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { readonly type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}
