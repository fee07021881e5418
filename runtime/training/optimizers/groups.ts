/** Which params an optimiser changes, and with which options: groups by patterns of names. */
import { CallTypeError } from "../../base/errors.js";
import { describe, isRecord } from "../../base/options.js";

/** Params whose names match, with options of their own in the place of the optimiser's. The first group that matches counts. */
export type GroupOptions<Options> = Partial<Options> & {
  /** A name, or a pattern in which `*` stands for any characters: `"read.*"`; or several of them. */
  readonly match: string | readonly string[];
  /** Never changed: there is no state for them, and their gradients do not count in the norm. */
  readonly frozen?: boolean;
};

export interface WithGroups<Options> {
  readonly groups?: readonly GroupOptions<Options>[];
}

/** Names of params, and what they are trained with; none where they are frozen. */
interface ParamGroup<Options> {
  readonly names: readonly string[];
  readonly options: Options;
}

interface Patterns {
  readonly texts: readonly string[];
  readonly tests: readonly RegExp[];
}

/**
 * Those that no group matches come first, with the options of the optimiser; then the groups in their order.
 *
 * @throws TypeError where a pattern matches no param, which would otherwise be ignored in silence.
 */
export function groupParams<Options extends object>(
  where: string,
  names: readonly string[],
  { groups = [], ...own }: Options & WithGroups<Options>,
): readonly ParamGroup<Options>[] {
  const patterns = groups.map(({ match }) => patternsOf(match));
  for (const { texts, tests } of patterns) {
    tests.forEach((test, i) => {
      if (names.some((name) => test.test(name))) return;
      throw new CallTypeError(
        `${where}: ${describe(texts[i])} matches no param; there are ${names.join(", ") || "none"}`,
      );
    });
  }
  const places = names.map((name) => patterns.findIndex(({ tests }) => tests.some((test) => test.test(name))));
  const namesAt = (place: number): string[] => names.filter((_, i) => places[i] === place);
  const others = { names: namesAt(-1), options: own as unknown as Options };
  const matched = groups.flatMap((group, place) =>
    group.frozen === true
      ? []
      : [{ names: namesAt(place), options: { ...own, ...optionsOf(group) } as unknown as Options }],
  );
  return [others, ...matched].filter((group) => group.names.length > 0);
}

/** What a group says of the optimiser's options. What it leaves undefined is the optimiser's. */
export function optionsOf<Options>(group: GroupOptions<Options>): object {
  const own = Object.entries(group).filter(
    ([name, value]) => !["match", "frozen"].includes(name) && value !== undefined,
  );
  return Object.fromEntries(own);
}

function patternsOf(match: string | readonly string[]): Patterns {
  const texts = typeof match === "string" ? [match] : match;
  const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&").replaceAll("\\*", ".*");
  return { texts, tests: texts.map((text) => new RegExp(`^${escaped(text)}$`, "u")) };
}

/** @throws TypeError where groups are no list of objects with patterns. */
export function checkGroups(where: string, groups: unknown, known: readonly string[]): void {
  if (groups === undefined) return;
  if (!Array.isArray(groups)) throw new CallTypeError(`${where}: groups must be an array, got ${describe(groups)}`);
  for (const [i, group] of groups.entries()) {
    const place = `${where}: groups[${i}]`;
    if (!isRecord(group)) throw new CallTypeError(`${place} must be an object, got ${describe(group)}`);
    const { match, frozen } = group;
    const texts: readonly unknown[] = Array.isArray(match) ? match : [match];
    if (texts.length === 0 || texts.some((text) => typeof text !== "string" || text === "")) {
      throw new CallTypeError(`${place}.match must be a name, a pattern, or an array of them, got ${describe(match)}`);
    }
    if (frozen !== undefined && typeof frozen !== "boolean") {
      throw new CallTypeError(`${place}.frozen must be true or false, got ${describe(frozen)}`);
    }
    const allowed = [...known, "match", "frozen"];
    const unknown = Object.keys(group).find((name) => !allowed.includes(name));
    if (unknown !== undefined)
      throw new CallTypeError(`${place}: unknown option ${unknown}; expected ${allowed.join(", ")}`);
  }
}
