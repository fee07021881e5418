/** Snapshots from elsewhere: whatever they say, a stream goes on or they are refused. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { cell } from "../../../compiler/driver/in-process.js";
import { openStreams, SnapshotError } from "../../../runtime/index.js";
import { readSnapshot, writeSnapshot } from "../../../runtime/streams/snapshot.js";
import { fuzzParameters } from "../../support/fuzz.js";

const source = `network Pointing(V, H; S >= 1, T) {
  input x: [T, H]
  input place: index(S)[T]
  input words: index(V)[S]
  param table: [V, H] ~ normal(1)
  best[t] = argmax(table @ x[t])
  last = before(best, 1)
  noise = normal([T, H])
  y = x + table[last] + before(x, 0) + 0.1 * noise
  output z[t] = y[t] + table[words[place[t]]]
}`;

it("are refused, or are streams that step, whoever wrote them", async () => {
  const module = await cell(source, { cell: "Pointing", dimensions: { V: 5, H: 2 }, gradient: false });
  const streams = openStreams(module, { capacity: 3, sizes: { S: 3 }, seed: 1 });
  const good = streams.open({ words: [4, 1], sizes: { S: 2 } });
  streams.step([good], { x: [1, -1], place: [1] });
  const snapshot = streams.snapshot(good);
  const parts = readSnapshot(snapshot);
  let refused = 0;
  const tryOut = (bytes: Uint8Array): void => {
    let id: number;
    try {
      id = streams.restore(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(SnapshotError);
      refused++;
      return;
    }
    // Beside one that is as it should be.
    const before = streams.snapshot(good);
    streams.step([id, good], { x: [1, 2, 1, 2], place: [0, 1] });
    streams.close(id);
    expect(streams.snapshot(good)).not.toEqual(before);
  };
  const mutation = fc.array(fc.tuple(fc.nat(parts.record.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  const property = fc.property(mutation, fc.double(), fc.boolean(), (changes, steps, isSigned) => {
    const record = parts.record.slice();
    for (const [at, byte] of changes) record[at] = byte;
    // Who writes one can make its hash, too.
    if (isSigned)
      tryOut(writeSnapshot({ ...parts, record, steps: Math.abs(steps) > 1 ? parts.steps : Math.floor(steps) }));
    else {
      const bytes = snapshot.slice();
      for (const [at, byte] of changes) bytes[(at * 7) % bytes.length] = byte;
      tryOut(bytes);
    }
  });
  fc.assert(property, fuzzParameters(150));
  expect(refused).toBeGreaterThan(50);
});
