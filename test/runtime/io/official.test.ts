/**
 * The reader of safetensors beside the official one, by what that one decided on headers (`official/record.py` drew and recorded
 * them from the Python package safetensors 0.8.0, whose reader is the crate of that version with serde_json). What is accepted here
 * is accepted there, with the same tensors; what is refused here alone is refused for a reason that stands below.
 *
 * `DECISIONS` names another recorded file to go through in place of the one that is here.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readSafetensors } from "../../../runtime/io/safetensors.js";
import { SafetensorsError } from "../../../runtime/base/errors.js";

type Tensors = readonly (readonly [name: string, dtype: string, shape: readonly number[]])[];
type Recorded = readonly [header: string, data: number, decision: Tensors | string];

const file = process.env["DECISIONS"] ?? new URL("official/decisions.json", import.meta.url);
const recorded = JSON.parse(readFileSync(file, "utf8")) as readonly Recorded[];

/** Where this reader keeps to the format's text, or to what a number of JavaScript can hold, and the official one does not. */
const stricter: ReadonlyMap<string, RegExp> = new Map([
  ["names stand once", /^(the header|__metadata__|tensor .*: its entry) names ".*" twice$/u],
  ["a header begins with a brace", /^the header does not begin with \{$/u],
  ["an entry has three fields", /: unknown field /u],
  ["an entry is an object", /: its entry must be an object, got a list$/u],
  ["a type is a text", /: dtype must be a text, got an object$/u],
  ["sizes can be counted with", /must have integers of at least 0 and below 2\^53, in digits alone, got \d{16,}$/u],
  ["elements can be counted, also of a tensor that has none", /has too many elements/u],
]);

function read(header: string, data: number): Tensors | SafetensorsError {
  const bytes = new Uint8Array(8 + header.length + data);
  new DataView(bytes.buffer).setUint32(0, header.length, true);
  for (let i = 0; i < header.length; i++) bytes[8 + i] = header.charCodeAt(i);
  try {
    const { tensors } = readSafetensors(bytes);
    return [...tensors].map(([name, { dtype, shape }]) => [name, dtype, shape] as const);
  } catch (error) {
    if (error instanceof SafetensorsError) return error;
    throw error;
  }
}

/** Names in the order of Python, by code points. */
const sorted = (tensors: Tensors): Tensors =>
  [...tensors].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

test("accepts what the official reader accepts, with the same tensors, and refuses the rest", () => {
  const counts = { both: 0, none: 0, here: 0 };
  const used = new Set<string>();
  const disagreements: unknown[] = [];
  for (const [header, data, decision] of recorded) {
    const own = read(header, data);
    const official = typeof decision === "string" ? undefined : decision;
    if (own instanceof SafetensorsError) {
      counts[official === undefined ? "none" : "here"]++;
      const reason = [...stricter].find(([, pattern]) => pattern.test(own.message))?.[0];
      if (official === undefined) continue;
      if (reason === undefined) disagreements.push({ header, data, official, own: own.message });
      else used.add(reason);
      continue;
    }
    counts.both++;
    if (official === undefined) disagreements.push({ header, data, decision, own });
    else if (JSON.stringify(sorted(own)) !== JSON.stringify(official)) disagreements.push({ header, official, own });
  }
  if (process.env["DECISIONS"] !== undefined)
    console.log(recorded.length, counts, [...used], disagreements.slice(0, 20));
  expect(disagreements).toEqual([]);
  expect(counts.both).toBeGreaterThan(100);
  expect(counts.none).toBeGreaterThan(400);
  expect([...used].sort()).toEqual([...stricter.keys()].sort());
});
