/** Taking what must be there: a gap is a fault of the compiler, never of the user's text. */
import { InvariantError } from "./diagnostics/invariant.js";

/** Item `i` of a list. */
export function at<T>(items: ArrayLike<T | undefined>, i: number): T {
  const item = items[i];
  if (item === undefined) throw new InvariantError(`no item ${i} among ${items.length}`);
  return item;
}

/** What a record holds for a key. */
export function ofKey<T>(record: Readonly<Record<string, T | undefined>>, key: string): T {
  const value = record[key];
  if (value === undefined) throw new InvariantError(`nothing is called ${key}`);
  return value;
}

/** What a map holds for a key. */
export function lookUp<K, V>(map: Pick<ReadonlyMap<K, V | undefined>, "get">, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new InvariantError(`nothing is known of ${String(key)}`);
  return value;
}

/** The list that a map has for a key; an empty one where it had none. */
export function listAt<K, T>(lists: Map<K, T[]>, key: K): T[] {
  let list = lists.get(key);
  if (list === undefined) lists.set(key, (list = []));
  return list;
}
