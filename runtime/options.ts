/** Checks of options: a misspelt one is an error, as it would otherwise be ignored in silence. */

/** @throws TypeError unless the options are an object that has no other names than the known ones. */
export function checkOptionNames(where: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(`${where}: the options must be an object, got ${describe(options)}`);
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new TypeError(`${where}: unknown option ${unknown}; expected ${known.join(", ")}`);
}

/** @throws RangeError unless the value is a finite number from `low` to below `high`. */
export function checkOption(name: string, value: number, low: number, high = Infinity): number {
  if (typeof value !== "number" || !(value >= low && value < high)) {
    const range = high === Infinity ? `a finite number of at least ${low}` : `a number in [${low}, ${high})`;
    throw new RangeError(`${name} must be ${range}, got ${describe(value)}`);
  }
  return value;
}

/** @throws RangeError unless the value is a finite number above 0. */
export function checkPositive(name: string, value: number): number {
  if (typeof value !== "number" || !(value > 0 && value < Infinity)) {
    throw new RangeError(`${name} must be a finite number above 0, got ${describe(value)}`);
  }
  return value;
}

/** @throws TypeError unless the value is true, false or left out, which counts as false. */
export function checkSwitch(where: string, name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== "boolean") {
    throw new TypeError(`${where}: ${name} must be true or false, got ${describe(value)}`);
  }
  return value ?? false;
}

/** What came, in a few words. */
export function describe(value: unknown): string {
  if (typeof value === "string") return `the text ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === "function") return "a function";
  if (typeof value !== "object" || value === null) return String(value);
  const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "" && name !== "Object"
    ? `${/^[AEIOU]/.test(name) ? "an" : "a"} ${name}`
    : "an object";
}
