/** Records in a memory of WebAssembly and in arrays: the same bytes. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { createPlainRecords, createWasmRecords, type RecordMemory } from "../../../runtime/streams/records.js";

it("puts records side by side, and back, in both kinds of memory", () => {
  const tensors = fc.array(fc.integer({ min: 1, max: 21 }), { minLength: 1, maxLength: 4 });
  const property = fc.property(
    tensors,
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 7 }),
    (widths, capacity, batch) => {
      const staged = widths.reduce((sum, width) => sum + 4 * width, 0);
      const sizes = { bytes: 64 * Math.ceil(staged / 64), capacity, batch, tensors: widths.length, staged };
      const run = (memory: RecordMemory): number[][] => {
        for (let slot = 0; slot < capacity; slot++)
          memory.bytesOf(slot).set(Uint8Array.from({ length: sizes.bytes }, (_, i) => 31 * slot + i));
        let at = 0;
        const rows = widths.map((width) => memory.stage((at += 4 * width) - 4 * width, 4 * width));
        const size = Math.min(batch, capacity);
        const slots = Int32Array.from({ length: batch }, (_, i) => (capacity - 1 - i + capacity) % capacity);
        for (const tensor of rows) memory.gather(tensor, slots, size);
        const seen = rows.map(({ buffer, byteOffset, width }) => [...new Uint8Array(buffer, byteOffset, size * width)]);
        for (const { buffer, byteOffset, width } of rows) new Uint8Array(buffer, byteOffset, size * width).fill(7);
        memory.scatter(rows.at(-1)!, slots, size);
        return [...seen, ...Array.from({ length: capacity }, (_, slot) => [...memory.bytesOf(slot)])];
      };
      const plain = run(createPlainRecords(sizes));
      expect(run(createWasmRecords(sizes)!)).toEqual(plain);
      // The first that was asked for is the last record.
      expect(plain[0]!.slice(0, 4)).toEqual([0, 1, 2, 3].map((i) => (31 * (capacity - 1) + i) % 256));
    },
  );
  fc.assert(property, { numRuns: 60, seed: 1 });
});

it("does without WebAssembly where there is none, or too little", () => {
  const sizes = { bytes: 64, capacity: 2 ** 27, batch: 1, tensors: 1, staged: 4 };
  expect(createWasmRecords(sizes)).toBeUndefined();
});
