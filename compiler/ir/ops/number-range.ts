/** Which numbers a module can hold. */

export type RealType = "f32" | "f64";

/** Bytes of a number. */
export const realBytes = { f32: 4, f64: 8 } as const satisfies Record<RealType, number>;

const names = { f32: "float32", f64: "float64" } as const;

/** What becomes of a number in a type that cannot hold it: "0 in float32"; undefined where nothing does. */
export function lostIn(dtype: RealType, value: number): string | undefined {
  const held = dtype === "f32" ? Math.fround(value) : value;
  if (Number.isNaN(value) || held === value) return undefined;
  return held === 0 || !Number.isFinite(held) ? `${held === 0 ? 0 : held} in ${names[dtype]}` : undefined;
}

/** What to do about it. */
export const rangeHelp = "float32 holds 0 and about 1.4e-45 to 3.4e38; `dtype` f64 holds 4.9e-324 to 1.8e308";
