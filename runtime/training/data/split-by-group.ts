/** Parts of data that share no group: what is tested on has no speaker, patient or book that was learned from. */
import { CallRangeError, CallTypeError } from "../../base/errors.js";
import { randomStream } from "../../base/random.js";
import { checkOption, checkOptionNames, describe, isList } from "../../base/options.js";
import { checkSource, type DataSource, hashOf } from "./source.js";

export interface SplitByGroupOptions {
  /** Which share of the groups the second part has, from 0 to 1; at least one, and not all. */
  readonly share: number;
  /** Tells which groups those are. */
  readonly seed: number;
}

/**
 * The examples of most groups, and those of the others.
 *
 * @param groups The group of each example, a text or a number.
 * @throws TypeError or RangeError where there is not one group for each example, or only one of them all.
 * @example
 *     const [learned, heldOut] = splitByGroup(data, speakers, { share: 0.2, seed: 1 });
 */
export function splitByGroup(
  data: DataSource,
  groups: ArrayLike<string | number>,
  options: SplitByGroupOptions,
): readonly [most: DataSource, others: DataSource] {
  checkSource("splitByGroup", "the first argument", data);
  checkOptionNames("splitByGroup", options, ["share", "seed"]);
  const { share, seed } = options;
  checkOption("splitByGroup: share", share, 0, 1);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new CallRangeError(`splitByGroup: seed must be an integer from 0 to 2^53 - 1, got ${describe(seed)}`);
  }
  if (!isList(groups) || groups.length !== data.count) {
    const got = isList(groups) ? `${groups.length}` : describe(groups);
    throw new CallTypeError(`splitByGroup: groups must be a list of ${data.count}, one for each example, got ${got}`);
  }
  const names = [...new Set(Array.from(groups))];
  if (names.length < 2) {
    throw new CallRangeError("splitByGroup: there must be at least two groups, and all examples are of one");
  }
  const chosen = Math.min(names.length - 1, Math.max(1, Math.round(share * names.length)));
  const others = new Set(randomStream(seed, "groups").shuffle(names).slice(0, chosen));
  const places = Array.from(groups, (_, i) => i);
  const isOther = (place: number): boolean => others.has(groups[place]!);
  return [
    partOf(data, places.filter((place) => !isOther(place))), // prettier-ignore
    partOf(data, places.filter(isOther)),
  ];
}

function partOf(data: DataSource, places: readonly number[]): DataSource {
  const { fingerprint, lengthOf } = data;
  return {
    count: places.length,
    fingerprint: `${places.length} of ${fingerprint} ${hashOf(["places"], [{ places }])}`,
    ...(lengthOf === undefined ? {} : { lengthOf: (index) => data.lengthOf!(places[index]!) }),
    read: (index, random) => data.read(places[index]!, random),
  };
}
