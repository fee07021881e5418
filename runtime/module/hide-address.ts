/** Errors of loading a text name the address that it was loaded from, which is the text itself: weights, and all. */

/** What stands in its place. */
export const textName = "recell/module.js";

/** Addresses of texts end where no percent-encoded text has a character, however they were cut. */
const addresses = /data:[\w.+-]+\/[\w.+-]+[;,][^\s"<>`]*/gu;

const withoutAddress = (text: string, address: string): string =>
  text.replaceAll(address, textName).replace(addresses, textName);

/**
 * What was thrown, without the address in its message and stack, and in those of its causes. An error that does not let itself be
 * changed is another one afterwards, of the same words.
 */
export function hideAddress(thrown: unknown, address: string, depth = 0): unknown {
  if (typeof thrown === "string") return withoutAddress(thrown, address);
  if (!(thrown instanceof Error)) return thrown;
  if (depth > 8) return undefined;
  try {
    // Messages, stacks, causes, and what engines add: `url`, `input`, `base`.
    const fields = thrown as unknown as Record<string, unknown>;
    for (const key of Object.getOwnPropertyNames(thrown)) {
      const value = fields[key];
      const shown =
        typeof value === "string" || value instanceof Error ? hideAddress(value, address, depth + 1) : value;
      if (shown !== value) fields[key] = shown;
    }
    if (!`${thrown.message}${thrown.stack ?? ""}`.includes(address)) return thrown;
  } catch {
    // Frozen, or with properties of its own making.
  }
  return new Error(withoutAddress(String(thrown.message), address));
}
