import { describe, expect, it } from "vitest";
import type { FloatType } from "../../../../compiler/base/math/expr.js";
import { mathDescriptions } from "../../../../compiler/base/math/describe.js";
import type { MathName } from "../../../../compiler/base/math/functions.js";
import { mathNames } from "../../../../compiler/base/math/functions.js";
import {
  compileMath,
  ErrorMeter,
  float32FromBits,
  formats,
  neighbours,
  randomNumbers,
  readReferences,
  sweepFloat32,
  ulp,
  type WorstError,
} from "./support.js";

const single = compileMath("f32");
const double = compileMath("f64");
const trigonometricRange = 2 ** 27;

function expectWithinBounds(name: MathName, dtype: FloatType, worst: WorstError, slack = 0): void {
  const bound = mathDescriptions[name].bounds[dtype];
  expect(worst.ulp, `${name} at ${worst.at.join()}`).toBeLessThanOrEqual(bound.ulp + slack);
  expect(worst.subnormal, `${name}, subnormal results`).toBeLessThanOrEqual(bound.subnormal);
}

/** Float64 values of one-argument functions, by the host or by our own float64 version, which has tests of its own. */
const references: Partial<Record<MathName, (x: number) => number>> = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf: double.erf,
  atan: Math.atan,
};
const unary = Object.keys(references) as MathName[];

/** Of two arguments, which has tests of its own below, and what rounds nothing. */
const others: readonly MathName[] = ["pow", "sign", "clamp"];

it("every function has a reference", () => {
  expect([...unary, ...others].sort(), "`references` or `others` above").toEqual([...mathNames].sort());
});

function inRange(name: MathName, x: number): boolean {
  return (name !== "sin" && name !== "cos") || Math.abs(x) <= trigonometricRange || Math.abs(x) === Infinity;
}

describe("f32 against float64", () => {
  it.each(unary)("%s over all float32, every 9973rd", (name) => {
    const [f, reference, meter] = [single[name], references[name]!, new ErrorMeter("f32")];
    sweepFloat32(9973, (x) => {
      if (inRange(name, x)) meter.add(f(x), reference(x), 0, x);
    });
    expectWithinBounds(name, "f32", meter.worst);
  });

  it.each(unary)("%s where it bends, densely", (name) => {
    const [f, reference, meter] = [single[name], references[name]!, new ErrorMeter("f32")];
    // From 2^-7 to 128, both signs.
    for (const start of [0x3c000000, 0xbc000000]) {
      for (let i = 0; i < 0x7000000; i += 1009) {
        const x = float32FromBits(start + i);
        meter.add(f(x), reference(x), 0, x);
      }
    }
    // Around overflow, underflow, 1 and multiples of ln(2)/2.
    for (const centre of [88.72284, -87.33655, -88.37626, -103.97208, 1, -1, ...multiples(Math.LN2 / 2, 60)]) {
      const middle = Math.fround(centre);
      const unit = 2 ** (Math.floor(Math.log2(Math.abs(middle))) - 23);
      for (let i = -300; i <= 300; i++)
        meter.add(f(middle + i * unit), reference(middle + i * unit), 0, middle + i * unit);
    }
    expectWithinBounds(name, "f32", meter.worst);
  });

  it("pow", () => {
    const random = randomNumbers(3);
    const meter = new ErrorMeter("f32");
    const check = (a: number, b: number): void => {
      const [x, y] = [Math.fround(a), Math.fround(b)];
      if (Math.abs(x) !== 1) meter.add(single.pow(x, y), Math.pow(x, y), 0, x, y);
    };
    for (let i = 0; i < 200_000; i++) {
      check(random() * 4, (random() * 2 - 1) * 50);
      check((random() * 2 - 1) * 10, Math.floor(random() * 21) - 10);
      const wide = 2 ** ((random() * 2 - 1) * 126);
      check(wide, ((random() * 2 - 1) * 150) / Math.log2(wide));
    }
    expectWithinBounds("pow", "f32", meter.worst);
  });
});

function multiples(step: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i + 1) * step * (i % 2 === 0 ? 1 : -1));
}

describe("f64 against recorded values of 60 digits", () => {
  const rows = readReferences();
  it.each([...unary, "pow" as const])("%s", (name) => {
    const meter = new ErrorMeter("f64");
    expect(rows[name]!.length).toBeGreaterThan(250);
    for (const row of rows[name]!) {
      const args = row.slice(0, -2);
      meter.add(double[name](...args), row.at(-2)!, row.at(-1)!, ...args);
    }
    expectWithinBounds(name, "f64", meter.worst);
  });
});

describe("f64 against the host", () => {
  // The host's own functions err by up to about one unit, its sigmoid and softplus (compositions) by two more.
  const hostError: Partial<Record<MathName, number>> = { sigmoid: 2, softplus: 2, tanh: 1.5, expm1: 1 };

  it.each(unary)("%s", (name) => {
    const [f, reference, meter] = [double[name], references[name]!, new ErrorMeter("f64")];
    const random = randomNumbers(11);
    const add = (x: number): void => {
      if (inRange(name, x)) meter.add(f(x), reference(x), 0, x);
    };
    for (let i = 0; i < 60_000; i++) {
      add((random() * 2 - 1) * 4);
      add((random() * 2 - 1) * 700);
      add((random() < 0.5 ? -1 : 1) * 2 ** ((random() * 2 - 1) * 1020));
      add((random() < 0.5 ? -1 : 1) * 2 ** -(random() * 30));
    }
    expectWithinBounds(name, "f64", meter.worst, hostError[name] ?? 0.6);
  });

  it("pow", () => {
    const random = randomNumbers(5);
    const meter = new ErrorMeter("f64");
    for (let i = 0; i < 100_000; i++) {
      const wide = 2 ** ((random() * 2 - 1) * 1020);
      for (const [x, y] of [
        [random() * 4, (random() * 2 - 1) * 100],
        [(random() * 2 - 1) * 10, Math.floor(random() * 21) - 10],
        [wide, ((random() * 2 - 1) * 1000) / Math.log2(wide)],
      ] as const) {
        meter.add(double.pow(x, y), Math.pow(x, y), 0, x, y);
      }
    }
    expectWithinBounds("pow", "f64", meter.worst, 0.6);
  });
});

describe.each(["f32", "f64"] as const)("shape (%s)", (dtype) => {
  const math = dtype === "f32" ? single : double;
  const round = dtype === "f32" ? Math.fround : (x: number): number => x;
  const grid = Array.from({ length: 400_001 }, (_, i) => round((i - 200_000) * 0.0005));
  const limits = { tanh: [-1, 1], sigmoid: [0, 1], erf: [-1, 1], atan: [-Math.PI / 2 - 1e-7, Math.PI / 2 + 1e-7], sin: [-1, 1], cos: [-1, 1], exp: [0, Infinity] } as const; // prettier-ignore

  it.each(Object.keys(limits) as (keyof typeof limits)[])("%s stays in its range", (name) => {
    const [low, high] = limits[name];
    const outside = grid.filter((x) => !(math[name](x) >= low && math[name](x) <= high));
    expect(outside).toEqual([]);
  });

  it.each(["sin", "cos"] as const)("%s stays in its range for arguments of every size", (name) => {
    const random = randomNumbers(13);
    for (let i = 0; i < 100_000; i++) {
      const x = round((random() * 2 - 1) * 2 ** (random() * (dtype === "f32" ? 128 : 1024)));
      if (Math.abs(x) < Infinity) expect(Math.abs(math[name](x))).toBeLessThanOrEqual(1);
    }
  });

  it.each(["exp", "expm1", "tanh", "sigmoid", "softplus", "erf", "atan"] as const)(
    "%s falls by rounding at most",
    (name) => {
      const values = grid.map((x) => math[name](x));
      let worst = 0;
      for (let i = 1; i < values.length; i++) {
        const fall = values[i - 1]! - values[i]!;
        if (fall > 0) worst = Math.max(worst, fall / ulp(values[i]!, dtype));
      }
      expect(worst).toBeLessThanOrEqual(2 * mathDescriptions[name].bounds[dtype].ulp);
    },
  );

  it.each(["exp", "expm1", "log", "log1p", "tanh", "sigmoid", "softplus", "erf", "atan"] as const)(
    "%s falls by rounding at most between neighbours",
    (name) => {
      const random = randomNumbers(17);
      let worst = 0;
      for (let i = 0; i < 60_000; i++) {
        const size = round(2 ** (random() * 14 - 7));
        const centre = name.startsWith("log") || random() < 0.5 ? size : -size;
        const [low, , high] = neighbours(centre, dtype, 1).map((x) => math[name](x)) as [number, number, number];
        const at = math[name](centre);
        const fall = Math.max(low - at, at - high);
        if (fall > 0 && Math.abs(at) >= formats[dtype].smallestNormal) worst = Math.max(worst, fall / ulp(at, dtype));
      }
      expect(worst).toBeLessThanOrEqual(2 * mathDescriptions[name].bounds[dtype].ulp);
    },
  );
});
