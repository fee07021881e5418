/** The way that is named carries what it is said to carry, also where gradients cancel. */
import { describe, expect, it } from "vitest";
import { diagnose, type Diagnosis } from "../../../../compiler/index.js";
import { mainWay } from "../../../../compiler/tools/diagnose/main-way.js";
import { printDiagnosis } from "../../../../compiler/tools/diagnose/print-diagnosis.js";

const wayOf = ({ gradient }: Diagnosis): string[] =>
  gradient!.mainWay.map((i) => `${gradient!.passedOn[i]!.equation} -> ${gradient!.passedOn[i]!.reads}`);

describe("a running maximum, which is divided out again", () => {
  const source = `cell Weighted(D) {
  input x, k: [D]
  state num, den: [D]
  state top: [D] = -1e30
  top' = max(top - 0.1, k)
  d1 = exp(top - 0.1 - top')
  d2 = exp(k - top')
  num' = d1 * num + d2 * x
  den' = d1 * den + d2
  output y = num' / den'
}`;

  it("is no main way: what reaches it cancels", async () => {
    const found = await diagnose(source, { dimensions: { D: 3 }, steps: 30, batch: 2, exponents: 0 });
    const { mainShare, passedOn, mainWay: way } = found.gradient!;
    expect(wayOf(found).join(", ")).not.toContain("top' ->");
    expect(wayOf(found).length).toBeGreaterThan(0);
    for (const i of way) expect(passedOn[i]!.share).toBeGreaterThan(0.05);
    expect(mainShare).toBeGreaterThan(0.2);
    const named = found.verdict.words.find((sentence) => sentence.includes(" goes "))!;
    expect(named).toMatch(mainShare >= 0.5 ? /^Most of it goes/u : /^The largest part of it, about \d+ %, goes/u);
    // Nor are the remains of it shown as a part of the gradient.
    expect(printDiagnosis(found)).not.toMatch(/top' → \S+ .* 0 % /u);
  });
});

describe("mainWay", () => {
  // States 0 and 1; equations 2, 3, and the next values 4 and 5.
  const node = (i: number) => ({ value: i, name: `n${i}`, equation: i < 2 ? undefined : { value: i, name: `n${i}`, ownName: `n${i}`, span: undefined } }); // prettier-ignore
  const graph = (...edges: (readonly [number, number])[]) => ({
    nodes: Array.from({ length: 6 }, (_, i) => node(i)),
    next: [4, 5],
    edges: edges.map(([reader, read]) => ({ reader, read })),
  });

  it("looks at each edge some times, however many nodes there are", () => {
    const count = 3000;
    let looks = 0;
    const edges = Array.from({ length: count - 1 }, (_, i) => ({
      read: i,
      get reader(): number {
        looks++;
        return i + 1;
      },
    }));
    const ones = edges.map(() => 1);
    const ways = { nodes: Array.from({ length: count }, (_, i) => ({ ...node(i), equation: i === 0 ? undefined : node(2).equation })), next: [count - 1], edges }; // prettier-ignore
    const { edges: way, carried } = mainWay(ways, { totals: [...ones, 1], left: ones, factors: ones });
    expect(way).toEqual(edges.map((_, i) => i).reverse());
    expect(carried).toBe(1);
    expect(looks).toBeLessThanOrEqual(3 * count);
  });

  it("is bounded by what is left at each place, and by the factors", () => {
    const ways = graph([4, 0], [5, 2], [2, 1]);
    const flows = { totals: [0, 0, 1e-16, 0, 0.3, 0.9], left: [0.2, 1e-16, 0.8], factors: [0.7, 1, 5] };
    expect(mainWay(ways, flows)).toEqual({ edges: [0], carried: 0.2 });
  });

  it("follows a way over several equations", () => {
    const ways = graph([4, 3], [3, 2], [2, 1], [5, 1]);
    const flows = { totals: [0, 0, 1, 1, 1, 0.1], left: [1, 1, 0.5, 0.1], factors: [1, 0.6, 1, 1] };
    expect(mainWay(ways, flows)).toEqual({ edges: [0, 1, 2], carried: 0.5 });
  });

  it("is none where nothing arrives", () => {
    const flows = { totals: [0, 0, 0, 0, 0, 0], left: [0], factors: [0] };
    expect(mainWay(graph([4, 0]), flows)).toEqual({ edges: [], carried: 0 });
  });
});

describe("an equation of another file", () => {
  it("is named with the file, in sentences and tables", async () => {
    const damp = "cell Damp(H) {\n  input x: [H]\n  state h: [H]\n  h' = tanh(x + 0.5 * h)\n  output y = h'\n}";
    const main = `import { Damp } from "./damp.cell"
cell Two(H) {
  input x: [H]
  use d = Damp(H)
  state s: [H]
  s' = tanh(0.01 * s + d(x))
  output y = s'
}`;
    const options = { file: "two.cell", readFile: (path: string) => (path === "damp.cell" ? damp : undefined) };
    const found = await diagnose(main, { ...options, dimensions: { H: 2 }, steps: 12, batch: 1, exponents: 0 });
    expect(found.file).toBe("two.cell");
    expect(found.verdict.words.join("\n")).toMatch(/h' = tanh\(x \+ 0\.5 \* h\) \(damp\.cell, line 4\)/u);
    const printed = printDiagnosis(found);
    expect(printed).toMatch(/tanh in d\.h' +damp\.cell, line 4 /u);
    expect(printed).toMatch(/tanh in s' +line 6 /u);
  });
});
