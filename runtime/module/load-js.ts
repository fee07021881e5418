/** Loads compiled modules, from their text or from where they are. */
import { ModuleError } from "../errors.js";
import { checkManifest } from "./check-manifest.js";
import type { CompiledModule } from "./compiled-module.js";

/**
 * Loads a compiled module and checks that it is one.
 *
 * A text is imported through a `data:` address, which works in Node and in browsers without `eval`; where a content
 * security policy forbids `data:` scripts, write the text to a file and give its URL. The engine keeps every module it
 * has imported for as long as the program runs, so do not load a fresh text for every request.
 *
 * @param source The text of the module, or a `URL` to import it from (`new URL("./gru.js", import.meta.url)`).
 * @returns The module's exports: `manifest`, `instantiate`, `instantiateAsync` and, where it was built with `--fma`,
 * `variant`.
 * @throws TypeError where the source is neither, or is a path and not a module.
 * @throws ModuleError `not-loadable`, `not-a-cell`, `unknown-version` or `corrupt-manifest`.
 * @example
 *     const gru = await loadModule(new URL("./gru.js", import.meta.url));
 *     const instance = gru.instantiate({ batch: 1, steps: 100 });
 */
export async function loadModule(source: string | URL): Promise<CompiledModule> {
  return asModule(await importFrom(addressOf(source)));
}

/** What an emitted module exports, with whatever types its own declarations give. */
export interface ModuleNamespace {
  readonly manifest: object;
  instantiate(options?: never): object;
  instantiateAsync(options?: never): Promise<object>;
}

/**
 * A module that was imported with its own types, as the general type that functions for any cell take.
 *
 * @param namespace `import * as gru from "./gru.js"`.
 * @throws ModuleError `not-a-cell`, `unknown-version` or `corrupt-manifest`.
 * @example
 *     import * as gru from "./gru.js";
 *     const report = await checkGradients(asModule(gru));
 */
export function asModule(namespace: ModuleNamespace | Readonly<Record<string, unknown>>): CompiledModule {
  const exports = namespace as Readonly<Record<string, unknown>>;
  const manifest = checkManifest(exports["manifest"]);
  for (const name of ["instantiate", "instantiateAsync"]) {
    if (typeof exports[name] !== "function") {
      throw new ModuleError("not-a-cell", `this is no compiled cell: it does not export \`${name}\``);
    }
  }
  return { ...(exports as unknown as CompiledModule), manifest };
}

function addressOf(source: string | URL): string {
  if (source instanceof URL) return source.href;
  if (typeof source !== "string")
    throw new TypeError(`source must be the text of a module or a URL, got ${typeof source}`);
  if (!source.includes("\n") && !/\bexport\b/.test(source)) {
    throw new TypeError(
      `source must be the text of a module or a URL object; ${JSON.stringify(source.slice(0, 60))} looks like neither`,
    );
  }
  return `data:text/javascript;charset=utf-8,${encodeURIComponent(source)}`;
}

async function importFrom(address: string): Promise<Record<string, unknown>> {
  try {
    // The comment keeps bundlers from trying to resolve an address that is only known at run time.
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ address)) as Record<string, unknown>;
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error);
    throw new ModuleError("not-loadable", `the module could not be loaded: ${reason}`, { cause: error });
  }
}
