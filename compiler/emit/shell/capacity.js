// The options of `instantiate`.
import { checkInteger, checkNames, own } from "./check.js";
import { record } from "./tensors.js";

/** @import { Capacity, Manifest } from "./types.js" */

/**
 * Checks the options of `instantiate`; `more` are the names of those that only some modules have.
 * @param {Manifest} manifest
 * @param {(capacity: Capacity) => number} workspaceBytes
 * @param {Record<string, unknown>} options
 * @param {readonly string[]} more
 * @returns {{ capacity: Capacity, bytes: number }}
 */
export function readCapacity({ runtimeDimensions }, workspaceBytes, options, more) {
  const where = "instantiate";
  const most = 2 ** 31 - 1;
  const given = checkNames(where, options, new Set(["batch", "steps", "sizes", "maxBytes", ...more]));
  const batch = checkInteger(where, "batch", own(given, "batch") ?? 1, 1, most);
  const steps = checkInteger(where, "steps", own(given, "steps") ?? 1, 1, most);
  const sizes = record();
  const givenSizes = checkNames(`${where}: sizes`, own(given, "sizes") ?? {}, new Set(runtimeDimensions));
  for (const name of runtimeDimensions) {
    sizes[name] = checkInteger(where, `sizes.${name}`, own(givenSizes, name), 1, most);
  }
  const capacity = { batch, steps, sizes };
  const bytes = workspaceBytes(capacity);
  const maxBytes = checkInteger(where, "maxBytes", own(given, "maxBytes") ?? 2 ** 32, 0, Number.MAX_SAFE_INTEGER);
  if (!(bytes <= maxBytes)) {
    throw new RangeError(`${where}: these sizes take ${bytes} bytes, more than maxBytes, ${maxBytes}`);
  }
  return { capacity, bytes };
}
