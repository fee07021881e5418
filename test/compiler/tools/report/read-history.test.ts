import { expect, it } from "vitest";
import { readHistory } from "../../../../compiler/tools/report/read-history.js";

const update = (n: number, loss: number | null = 1 / n): string =>
  JSON.stringify({ kind: "update", update: n, epoch: 0, loss, losses: { loss }, norm: 2, rate: 0.1, weight: 4 });

it("sorts events by their kind, and keeps what went wrong", () => {
  const history = readHistory(
    [
      '{"kind":"resumed","update":4,"name":"step-0000000004.safetensors","skipped":[]}',
      update(5),
      '{"kind":"worker-lost","update":5,"cause":"it ended with code 1","shards":[0]}',
      '{"kind":"skipped","update":5,"epoch":0,"cause":"update 5 (epoch 0): loss is NaN"}',
      '{"kind":"validation","update":5,"loss":0.5,"losses":{"loss":0.5},"best":true}',
      '{"kind":"checkpoint","update":5,"name":"step-0000000005.safetensors"}',
      '{"kind":"checkpoint","update":6,"name":"step-0000000006.safetensors","failed":"no room"}',
      update(6),
      '{"kind":"end","reason":"patience","update":6}',
      "",
    ].join("\n"),
  );
  expect(history.updates.map(({ update }) => update)).toEqual([5, 6]);
  expect(history.validations.map(({ loss }) => loss)).toEqual([0.5]);
  expect(history.end?.reason).toBe("patience");
  expect(history.incidents).toEqual([
    { update: 4, what: "went on from step-0000000004.safetensors" },
    { update: 5, what: "a thread was lost: it ended with code 1" },
    { update: 5, what: "nothing was learned: update 5 (epoch 0): loss is NaN" },
    { update: 6, what: "a checkpoint could not be written: no room" },
  ]);
});

it("leaves out a last line that was not written to its end, and no other", () => {
  expect(readHistory(`${update(1)}\n${update(2).slice(0, 30)}`).updates).toHaveLength(1);
  expect(() => readHistory(`${update(1).slice(0, 30)}\n${update(2)}\n`)).toThrow(/^line 1: expected an event/u);
});

it("takes losses that were not finite, which JSON has as null", () => {
  expect(readHistory(update(1, null)).updates[0]!.loss).toBeNull();
});

it.each([
  ["", "line 1: there is no update in this history"],
  ["{}", "line 1: expected an event of training, with a kind of update, skipped, validation, checkpoint, resumed, worker-lost, end"], // prettier-ignore
  ['{"kind":"toString","update":1}', "line 1: expected an event of training, with a kind of update"],
  [`${update(1)}\n[1]\n`, "line 2: expected an event of training, an object of JSON"],
  [`${update(1)}\n\n{"kind":"update","update":2}\n`, "line 3: an event of kind update must have the number `epoch`"],
  [update(1).replace('{"loss":1}', "3"), "line 1: `losses` must be numbers by name"],
  [update(1).replace('"norm":', '"norms":[1],"norm":'), "line 1: `norms` must be numbers by name"],
])("says which line is no event: %s", (text, message) => {
  expect(() => readHistory(text)).toThrow(message);
});
