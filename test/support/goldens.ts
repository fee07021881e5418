/** Reference cases: reading, reordering axes, comparing. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

export interface Golden {
  readonly name: string;
  readonly cell: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly dtype: "float64" | "float32";
  readonly tensors: Readonly<Record<string, GoldenTensor>>;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Names of the cases in a folder of test/goldens. */
export function goldenNames(folder: string, pattern = /^/): readonly string[] {
  const files = readdirSync(`${root}test/goldens/${folder}`).filter((file) => file.endsWith(".json"));
  return files.map((file) => file.slice(0, -".json".length)).filter((name) => pattern.test(name));
}

export function loadGolden(folder: string, name: string): Golden {
  return JSON.parse(readFileSync(`${root}test/goldens/${folder}/${name}.json`, "utf8")) as Golden;
}

/**
 * The folder of recorded data that is not part of the repository (`../shared/goldens/<name>` beside it), or undefined
 * where there is none; tests that need it say that they were skipped.
 */
export function outsideFolder(name: string): string | undefined {
  const folder = `${root}../shared/goldens/${name}`;
  return existsSync(folder) ? folder : undefined;
}

export function fixture(name: string): string {
  return readFileSync(`${root}test/fixtures/goldens/${name}`, "utf8");
}

/** The tensor of that name; a test that asks for one that is not there is wrong. */
export function tensor(golden: Golden, name: string): GoldenTensor {
  const found = golden.tensors[name];
  if (found === undefined) throw new Error(`${golden.name} has no tensor ${name}`);
  return found;
}

/** `[A, B, …]` to `[B, A, …]`: time first to batch first, or back. */
export function swapAxes({ shape, data }: GoldenTensor): GoldenTensor {
  const [a = 1, b = 1, ...rest] = shape;
  const width = rest.reduce((count, size) => count * size, 1);
  const swapped = new Array<number>(data.length);
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      for (let k = 0; k < width; k++) swapped[(j * a + i) * width + k] = data[(i * b + j) * width + k]!;
    }
  }
  return { shape: [b, a, ...rest], data: swapped };
}

/** `tensor[index]` along the first axis. */
export function slice({ shape, data }: GoldenTensor, index: number): GoldenTensor {
  const rest = shape.slice(1);
  const width = rest.reduce((count, size) => count * size, 1);
  return { shape: rest, data: data.slice(index * width, (index + 1) * width) };
}

/** Largest errors seen in one test file, by kind. With RECELL_REPORT set they are printed at its end. */
export class ErrorLog {
  readonly title: string;
  private readonly worst = new Map<string, number>();
  private count = 0;

  constructor(title: string) {
    this.title = title;
    afterAll(() => {
      if (process.env["RECELL_REPORT"] === undefined) return;
      const parts = [...this.worst].map(([kind, error]) => `${kind} ${error.toExponential(1)}`);
      console.info(`${this.title}: ${this.count} comparisons, worst ${parts.join(", ")}`);
    });
  }

  /** Every |a - b| must be at most `tolerance * max(1, |b|)`. */
  expectClose(
    kind: string,
    label: string,
    actual: ArrayLike<number> | undefined,
    expected: ArrayLike<number>,
    tolerance: number,
  ): void {
    expect(actual, `${label} is missing`).toBeDefined();
    expect(actual!.length, `length of ${label}`).toBe(expected.length);
    let worst = 0;
    let at = 0;
    for (let i = 0; i < expected.length; i++) {
      const error = Math.abs(actual![i]! - expected[i]!) / Math.max(1, Math.abs(expected[i]!));
      if (!(error <= worst)) {
        worst = error;
        at = i;
        if (Number.isNaN(error)) break;
      }
    }
    this.count++;
    this.worst.set(kind, Math.max(this.worst.get(kind) ?? 0, worst));
    if (!(worst <= tolerance)) {
      expect.fail(`${label}[${at}]: ${actual![at]} instead of ${expected[at]}, error ${worst} above ${tolerance}`);
    }
  }
}

export interface Tolerances {
  readonly value: number;
  readonly gradient: number;
  readonly second: number;
}

/** In float32, ours or that of the references, results carry its rounding; in float64 only the last digits differ. */
export function tolerances(golden: Golden, dtype = dtypeOf(golden)): Tolerances {
  return dtype === "f32" || golden.dtype === "float32"
    ? { value: 2e-5, gradient: 2e-5, second: 2e-5 }
    : { value: 1e-12, gradient: 1e-11, second: 1e-10 };
}

export const dtypeOf = (golden: Golden): "f32" | "f64" => (golden.dtype === "float32" ? "f32" : "f64");
