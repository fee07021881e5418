/** A bug of the compiler itself, never of the user's text. */
export class InvariantError extends Error {
  override name = "InvariantError";
}

/** Throws an {@link InvariantError} where `condition` does not hold. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Marks a switch as exhaustive: reaching it is a type error at compile time and an {@link InvariantError} at run time. */
export function unreachable(value: never, what: string): never {
  throw new InvariantError(`unexpected ${what}: ${JSON.stringify(value)}`);
}
