/** Options that the compiler refuses, as wrong use of the command line. */
import { CompileOptionsError } from "../compile-options.js";
import { UsageError } from "./arguments.js";

/** Runs `action`; what it finds wrong with its options becomes a {@link UsageError} about `file`. */
export function withOptionErrors<Result>(file: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    if (error instanceof CompileOptionsError) throw new UsageError(`${file}: ${error.message}`);
    throw error;
  }
}
