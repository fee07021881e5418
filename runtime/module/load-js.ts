/** Loads compiled modules, from their text or from where they are. */
import { moduleKind, refuse } from "../base/arguments.js";
import { ModuleError } from "../base/errors.js";
import { checkManifest } from "./check-manifest.js";
import { toEsModule } from "./common-js.js";
import type { CompiledModule } from "./compiled-module.js";
import { hideAddress } from "./hide-address.js";
import { hostImport, importText } from "./import-text.js";

/** A `URL`. Its type is no name here: not all hosts' types have it. */
export interface ModuleAddress {
  readonly href: string;
}

/**
 * Loads a compiled module and checks that it is one.
 *
 * A text is imported through a `data:` address, or a `blob:` one where a page's content security policy forbids that, without
 * `eval`; where it forbids both, write the text to a file and give its URL. The engine keeps every module it has imported
 * for as long as the program runs, so do not load a fresh text for every request.
 *
 * @param source The text of the module, ES or CommonJS, or a `URL` to import it from (`new URL("./gru.js", import.meta.url)`).
 * @returns The module's exports: `manifest`, `instantiate`, `instantiateAsync` and, where it was built with `--fma`,
 * `variant`.
 * @throws TypeError where the source is neither, or is a path and not a module.
 * @throws ModuleError `not-loadable`, `blocked`, `not-a-cell`, `unknown-version` or `corrupt-manifest`.
 * @example
 *     const gru = await loadModule(new URL("./gru.js", import.meta.url));
 *     const instance = gru.instantiate({ batch: 1, steps: 100 });
 */
export async function loadModule(source: string | ModuleAddress): Promise<CompiledModule> {
  const load = loaderOf(source);
  try {
    const module = asModule((await load()) as Readonly<Record<string, unknown>>);
    sources.set(module, typeof source === "string" ? { text: source } : { href: source.href });
    return module;
  } catch (thrown) {
    if (thrown instanceof ModuleError) throw thrown;
    // An address may be a text, too.
    const address = typeof source === "string" ? "" : source.href;
    const error = address.startsWith("data:") ? hideAddress(thrown, address) : thrown;
    const reason = error instanceof Error ? `${error.name}: ${error.message.slice(0, 300)}` : String(error);
    throw new ModuleError("not-loadable", `the module could not be loaded: ${reason}`, { cause: error });
  }
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
 * @throws TypeError where it is no object at all; ModuleError `not-a-cell`, `unknown-version` or `corrupt-manifest`.
 * @example
 *     import * as gru from "./gru.js";
 *     const report = await checkGradients(asModule(gru));
 */
export function asModule(namespace: ModuleNamespace | Readonly<Record<string, unknown>>): CompiledModule {
  if (typeof namespace !== "object" || namespace === null || namespace instanceof Promise) {
    refuse("asModule", "the first argument", moduleKind, namespace);
  }
  const exports = namespace as Readonly<Record<string, unknown>>;
  const manifest = checkManifest(exports["manifest"]);
  for (const name of ["instantiate", "instantiateAsync"]) {
    if (typeof exports[name] !== "function") {
      throw new ModuleError("not-a-cell", `this is no compiled cell: it does not export \`${name}\``);
    }
  }
  const module = { ...(exports as unknown as CompiledModule), manifest };
  const source = sourceOf(namespace);
  if (source !== undefined) sources.set(module, source);
  return module;
}

/** Where a module was loaded from: its text, or an address. */
export type ModuleSource = { readonly text: string } | ModuleAddress;

const sources = new WeakMap<object, ModuleSource>();

/** Where others can load a module from; undefined of one that was imported by its importer's own means. */
export function sourceOf(module: object): ModuleSource | undefined {
  const { text } = module as { readonly text?: unknown };
  return sources.get(module) ?? (typeof text === "string" ? { text } : undefined);
}

function loaderOf(source: string | ModuleAddress): () => Promise<unknown> {
  if (typeof source === "object" && source !== null && typeof source.href === "string") {
    const { href } = source;
    return () => hostImport(href);
  }
  if (typeof source !== "string") return refuse("loadModule", "source", "the text of a module or a URL object", source);
  if (!source.includes("\n") && !/\bexports?\b/.test(source)) {
    throw new TypeError(
      `loadModule: source must be the text of a module or a URL object; ${JSON.stringify(source.slice(0, 60))} looks like neither`,
    );
  }
  return () => importText(toEsModule(source));
}
