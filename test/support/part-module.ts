/** A part of a network as a module of its own: what checks modules checks it. */
import type { CompiledModule, InstantiateOptions, ModuleInstance } from "../../runtime/module/compiled-module.js";
import { namedAxes } from "../../runtime/module/axes.js";
import type { PartEntry } from "../../runtime/module/manifest.js";
import { manifestOfPart } from "../../runtime/module/part-manifest.js";
import { invariant } from "../../compiler/base/diagnostics/invariant.js";
import { recordOf } from "../../compiler/tools/calls/records.js";

/** With the params of the whole. Sizes that the part has nothing to do with are 1. */
export function partModule(module: CompiledModule, part: PartEntry): CompiledModule {
  const withSizes = ({ sizes, ...options }: InstantiateOptions): InstantiateOptions => ({
    ...options,
    sizes: recordOf(namedAxes(module.manifest).map((axis) => [axis, sizes?.[axis] ?? 1])),
  });
  const partOf = (whole: ModuleInstance): ModuleInstance => {
    const { variant, params, fixed, entries = {} } = whole;
    const own = entries[part.name];
    invariant(own !== undefined, `no entry ${part.name}`);
    return {
      variant,
      params,
      ...(fixed && { fixed }),
      init: (seed, options) => whole.init(seed, options),
      setParams: (values) => whole.setParams(values),
      freeze: () => whole.freeze(),
      ...own,
    };
  };
  return {
    manifest: manifestOfPart(module.manifest, part),
    instantiate: (options = {}) => partOf(module.instantiate(withSizes(options))),
    instantiateAsync: async (options = {}) => partOf(await module.instantiateAsync(withSizes(options))),
  };
}
