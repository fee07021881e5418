/** Whether two values of plain data say the same; what is undefined is as what is not there. Ends at the first difference, and so is quick for most. */
export function isSameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => isSameData(item, b[i]))
    );
  }
  const [own, other] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  for (const key in own) if (!isSameData(own[key], other[key])) return false;
  for (const key in other) if (other[key] !== undefined && own[key] === undefined) return false;
  return true;
}
