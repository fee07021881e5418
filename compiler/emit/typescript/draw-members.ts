/** What calls of modules that draw take besides tensors. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import { type Member, member, optional } from "./members.js";

/** Of `forward` and `reset`. */
export function drawOptions({ random = [] }: Manifest): Member[] {
  if (random.length === 0) return [];
  const always = random.some(({ training }) => !training);
  const docs = "An integer from 0 to 2^53 - 1 by which random numbers are drawn";
  return [
    member("seed", "number", `${docs}${always ? "." : "; needed where `train` is true."}`, { optional: !always }),
    member("train", "boolean", "Draws what is drawn in training only; false where left out.", optional),
    member(
      "examples",
      "Indices",
      "`[B]`, the numbers of the examples, each with random numbers of its own; 0, 1, … where left out.",
      optional,
    ),
  ];
}

/** Of a snapshot. */
export const drawsInSnapshot = ({ random = [] }: Manifest): Member[] =>
  random.length === 0
    ? []
    : [member("seed", "number", ""), member("train", "boolean", ""), member("examples", "Int32Array", "")];
