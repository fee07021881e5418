/** Settings of a call: numbers near those that the source says, with the same signs. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import type { CallExtents } from "./sizes.js";

/** By name; the same for the same seed. */
export const settingsOf = ({ settings = [] }: Pick<Manifest, "settings">, seed: number): Record<string, number> =>
  Object.fromEntries(settings.map(({ name, otherwise }, i) => [name, (otherwise * (4 - ((seed + i) % 3))) / 4]));

/** The same as kernels have them, `[B]`. */
export const settingNumbers = (
  manifest: Pick<Manifest, "settings">,
  { batch }: Pick<CallExtents, "batch">,
  seed: number,
): Record<string, Float64Array> =>
  Object.fromEntries(
    Object.entries(settingsOf(manifest, seed)).map(([name, value]) => [name, new Float64Array(batch).fill(value)]),
  );
