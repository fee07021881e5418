/** Every function of a package, given by mistake something else for each of its arguments, refuses it by an error of its own. */
import { describe, expect, test } from "vitest";

/** A call with a stranger for one of its arguments. */
export type Call = (stranger: never) => unknown;
export type Calls = Readonly<Record<string, readonly Call[]>>;

/** @param raw Errors of an engine, and not of somebody who thought of the call. */
export function refuseStrangers(calls: Calls, strangers: readonly unknown[], raw: RegExp): void {
  describe.each(Object.entries(calls))("%s", (name, variants) => {
    test.each(variants.map((call, i) => [i + 1, call] as const))(
      "refuses strangers in its call %i",
      async (_, call) => {
        for (const stranger of strangers) {
          const error = await Promise.resolve()
            .then(() => call(stranger as never))
            .then(
              () => undefined,
              (thrown: unknown) => thrown,
            );
          const shown = `${name} given ${Object.prototype.toString.call(stranger)}`;
          expect(error, shown).toBeInstanceOf(Error);
          expect((error as Error).message, shown).not.toMatch(raw);
        }
      },
    );
  });
}

/** The functions that a package exports, by name in order. */
export function functionsOf(exported: object): string[] {
  const entries = Object.entries(exported as Readonly<Record<string, unknown>>);
  return entries
    .flatMap(([name, value]) => (!/^[A-Z]/u.test(name) && typeof value === "function" ? [name] : []))
    .sort();
}
