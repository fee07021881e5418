import { expect, test } from "vitest";
import { edited, placeBefore } from "../../../../compiler/tools/upgrade/edit.js";

const text = "a stack(b) c stack(d) e";
const edits = [
  { start: 2, end: 10, text: "[b]" },
  { start: 13, end: 21, text: "[d]" },
];

test("edits are made wherever they stand in the list", () => {
  expect(edited(text, edits)).toBe("a [b] c [d] e");
  expect(edited(text, [...edits].reverse())).toBe("a [b] c [d] e");
});

test("places of the edited text are places of the one before", () => {
  const now = edited(text, edits);
  const placeOf = (sign: string): string => text.slice(placeBefore(now.indexOf(sign), edits))[0] ?? "";
  expect(["a", "c", "e"].map(placeOf)).toEqual(["a", "c", "e"]);
  // What an edit put in is at its beginning.
  expect([placeBefore(now.indexOf("b"), edits), placeBefore(now.indexOf("d"), edits)]).toEqual([2, 13]);
});
