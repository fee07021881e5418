import { expect, it } from "vitest";
import { drawReport, reportPage } from "../../../../compiler/tools/report/draw-report.js";
import { readHistory, withTimes } from "../../../../compiler/tools/report/read-history.js";

const updates = (count: number, losses: (n: number) => Record<string, number | null>): string[] =>
  Array.from({ length: count }, (_, i) => {
    const own = losses(i + 1);
    const loss = Object.values(own).reduce<number>((sum, value) => sum + (value ?? NaN), 0);
    return JSON.stringify({
      kind: "update",
      update: i + 1,
      epoch: 0,
      loss,
      losses: own,
      norm: i,
      rate: 0.1,
      weight: 1,
    });
  });
const headings = (svg: string): string[] => [...svg.matchAll(/class="heading">([^<]*)</gu)].map(([, title]) => title!);

it("has a chart of the loss with validation, of the gradient and of the learning rate", () => {
  const look = '{"kind":"validation","update":2,"loss":0.5,"losses":{"loss":0.5},"best":true}';
  const svg = drawReport(readHistory([...updates(3, (n) => ({ loss: 1 / n })), look].join("\n")), "A & B");
  expect(headings(svg)).toEqual(["loss", "length of the gradient, before it is clipped", "learning rate"]);
  expect(svg).toContain(">A &amp; B<");
  expect(svg).toContain(">validation<");
  expect(svg).not.toContain("NaN");
});

it("has each of several losses by its name", () => {
  const svg = drawReport(readHistory(updates(3, (n) => ({ nll: 1 / n, "a<b": 2 })).join("\n")), "Two");
  expect(headings(svg)).toContain("losses, each by its name");
  expect(svg).toContain(">a&lt;b<");
});

it("has the gradient of each param where the history tells it, the longest where they are many", () => {
  const told = (names: readonly string[]): string[] =>
    updates(4, (n) => ({ loss: n })).map(
      (line, i) =>
      i % 2 === 0 ? line : JSON.stringify({ ...JSON.parse(line), norms: Object.fromEntries(names.map((name, k) => [name, k + 1])) }), // prettier-ignore
    );
  const two = drawReport(readHistory(told(["w", "b<"]).join("\n")), "Two");
  expect(headings(two)).toContain("the same of each param");
  expect(two).toContain(">b&lt;<");
  const many = drawReport(readHistory(told([..."abcdefghijk"]).join("\n")), "Many");
  expect(headings(many)).toContain("the same of each param, the longest 8 of 11");
  expect([many.includes(">k<"), many.includes(">c<")]).toEqual([true, false]);
});

it("has the throughput where times are told, and how the gradient flows at some updates", () => {
  const flow = (i: number) => ({ along: "T", places: [0, 4], norms: { "rnn.h": [10 ** -i, 1], c: [null, 2] } });
  const lines = updates(20, () => ({ loss: 1 })).map((line, i) => JSON.stringify({ ...JSON.parse(line), examples: 8, ...(i % 2 === 1 && { flow: flow(i) }) })); // prettier-ignore
  const history = readHistory(lines.join("\n"));
  expect(headings(drawReport(history, "Flow")).slice(3)).toEqual([
    "length of dL / d rnn.h, in updates",
    "length of dL / d c, in updates",
  ]);
  const svg = drawReport(withTimes(history, new Map([[2, 100], [3, 0]])), "Flow"); // prettier-ignore
  expect(headings(svg).at(3)).toBe("updates and examples in a second");
  // The first, the last, and six of those between.
  expect([...svg.matchAll(/class="tick">(\d+)<\/text>/gu)].map(([, label]) => label).slice(0, 8)).toEqual(["2", "4", "8", "10", "12", "14", "18", "20"]); // prettier-ignore
  expect(svg).toContain("place along T");
  expect(svg).not.toContain("NaN");
});

it("draws losses that are far apart by powers of ten, and interrupts a curve where they are not finite", () => {
  const far = drawReport(readHistory(updates(5, (n) => ({ loss: n === 3 ? null : 10 ** -n })).join("\n")), "Far");
  expect(far).toContain('10<tspan dy="-4" font-size="8">-2</tspan>');
  const curves = [...far.matchAll(/<path d="M([^"]*)" fill="none" stroke="#2563eb" stroke-width="1.8"/gu)];
  // Two stretches of the loss, the gradient, the learning rate.
  expect(curves).toHaveLength(4);
  expect(far).not.toContain("NaN");
});

it("draws a long run with few points, and a band", () => {
  const svg = drawReport(readHistory(updates(5000, (n) => ({ loss: Math.sin(n) })).join("\n")), "Long");
  expect(svg.length).toBeLessThan(60_000);
  expect(svg).toContain('opacity="0.1"');
});

it("stands in a page with its numbers", () => {
  const history = readHistory(updates(2, (n) => ({ loss: n })).join("\n"));
  const page = reportPage(history, "A </script>");
  const data = /<script type="application\/json" id="history">(.*)<\/script>/u.exec(page);
  expect(JSON.parse(data![1]!)).toEqual(JSON.parse(JSON.stringify(history)));
  expect(page).toContain("<title>A &lt;/script&gt;</title>");
});
