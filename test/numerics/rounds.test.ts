/**
 * Rounds as a loop and written out: the same bits in values and streams, the same derivatives to rounding, as what they are sums of
 * is added up in another order. Both targets have the same bits, and the evaluator of the equations agrees.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildEntries } from "../../compiler/driver/entries.js";
import { emitModule, lowerSource } from "../../compiler/driver/pipeline.js";
import { programOfCell } from "../../compiler/program/cell-program.js";
import { anyTarget } from "../../compiler/passes/any-target.js";
import { loadModule } from "../../runtime/module/load-js.js";
import { fuzzParameters } from "../support/fuzz.js";
import { compareEntries } from "../support/run-kernel.js";
import { expectSameBitsOnTargets } from "../support/same-targets.js";

const dimensions = { H: 3, L: 5 };
const options = { fma: false, wasmFile: false, gradient: true, jvp: true, hvp: true, dtype: "f64" } as const;

function lowered(text: string, mostWrittenOut: number) {
  const { cell, diagnostics } = lowerSource(text, { cell: "A", dimensions }, "all sizes", mostWrittenOut);
  if (cell === undefined) throw new Error(`${diagnostics.map(({ message }) => message).join("\n")}\n${text}`);
  return cell;
}

const loops = (text: string, mostWrittenOut: number): number =>
  lowered(text, mostWrittenOut).step.instructions.filter(({ operation }) => operation.kind === "scan").length;

async function moduleOf(text: string, mostWrittenOut: number, target: "js" | "wasm") {
  return loadModule(emitModule(programOfCell(lowered(text, mostWrittenOut)), { ...options, target }).text);
}

/** Both forms and both targets. @returns Whether values and streams of the forms have the same bits. */
async function compare(text: string, seed: number): Promise<boolean> {
  const [writtenOut, js, wasm] = await Promise.all([
    moduleOf(text, Infinity, "js"),
    moduleOf(text, 0, "js"),
    moduleOf(text, 0, "wasm"),
  ]);
  expectSameBitsOnTargets(js, wasm, seed);
  const sizes = [3, 1].map((T) => new Map([["%T", T]]));
  for (const form of [0, Infinity]) {
    const program = buildEntries(programOfCell(lowered(text, form)), options);
    const errors = compareEntries(program, sizes, { dtype: "f64", runtimeDimensions: [], indexBound: 3, seed });
    expect([...errors].filter(([, error]) => !(error < 1e-9))).toEqual([]);
  }
  try {
    expectSameBitsOnTargets(writtenOut, js, seed, (name) => /^(grad|jvp|hvp) /u.test(name));
    return true;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "AssertionError") throw error;
    return false;
  }
}

/** @param rounds an equation of `r` */
const around = (rounds: string): string => `
fn mixed(v: [H], k: index(L), Q: [L, H]): [H] { return v * Q[k] + 0.1 * Q[k] }
cell A(H, L) {
  input x: [H]
  state s: [H]
  param U, W: [H, H] ~ uniform(0.5)
  param b: [H] ~ uniform(1)
  param g: real ~ 0.3
  param Q: [L, H] ~ uniform(1)
  param P, V: [L, H, H] ~ uniform(0.5)
  ${rounds}
  s' = 0.5 * tanh(r) + 0.1 * s + 0 * (U @ x + W @ x + b + g + Q[0] + P[0] @ x + V[0] @ x)
  output y = r
}`;

const terms = [
  ...["U @ r", "P[k] @ r", "W @ x", "W @ s", "Q[k]", "Q[L - 1 - k]", "b", "s", "x", "r"],
  ...["x * r", "g * k", "P[k] @ x", "r * sum(r * b)", "mixed(r, k, Q)", "max(r) * b", "sum(V[k, :, h] * r[h] for h)"],
];

const arbitrarySum = fc
  .tuple(fc.array(fc.constantFrom(...terms), { minLength: 1, maxLength: 5 }), fc.boolean())
  .map(([all, isRight]) => all.reduce((sum, term) => (isRight ? `${term} + (${sum})` : `${sum} + ${term}`)));

const arbitraryBody = fc
  .tuple(
    arbitrarySum,
    fc.constantFrom(
      (sum: string) => `tanh(${sum})`,
      (sum: string) => `r + 0.2 * (tanh(${sum}) - r)`,
      (sum: string) => `0.2 * (${sum})`,
      (sum: string) => `r + Q[k] + 0.1 * (${sum})`,
      (sum: string) => `if k == 0 then W @ x + b else sigmoid(${sum}) * r`,
      (sum: string) => `sigmoid(${sum}) * r + tanh(b)`,
    ),
  )
  .map(([sum, made]) => made(sum));

// What is needed twice is no part of a sum, and what rounds have in common is found where they are written out alone: so products of `r'` are
// others than those of `r`, and none is spelled in two ways.
const arbitraryRounds = fc
  .record({
    first: fc.constantFrom("s", "x", "zeros([H])", "0.5 * s + x", "b"),
    body: arbitraryBody,
    other: fc.option(arbitraryBody, { nil: undefined }),
    range: fc.constantFrom("k < L", "1 <= k < L"),
    until: fc.constantFrom("", "", " until sum(abs(r' - r)) < 0.5", " until sum(r) > 1"),
  })
  .map(({ first, body, other, range, until }) =>
    other === undefined
      ? `r = ${first} then ${body} for ${range}${until}`
      : `r, g2 = (${first}, x) then (${body} + 0.1 * g2, ${other.replaceAll(/\br\b/gu, "(0.5 * r')")} * g2) for ${range}${until}`,
  );

describe("rounds as a loop", () => {
  it("of random equations", async () => {
    let [same, all] = [0, 0];
    await fc.assert(
      fc.asyncProperty(arbitraryRounds, fc.nat(1e6), async (rounds, seed) => {
        if (await compare(around(rounds), seed)) same++;
        all++;
      }),
      { ...fuzzParameters(3, 30), endOnFailure: true },
    );
    // Where one form finds a product or a sum that rounds have in common and the other does not, last bits may differ.
    expect(same).toBeGreaterThan(0.8 * all);
  }, 3_600_000);

  it.each([
    ["with a first that is another", "r = s then (if k == 0 then W @ x else 0) + tanh(P[k] @ r) for k < L"],
    ["that end", "r = s then tanh(U @ r) + x for 4 until max(abs(r' - r)) < 0.2"],
    ["that are implicit", "r = s then 0.3 * tanh(U @ r) + x for 9 until max(abs(r' - r)) < 1e-3 implicit"],
  ])("%s", async (_what, rounds) => {
    expect(loops(around(rounds), Infinity)).toBe(0);
    expect(loops(around(rounds), 0)).toBeGreaterThan(0);
    expect(await compare(around(rounds), 5)).toBe(true);
  });

  it("are written out where they do little, and a product is as much as eight other operations", () => {
    const count = (body: string, rounds: number): number => loops(around(`r = s then ${body} for ${rounds}`), anyTarget.mostWrittenOut); // prettier-ignore
    expect([count("tanh(r) + x", 100), count("tanh(r) + x", 150)]).toEqual([0, 1]);
    expect([count("tanh(U @ r)", 20), count("tanh(U @ r)", 40)]).toEqual([0, 1]);
  });
});
