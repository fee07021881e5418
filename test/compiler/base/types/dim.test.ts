import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  boundedDivide,
  boundedMultiply,
  boundedSubstitute,
  isWithinLimits,
} from "../../../../compiler/base/types/bounded-dim.js";
import { type Bounds, isMonotone, provenAtLeast } from "../../../../compiler/base/types/bounds.js";
import { parseDim } from "../../../../compiler/base/types/parse-dim.js";
import {
  addDims,
  ceilDim,
  floorDim,
  floorsOf,
  symbolOf,
  symbolsOf,
  type Dim,
  dimConstant,
  dimFactor,
  dimSymbol,
  divideDims,
  equalDims,
  evaluateDim,
  multiplyDims,
  printDim,
  substituteDim,
  subtractDims,
  TIME_SYMBOL,
} from "../../../../compiler/base/types/dim.js";

const [H, N, K] = [dimSymbol("H"), dimSymbol("N"), dimSymbol("K")];
const number = dimConstant;

/** Of a text without names that need quotes. */
function readDim(text: string): Dim {
  const words = text.match(/[%\w]+|\S/g) ?? [];
  const tokens = {
    get next() {
      return words[0] ?? "";
    },
    take: () => words.shift() ?? "",
    accept: (word: string) => words[0] === word && words.shift() !== undefined,
    expect: (word: string) => expect(words.shift()).toBe(word),
    symbol: () => words.shift() ?? "",
    fail: (problem: string): never => {
      throw new Error(problem);
    },
  };
  return parseDim(tokens);
}

const arbitraryDim: fc.Arbitrary<Dim> = fc.letrec<{ dim: Dim }>((tie) => ({
  dim: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(H, N, K),
    fc.integer({ min: -3, max: 4 }).map(number),
    fc.tuple(tie("dim"), tie("dim")).map(([a, b]) => addDims(a, b)),
    fc.tuple(tie("dim"), tie("dim")).map(([a, b]) => subtractDims(a, b)),
    fc.tuple(tie("dim"), tie("dim")).map(([a, b]) => multiplyDims(a, b)),
    fc.tuple(tie("dim"), fc.constantFrom(H, N, number(2))).map(([a, b]) => divideDims(a, b) as Dim),
  ),
})).dim;
const arbitrarySizes = fc.tuple(
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
  fc.integer({ min: 1, max: 9 }),
);
const sizesOf = ([h, n, k]: readonly number[]): Map<string, number> =>
  new Map([
    ["H", h as number],
    ["N", n as number],
    ["K", k as number],
  ]);

/** Steps, of which there may be none, and sizes of at least 1. */
const withSteps: Bounds = { least: (symbol) => (symbol === TIME_SYMBOL ? 0 : 1) };

describe("dimensions", () => {
  it("have one normal form", () => {
    expect(equalDims(multiplyDims(N, divideDims(H, N) as Dim), H)).toBe(true);
    expect(equalDims(addDims(H, H), multiplyDims(number(2), H))).toBe(true);
    expect(equalDims(subtractDims(H, H), number(0))).toBe(true);
    expect(printDim(subtractDims(addDims(N, H), number(1)))).toBe("H + N - 1");
    expect(printDim(divideDims(H, N) as Dim)).toBe("H / N");
  });

  it.each<[string, Dim, number, boolean]>([
    ["H >= 1", H, 1, true],
    ["H >= 2", H, 2, false],
    ["2 H - 1 >= 1", subtractDims(addDims(H, H), number(1)), 1, true],
    ["H - N >= 0", subtractDims(H, N), 0, false],
    ["H N - H >= 0", subtractDims(multiplyDims(H, N), H), 0, true],
    ["H - H / N >= 0", subtractDims(H, divideDims(H, N) as Dim), 0, true],
    ["H / N >= 1", divideDims(H, N) as Dim, 1, false],
    ["H^2 - H >= 0", subtractDims(multiplyDims(H, H), H), 0, true],
    ["H^2 + N^2 - 2 H N >= 0", multiplyDims(subtractDims(H, N), subtractDims(H, N)), 0, false],
    ["3 >= 3", number(3), 3, true],
    ["0 >= 1", number(0), 1, false],
  ])("%s", (_text, dim, bound, wanted) => {
    expect(provenAtLeast(dim, bound)).toBe(wanted);
  });

  it("a sequence may have no steps: nothing is proven from a first one", () => {
    const T = dimSymbol(TIME_SYMBOL);
    const proven = (dim: Dim, bound: number): boolean => provenAtLeast(dim, bound, withSteps);
    expect(proven(T, 0)).toBe(true);
    expect(proven(T, 1)).toBe(false);
    expect(proven(subtractDims(T, number(1)), 0)).toBe(false);
    expect(proven(subtractDims(addDims(T, H), number(1)), 0)).toBe(true);
    expect(proven(subtractDims(multiplyDims(T, H), T), 0)).toBe(true);
    expect(proven(subtractDims(multiplyDims(T, H), H), 0)).toBe(false);
    expect(proven(divideDims(H, T) as Dim, 0)).toBe(false);
  });

  it("looks into floors by facts of one symbol", () => {
    const windows = addDims(floorDim(divideDims(subtractDims(H, number(4)), number(3))!), number(1));
    const facts = [subtractDims(H, number(4))];
    expect(provenAtLeast(windows, 1, { least: () => 0, facts })).toBe(true);
    expect(provenAtLeast(windows, 2, { least: () => 0, facts })).toBe(false);
    expect(provenAtLeast(windows, 1, { least: () => 0 })).toBe(false);
  });

  it("bounds that are told prove more, or less", () => {
    const atLeast = (size: number) => ({ least: () => size });
    expect(provenAtLeast(subtractDims(H, number(2)), 0, atLeast(2))).toBe(true);
    expect(provenAtLeast(subtractDims(multiplyDims(H, N), number(9)), 0, atLeast(3))).toBe(true);
    expect(provenAtLeast(subtractDims(multiplyDims(H, N), number(10)), 0, atLeast(3))).toBe(false);
    expect(provenAtLeast(subtractDims(H, number(1)), 0, atLeast(0))).toBe(false);
    const facts = [subtractDims(H, multiplyDims(number(2), N))];
    expect(provenAtLeast(subtractDims(H, N), 0, { least: () => 0, facts })).toBe(true);
    expect(provenAtLeast(subtractDims(subtractDims(H, N), number(1)), 0, { least: () => 0, facts })).toBe(false);
  });

  it("what is proven for symbols with bounds of their own holds", () => {
    const least = (symbol: string): number => ({ H: 1, N: 3 })[symbol] ?? 0;
    const sizes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 3, max: 9 }), fc.nat(9));
    let proven = 0;
    fc.assert(
      fc.property(arbitraryDim, fc.integer({ min: -3, max: 3 }), sizes, (dim, bound, drawn) => {
        if (!provenAtLeast(dim, bound, { least })) return;
        proven += 1;
        expect(evaluateDim(dim, sizesOf(drawn))).toBeGreaterThanOrEqual(bound - 1e-9);
      }),
      { numRuns: 2000 },
    );
    expect(proven).toBeGreaterThan(200);
  });

  it("what is proven holds", () => {
    let proven = 0;
    fc.assert(
      fc.property(arbitraryDim, fc.integer({ min: -3, max: 3 }), arbitrarySizes, (dim, bound, sizes) => {
        if (!provenAtLeast(dim, bound)) return;
        proven += 1;
        expect(evaluateDim(dim, sizesOf(sizes))).toBeGreaterThanOrEqual(bound - 1e-9);
      }),
      { numRuns: 2000 },
    );
    expect(proven).toBeGreaterThan(200);
  });

  it("substitution with and without limits agrees, and with evaluation", () => {
    fc.assert(
      fc.property(arbitraryDim, arbitrarySizes, (dim, sizes) => {
        const replacements = new Map([
          ["H", multiplyDims(number(2), K)],
          ["N", number(3)],
        ]);
        const plain = substituteDim(dim, replacements);
        const bounded = boundedSubstitute(dim, replacements);
        if (bounded !== undefined) expect(bounded.key).toBe(plain.key);
        const all = sizesOf(sizes);
        const inner = new Map([...all, ["H", 2 * (all.get("K") as number)], ["N", 3]] as const);
        expect(evaluateDim(plain, all)).toBeCloseTo(evaluateDim(dim, inner), 6);
      }),
    );
  });

  it("what is rounded down has a normal form", () => {
    const T = dimSymbol(TIME_SYMBOL);
    const [two, four] = [number(2), number(4)];
    const over = (dim: Dim, divisor: Dim): Dim => divideDims(dim, divisor) as Dim;
    const half = floorDim(over(T, two));
    const key = (dim: Dim): string => dim.key;
    expect(printDim(half)).toBe("floor(%T / 2)");
    expect(printDim(floorDim(over(addDims(T, H), N)))).toBe("floor((%T + H) / N)");
    expect(printDim(floorDim(addDims(over(T, multiplyDims(two, N)), H)))).toBe("H + floor(%T / (2*N))");
    expect(key(floorDim(over(addDims(T, number(5)), two)))).toBe(
      key(addDims(number(3), floorDim(over(subtractDims(T, number(1)), two)))),
    );
    expect(key(floorDim(over(multiplyDims(two, T), four)))).toBe(key(half));
    expect(key(floorDim(over(addDims(multiplyDims(two, T), number(1)), four)))).toBe(key(half));
    expect(key(floorDim(over(half, two)))).toBe(key(floorDim(over(T, four))));
    expect(key(floorDim(over(addDims(half, multiplyDims(two, H)), two)))).toBe(
      key(addDims(H, floorDim(over(T, four)))),
    );
    expect(key(floorDim(over(T, number(1))))).toBe(key(T));
    expect(key(addDims(half, ceilDim(over(T, two))))).toBe(key(T));
    expect(key(ceilDim(over(T, two)))).toBe(key(floorDim(over(addDims(T, number(1)), two))));
    expect(key(ceilDim(over(ceilDim(over(T, two)), two)))).toBe(key(ceilDim(over(T, four))));
    const windows = addDims(floorDim(over(subtractDims(ceilDim(over(T, two)), number(1)), two)), number(1));
    expect(key(windows)).toBe(key(floorDim(over(addDims(T, number(3)), four))));
    expect(key(ceilDim(over(T, number(3))))).toBe(key(floorDim(over(addDims(T, two), number(3)))));
    // A quotient that leaves no rest is another thing.
    expect(key(over(T, two))).not.toBe(key(half));
    expect(symbolsOf(floorDim(over(addDims(T, H), N)))).toEqual(["%T", "H", "N"]);
  });

  it("a floor carries what it is of, and is not told by its spelling", () => {
    const T = dimSymbol(TIME_SYMBOL);
    const half = (): Dim => floorDim(divideDims(T, number(2)) as Dim);
    const [floor] = floorsOf(half());
    expect(floor && [printDim(floor.dividend), printDim(floor.divisor)]).toEqual(["%T", "2"]);
    expect(equalDims(multiplyDims(half(), half()), multiplyDims(dimFactor(floor!), half()))).toBe(true);
    const spelled = dimSymbol("floor(%T / 2)");
    expect(floorsOf(spelled)).toEqual([]);
    expect(symbolsOf(spelled)).toEqual(["floor(%T / 2)"]);
    expect(
      evaluateDim(
        spelled,
        new Map([
          ["floor(%T / 2)", 7],
          [TIME_SYMBOL, 4],
        ]),
      ),
    ).toBe(7);
    expect(() => symbolOf(floor!)).toThrow("floor(%T / 2) is no symbol");
  });

  it("floors are proven by what their rests can be", () => {
    const T = dimSymbol(TIME_SYMBOL);
    const half = floorDim(divideDims(T, number(2)) as Dim);
    const third = floorDim(divideDims(addDims(T, number(1)), number(3)) as Dim);
    expect(provenAtLeast(half, 0, withSteps)).toBe(true);
    expect(provenAtLeast(subtractDims(T, half), 0, withSteps)).toBe(true);
    expect(provenAtLeast(subtractDims(T, multiplyDims(number(2), half)), 0, withSteps)).toBe(true);
    expect(provenAtLeast(subtractDims(addDims(multiplyDims(number(2), half), number(1)), T), 0, withSteps)).toBe(true);
    expect(provenAtLeast(subtractDims(multiplyDims(number(2), half), T), 0, withSteps)).toBe(false);
    expect(provenAtLeast(subtractDims(half, third), 0, withSteps)).toBe(true);
    expect(provenAtLeast(subtractDims(half, ceilDim(divideDims(T, number(3)) as Dim)), 0, withSteps)).toBe(false);
    expect(provenAtLeast(subtractDims(addDims(half, number(1)), third), 0, withSteps)).toBe(true);
    expect(provenAtLeast(half, 1, { least: () => 2 })).toBe(true);
    expect(provenAtLeast(half, 1, { least: () => 1 })).toBe(false);
    expect(isMonotone(half, [TIME_SYMBOL], withSteps)).toBe(true);
    expect(isMonotone(ceilDim(divideDims(T, number(3)) as Dim), [TIME_SYMBOL], withSteps)).toBe(true);
    expect(isMonotone(subtractDims(T, number(1)), [TIME_SYMBOL], withSteps)).toBe(true);
    expect(isMonotone(subtractDims(H, T), [TIME_SYMBOL, "H"], withSteps)).toBe(false);
  });

  it("floors are what they say, are replaced as they are, read as they are printed, and their proofs hold", () => {
    const floored: fc.Arbitrary<Dim> = fc.letrec<{ dim: Dim }>((tie) => ({
      dim: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom(H, N, K),
        fc.integer({ min: -3, max: 6 }).map(number),
        fc
          .tuple(tie("dim"), tie("dim"), fc.boolean())
          .map(([a, b, minus]) => (minus ? subtractDims(a, b) : addDims(a, b))),
        fc.tuple(tie("dim"), fc.constantFrom(N, number(2), number(3))).map(([a, b]) => multiplyDims(a, b)),
        fc
          .tuple(tie("dim"), fc.constantFrom(K, number(2), number(3), number(4)), fc.boolean())
          .map(([a, b, up]) => (up ? ceilDim : floorDim)(divideDims(a, b) as Dim)),
      ),
    })).dim;
    const least = (symbol: string): number => ({ H: 0, N: 2 })[symbol] ?? 1;
    const sizes = fc.tuple(fc.nat(9), fc.integer({ min: 2, max: 9 }), fc.integer({ min: 1, max: 9 }));
    let proven = 0;
    fc.assert(
      fc.property(floored, floored, sizes, fc.integer({ min: -2, max: 2 }), (dim, other, drawn, bound) => {
        const all = sizesOf(drawn);
        const value = evaluateDim(dim, all);
        expect(Number.isInteger(value)).toBe(true);
        expect(evaluateDim(floorDim(divideDims(dim, number(3)) as Dim), all)).toBe(Math.floor(value / 3));
        expect(evaluateDim(ceilDim(divideDims(dim, K) as Dim), all)).toBe(
          Math.ceil(value / (all.get("K") as number)) + 0,
        );
        const inner = new Map([...all, ["H", evaluateDim(other, all)]] as const);
        const replaced = boundedSubstitute(dim, new Map([["H", other]]));
        if (replaced !== undefined) expect(evaluateDim(replaced, all)).toBe(evaluateDim(dim, inner));
        expect(readDim(printDim(dim)).key).toBe(dim.key);
        if (!provenAtLeast(dim, bound, { least })) return;
        proven += 1;
        expect(value).toBeGreaterThanOrEqual(bound);
      }),
      { numRuns: 300 },
    );
    expect(proven).toBeGreaterThan(30);
  });

  it("end for anything, however large", () => {
    let dim: Dim | undefined = addDims(H, number(65536));
    for (let i = 0; i < 40 && dim !== undefined; i++) dim = boundedMultiply(dim, dim);
    expect(dim).toBeUndefined();
    expect(isWithinLimits(number(Infinity))).toBe(false);
    expect(isWithinLimits(number(NaN))).toBe(false);
    expect(boundedDivide(number(1), number(0))).toBeUndefined();
    expect(boundedSubstitute(divideDims(K, H) as Dim, new Map([["H", addDims(N, K)]]))).toBeUndefined();
  });
});
