/**
 * Faults planted in every row of the derivative tables: gradient checks find them, and locate them at the equation that has the
 * operation. `npm test` plants a sample of each row, `npx vitest run --mode fuzz` with this file all of them.
 */
import { afterAll, describe, expect, it } from "vitest";
import { derivativeRules } from "../../../../compiler/passes/autodiff/derivative-rules.js";
import { allRows, type Mutation, mutationsOf, type Row, rowName } from "../../../support/mutate-rules.js";
import { type Host, hostsOf, type Mode } from "../../../support/rule-hosts.js";

const all = process.env["RUNS"] !== undefined;
/** A sample has every so manieth fault, at another place in each row. */
const stride = all ? 1 : 16;

/** Rows that nothing asks, so that a fault in them cannot be planted. */
const unasked: Readonly<Record<string, string>> = {
  not: "truth values have no derivative",
  lt: "truth values have no derivative",
  le: "truth values have no derivative",
  eq: "truth values have no derivative",
  ne: "truth values have no derivative",
  and: "truth values have no derivative",
  or: "truth values have no derivative",
  "constant tangent": "has no operands",
  "constant cotangents": "has no operands",
  "dimension tangent": "has no operands",
  "dimension cotangents": "has no operands",
  "to_index tangent": "integers have no derivative",
  "to_index cotangents": "integers have no derivative",
  "iota tangent": "has no operands",
  "iota cotangents": "has no operands",
};

/** Faults that change nothing but at kinks, where a derivative is a choice, or nothing at all. */
const withoutEffect: readonly (readonly [fault: RegExp, reason: string])[] = [
  [/^pow, .* operand 2, (number [01]|[26] select: term missing, operand 3 left)/u, "only where the base is 0"],
  [/^(min|max), .*(number 0\.5|2 mul: |3 select: (sign|factor|term missing, operand 3 left))/u, "only at a tie"],
  [
    /^clamp, .*(1, reads operand [23]|[23], reads operand 3): wrong operand, result$/u,
    "the result is the bound where it decides",
  ],
  [
    /^broadcast tangent, .*(u \* A: 1 broadcast: wrong place|q \* [uA]: all: wrong (place|axis))$/u,
    "mirrors what is repeated",
  ],
  [/^reduce .*axis = 0\): \d+ broadcast: wrong place$/u, "mirrors what is repeated"],
  [/^reduce tangent, .*(axis = 0\)|max\(u\)): (\d mul|1[02] select): wrong place$/u, "mirrors what is summed"],
  [/^erf, .*(number -?30: another number|[12] clamp: term missing, operand 1 left)$/u, "only beyond 30, where it is 0"],
  [/^reduce .*(max|min).*: (1|6|8|9|10|11|13) constant: (sign|factor)$/u, "a zero, or infinity"],
  [
    /^batch_sum cotangents, .*\d (dimension|constant|mul|broadcast): (sign|factor|wrong place|term missing, operand 2 left)$|^batch_sum cotangents, .*\d add: term missing, operand 1 left$/u,
    "a zero that makes a shared value one of the example",
  ],
  [/^reduce .*(max|min).*: 3 broadcast: wrong axis 1$/u, "only where all elements are infinite"],
  [
    /^reduce .*(10 reduce: wrong place|[79] select: wrong place|\d+ (strong_)?div: term missing, operand 1 left)$/u,
    "only at a tie",
  ],
];

interface Planted {
  readonly host: Host;
  readonly mode: Mode;
  readonly mutation: Mutation;
}

/** The faults of a row, without those that derive what another one or the true rules derive. */
function plantedIn(row: Row, offset: number): { readonly planted: readonly Planted[]; readonly total: number } {
  const planted: Planted[] = [];
  let total = 0;
  for (const host of hostsOf(row)) {
    for (const mode of host.modes) {
      const known = new Set([host.derive(derivativeRules, mode)]);
      const mutations = mutationsOf(row, (rules) => host.derive(rules, mode));
      total += mutations.length;
      for (const [i, mutation] of mutations.entries()) {
        if ((offset + i) % stride !== 0) continue;
        const text = host.derive(mutation.rules, mode);
        if (!known.has(text)) planted.push({ host, mode, mutation });
        known.add(text);
      }
    }
  }
  return { planted, total };
}

const figures = { rows: 0, planted: 0, found: 0, located: 0, withoutEffect: 0 };

describe("faults in the rule of", () => {
  it.each(allRows.map((row, i) => [rowName(row), row, i] as const))("%s", (name, row, i) => {
    const { planted, total } = plantedIn(row, i);
    expect(total > 0).toBe(!(name in unasked));
    if (total > 0) figures.rows++;
    for (const { host, mode, mutation } of planted) {
      const title = `${name}, ${mode} mode of ${host.name}: ${mutation.name}`;
      const outcome = host.check(mutation.rules, mode);
      if (withoutEffect.some(([fault]) => fault.test(title))) {
        expect([title, outcome, host.effect(mutation.rules, mode) < 1e-9]).toEqual([title, "missed", true]);
        figures.withoutEffect++;
        continue;
      }
      figures.planted++;
      expect([title, outcome]).not.toEqual([title, "missed"]);
      figures.found++;
      if (outcome === "located") figures.located++;
    }
  });

  // What is left are sums over steps and examples in the gradient of a parameter, which no equation has.
  it("any row is found, and nearly always located at the equation", () => {
    expect(figures).toMatchObject(
      all ? { rows: 57, planted: 1917, withoutEffect: 207 } : { rows: 57, planted: 161, withoutEffect: 12 },
    );
    expect(figures.found).toBe(figures.planted);
    expect(figures.located / figures.planted).toBeGreaterThanOrEqual(0.95);
  });
});

afterAll(() => {
  const { rows, planted, found, located, withoutEffect } = figures;
  const share = ((100 * located) / planted).toFixed(1);
  console.log(
    `${rows} rows: ${planted} faults planted, ${found} found, ${located} (${share} %) located at their equation; ` +
      `${withoutEffect} more without effect`,
  );
});
