/** Imports a text as an ES module, without `eval`, wherever the host lets it. */
import { ModuleError } from "../base/errors.js";
import { hideAddress, textName } from "./hide-address.js";

export type Import = (address: string) => Promise<unknown>;

// The comment keeps bundlers from trying to resolve an address that is only known at run time.
export const hostImport: Import = (address) => import(/* @vite-ignore */ /* webpackIgnore: true */ address);

/**
 * Ends every text that is loaded. Stacks then show this name in place of an address that holds the whole module; and it ends in
 * `.js`, since Bun takes what follows the last dot of an address for the language, data or not.
 */
const name = `\n//# sourceURL=${textName}`;

/**
 * Through a `data:` address, and where a page's content security policy refuses that, through a `blob:` one.
 *
 * @throws ModuleError `blocked` where the policy allows neither; otherwise what the host or the module throws.
 */
export async function importText(text: string, importFrom: Import = hostImport): Promise<unknown> {
  const data = `data:text/javascript;charset=utf-8,${encodeURIComponent(text + name)}`;
  try {
    return await importFrom(data);
  } catch (error) {
    if (!isRefused(error)) throw hideAddress(error, data);
  }
  const address = URL.createObjectURL(new Blob([text, name], { type: "text/javascript" }));
  try {
    return await importFrom(address);
  } catch (error) {
    if (!isRefused(error)) throw error;
    throw new ModuleError(
      "blocked",
      "the host refuses to import modules from data: and blob: addresses; in a page its content security policy must allow " +
        "one of them (script-src … blob:), or the module is written to a file, whose URL loadModule takes",
      { cause: hideAddress(error, data) },
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** Browsers tell a module that could not be fetched by words alone; from these addresses nothing else can fail to come. */
const isRefused = (error: unknown): boolean =>
  error instanceof TypeError && /dynamically imported module|import(?:ing|ed)? a? ?module script/iu.test(error.message);
