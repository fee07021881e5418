import { expect, it } from "vitest";
import { readHistory } from "../../../../compiler/tools/report/read-history.js";
import { summarize } from "../../../../compiler/tools/report/summarize.js";

const update = (n: number, epoch: number, loss: number): string =>
  JSON.stringify({ kind: "update", update: n, epoch, loss, losses: { loss }, norm: 2, rate: 0.1, weight: 4 });
const look = (n: number, loss: number, best: boolean): string =>
  JSON.stringify({ kind: "validation", update: n, loss, losses: { loss }, best });

it("says how long it ran, how it ended, and which validation was the best", () => {
  const lines = [update(1, 0, 3), look(1, 2, true), update(2, 1, 1), look(2, 4, false)];
  expect(summarize(readHistory([...lines, '{"kind":"end","reason":"epochs","update":2}'].join("\n")))).toEqual([
    "2 updates, in 2 epochs; the loss of the last is 1. It ended by its epochs.",
    "The best validation is 2, at update 1, of 2.",
  ]);
  expect(summarize(readHistory(update(1, 0, 1 / 3)))).toEqual([
    "1 update, in 1 epoch; the loss of the last is 0.33333. It has not come to its end.",
  ]);
});

it("names a dozen incidents and counts the others", () => {
  const lost = Array.from({ length: 15 }, (_, i) => JSON.stringify({ kind: "worker-lost", update: i, cause: "it hung", shards: [] })); // prettier-ignore
  const lines = summarize(readHistory([update(1, 0, 1), ...lost].join("\n")));
  expect(lines).toHaveLength(14);
  expect(lines.slice(1, 2)).toEqual(["At update 0 a thread was lost: it hung"]);
  expect(lines.at(-1)).toBe("and 3 more like these");
});
