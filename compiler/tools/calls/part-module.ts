/** A named entry of a network as a module of its own: what checks modules checks it. */
import type { CompiledModule, InstantiateOptions, ModuleInstance } from "../../../runtime/module/compiled-module.js";
import { leastSizes } from "../../../runtime/module/axes.js";
import type { PartEntry } from "../../../runtime/module/manifest.js";
import { manifestOfPart } from "../../../runtime/module/part-manifest.js";
import { recordOf } from "./records.js";

/**
 * With the params of the whole. Sizes that the part has nothing to do with are as small as they may be.
 *
 * @param onMade Called with each instance of the part, and that of the whole.
 */
export function partModule(
  module: CompiledModule,
  part: PartEntry,
  onMade?: (own: ModuleInstance, whole: ModuleInstance) => void,
): CompiledModule {
  const withSizes = ({ sizes, ...options }: InstantiateOptions): InstantiateOptions => ({
    ...options,
    sizes: recordOf(Object.entries({ ...leastSizes(module.manifest), ...sizes })),
  });
  const partOf = (whole: ModuleInstance): ModuleInstance => {
    const { variant, params, fixed, entries = {} } = whole;
    const own = entries[part.name];
    if (own === undefined) throw new TypeError(`an instance has no entry ${part.name}`);
    const made: ModuleInstance = {
      variant,
      params,
      ...(fixed && { fixed }),
      init: (seed, options) => whole.init(seed, options),
      setParams: (values) => whole.setParams(values),
      freeze: () => whole.freeze(),
      ...own,
    };
    onMade?.(made, whole);
    return made;
  };
  return {
    manifest: manifestOfPart(module.manifest, part),
    instantiate: (options = {}) => partOf(module.instantiate(withSizes(options))),
    instantiateAsync: async (options = {}) => partOf(await module.instantiateAsync(withSizes(options))),
  };
}
