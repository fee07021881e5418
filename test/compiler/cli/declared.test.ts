/** What the commands say about a cell with declared derivatives. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recell } from "../../support/command-line.js";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "recell-declared-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test("explain names the functions and their places", async () => {
  const { code, out } = await recell("explain", "std/lif");
  expect(code).toBe(0);
  expect(out).toMatch(/^LIF\n\nderivatives that functions declare\n {2}spike {2}recell:std\/lif\.cell:7\n\nforward\n/u);
  const json = JSON.parse((await recell("explain", "std/lif", "--json")).out) as unknown;
  const declaredDerivatives = [{ name: "spike", file: "recell:std/lif.cell", line: 7 }];
  expect(json).toMatchObject({ cell: "LIF", declaredDerivatives });
  const plain = await recell("explain", "std/gru", "--cell", "GRU", "--json");
  expect(JSON.parse(plain.out)).toMatchObject({ declaredDerivatives: [] });
  const graph = await recell("explain", "std/lif", "--after", "simplify", "--entry", "forward");
  expect(graph.out).not.toContain("custom_derivative");
});

test("explain shows the operation until nothing is derived any more", async () => {
  const before = await recell("explain", "std/lif", "--after", "separate-loops", "--entry", "forward");
  expect(before.out).toMatch(/custom_derivative arguments 1 %\S+, %\S+, %\S+ tangent\n +func spike\(%dv: real\[H\]/u);
  const after = await recell("explain", "std/lif", "--after", "drop-derivatives", "--entry", "forward");
  expect(after.out).not.toContain("custom_derivative");
});

test("verify checks a module and says what it did not check", async () => {
  const sizes = ["--dim", "I=2", "--dim", "H=3"];
  const built = await recell("build", "std/lif", ...sizes, "--gradient", "--jvp", "--out", folder);
  expect(built.code).toBe(0);
  const { code, out } = await recell("verify", join(folder, "lif.js"), "--seed", "1", "--runs", "1");
  expect(code).toBe(0);
  expect(out).toMatch(
    /skipped +gradient .*\n +differences do not see the gradient by all tensors, which is declared \(`spike` or `stop_gradient`\); backward and jvp/u,
  );
  expect(out).toMatch(/passed +jvp .* \d+ compared, worst .*\n +differences do not see/u);
  expect(out).toMatch(/passed +linearity /u);
});
