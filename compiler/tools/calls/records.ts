/** Records by names that authors have chosen, which may be those of properties of objects: `__proto__`, `constructor`. */

export const emptyRecord = <Value>(): Record<string, Value> => Object.create(null) as Record<string, Value>;

export function recordOf<Value>(entries: Iterable<readonly [string, Value]>): Record<string, Value> {
  const made = emptyRecord<Value>();
  for (const [name, value] of entries) made[name] = value;
  return made;
}

/** Tensors by name, in float64. */
export type Tensors = Record<string, Float64Array>;
