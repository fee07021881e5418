/** Which products may go over examples and what each of them has in one loop. */
import { describe, it } from "vitest";
import { joinExamples } from "../../../../compiler/passes/kernel/join-examples.js";
import { simd128 } from "../../../../compiler/passes/kernel/target.js";
import { expectStatements } from "../../../support/kernel-text.js";

const buffers = `
  buffer x: real[4*%B*%T] external persistent
  buffer y: real[2*%B*%T] external persistent
  buffer W: real[8] external persistent
  buffer b: real[2*%B] external persistent`;

const expectJoined = (before: string, mark: string): void => {
  const margin = /^ */u.exec(before.split("\n").findLast((line) => line.includes("contracted")) ?? "")![0];
  const lines = before.split("\n");
  const last = lines.findLastIndex((line) => line.includes("contracted"));
  const after = [...lines.slice(0, last + 1), `${margin}${mark}`, ...lines.slice(last + 1)].join("\n");
  expectStatements(joinExamples, simd128, buffers, before, after);
};
const expectLeft = (text: string): void => {
  expectStatements(joinExamples, simd128, buffers, text, text);
};

const rows = (product: string, extent = "%T of b", above: readonly string[] = [], from = "examples"): string =>
  [
    `for b < ${from}`,
    ...above.map((line) => `  ${line}`),
    `  product ${product}`,
    `    rows t < ${extent}`,
    "    columns i < 2",
    "    contracted j < 4",
  ].join("\n");
const out = "y[b * (2*%T) + i + t * 2]";
const sum = "sum x[b * (4*%T) + j + t * 4] * W[i * 4 + j]";

describe("join-examples", () => {
  it("joins rows that go on from one example to the next, with what sums start from", () => {
    expectJoined(rows(`${out} = ${sum}`), "joined t of b");
    expectJoined(rows(`${out} = ${out} + ${sum}`), "joined t of b");
    expectJoined(rows(`${out} = W[i] + ${sum}`), "joined t of b");
  });

  it("leaves rows with a gap between examples, and what each example has once", () => {
    expectLeft(rows(`y[b * 2 + i + t * 2] = ${sum}`));
    expectLeft(rows(`${out} = b[b * 2 + i] + ${sum}`));
    expectLeft(rows(`${out} = sum x[j + t * 4] * W[i * 4 + j]`));
  });

  it("leaves what tells examples apart, ends with them or stands beside something else", () => {
    expectLeft(rows(`${out} = (t < 1 ? 0 : W[i]) + ${sum}`));
    expectLeft(rows(`${out} = real(t) + ${sum}`));
    expectLeft(rows(`${out} = ${sum}`, "%T of b", ["b[b * 2] = 0"]));
    expectLeft(rows(`${out} = ${sum}`).replace("j < 4", "j < %T of b"));
    expectLeft(rows(`${out} = ${sum}`, "4"));
  });

  it("joins the steps of a piece, which are no steps of a whole sum", () => {
    const pieces = (axes: readonly string[]): string =>
      [
        "pieces of examples first .. end, %T from from, last first",
        "  product W[i * 4 + j] = sum y[b * (2*%T) + from * 2 + i + t * 2] * x[b * (4*%T) + from * 4 + j + t * 4]",
        "    rows i < 2",
        "    columns j < 4",
        ...axes.map((axis) => `    contracted ${axis}`),
        "    stored (done < 1 ? sum : add(W[i * 4 + j], sum))",
        "where done is 64, into carried",
        "where carried",
      ].join("\n");
    expectJoined(pieces(["b < end from first", "t < %T of b beyond from, at most 64"]), "joined t of b");
    expectLeft(pieces(["t < %T beyond from, at most 64", "b < end from first"]));
  });

  it("finds it joined already", () => {
    const text = rows(`${out} = ${sum}`);
    expectStatements(joinExamples, simd128, buffers, `${text}\n    joined t of b`, `${text}\n    joined t of b`);
  });
});
