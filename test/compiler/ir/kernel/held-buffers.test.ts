/** Which buffers the caller alone changes, between calls. */
import { expect, test } from "vitest";
import { parseUnplanned } from "../../../../compiler/ir/kernel/parse.js";
import { HeldBuffers } from "../../../../compiler/ir/kernel/held-buffers.js";
import { wholeOf } from "../../../../compiler/ir/kernel/unplanned.js";
import { dedent } from "../../../support/kernel-text.js";

test("parameters, and what joins nothing else", () => {
  const { buffers } = parseUnplanned(
    dedent(`
      axes %T steps T
      buffer joined: real[4] persistent
      buffer mixed: real[4] persistent
      buffer p: real[2] within joined external persistent held
      buffer q: real[2] within joined + 2 external persistent held
      buffer r: real[2] within mixed external persistent held
      buffer x: real[2] within mixed + 2 external persistent
      buffer single: real[2] external persistent held
      buffer scratch: real[2]
      kernel f {
      }`),
  );
  const held = new HeldBuffers(buffers.values(), (name) => wholeOf(name, buffers));
  expect([...buffers.keys()].filter((name) => held.has(name))).toEqual(["joined", "p", "q", "single"]);
});
