import { didYouMean } from "../../base/diagnostics/suggest.js";

/** Help for a name that is not there. Names of one or two letters are near to everything: only their case is compared. */
export function suggestion(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > 2) return didYouMean(name, candidates);
  return didYouMean(
    name,
    [...candidates].filter((candidate) => candidate.toLowerCase() === name.toLowerCase()),
  );
}
