/** Options that the compiler refuses, as wrong use of the command line. */
import { CompileOptionsError, MissingSizesError } from "../driver/compile-options.js";
import { UsageError } from "./arguments.js";

/** What the compiler finds wrong with its options as a {@link UsageError} about `file`; any other error as it is. */
export function asUsageError(file: string, error: unknown): unknown {
  if (!(error instanceof CompileOptionsError)) return error;
  const missing = error instanceof MissingSizesError ? error.missing : [];
  const hint = missing.length === 0 ? "" : `: ${missing.map((name) => `--dim ${name}=…`).join(" ")}`;
  return new UsageError(`${file}: ${error.message}${hint}`);
}

/** Runs `action`; what it finds wrong with its options becomes a {@link UsageError} about `file`. */
export function withOptionErrors<Result>(file: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw asUsageError(file, error);
  }
}
