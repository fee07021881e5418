// Settings: numbers of a call that are the same for all of its examples.
import { describe, placeOf, quote } from "./check.js";
import { bufferName } from "./roles.js";

/** @import { Core, BufferedTensor } from "./instance-parts.js" */

/** Entries of one step. @type {readonly string[]} */
const streamedEntries = ["step", "stepInitial", "stepContexts"];

/**
 * Calls take settings by name, and kernels get one number for each example.
 * @param {Core} core
 */
export function createSettings(core) {
  const { manifest, buffers, options, readCall, run, kept } = core;
  const { settings = [] } = manifest;
  const places = settings.map(({ name }) => placeOf(name));
  options.all.push(...places);
  options.inStream.push(...places);
  Object.assign(core, {
    /** @type {Core["readCall"]} */
    readCall(where, isWhole) {
      const call = readCall(where, isWhole);
      const own = (call.settings ??= settings.map(() => 0));
      for (let i = 0; i < settings.length; i++) {
        const { value = settings[i]?.otherwise, name } = /** @type {typeof places[number]} */ (places[i]);
        if (typeof value !== "number" || Number.isNaN(value)) {
          throw new TypeError(`${where}: ${quote(name)} must be a number, got ${describe(value)}`);
        }
        own[i] = value;
      }
      return call;
    },
    /** @type {Core["run"]} */
    run(entry, call) {
      const streamed = streamedEntries.includes(entry);
      for (let i = 0; i < settings.length; i++) {
        const name = bufferName("setting", settings[i]?.name ?? "", [], streamed);
        const data = /** @type {BufferedTensor["data"] | undefined} */ (buffers[name]);
        data?.fill(/** @type {number} */ (call.settings?.[i]));
      }
      run(entry, call);
    },
    /** What a stream needs to go on. @type {NonNullable<Core["kept"]>} */
    kept(call) {
      const own = settings.map(({ name }, i) => [name, call.settings?.[i]]);
      return { ...kept?.(call), ...Object.fromEntries(own) };
    },
  });
}
