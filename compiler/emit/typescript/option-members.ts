/** What calls take besides tensors: settings, and what modules draw by. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import { type Member, member, optional } from "./members.js";

/** Of `forward` and `reset`. */
export function callOptions({ random = [], settings = [] }: Manifest): Member[] {
  const numbers = settings.map(({ name, documentation, otherwise }) =>
    member(name, "number", [`${otherwise} where left out.`, documentation].filter(Boolean).join("\n\n"), optional),
  );
  if (random.length === 0) return numbers;
  const always = random.some(({ training }) => !training);
  const docs = "An integer from 0 to 2^53 - 1 by which random numbers are drawn";
  return [
    ...numbers,
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
export const optionsInSnapshot = ({ random = [], settings = [] }: Manifest): Member[] => [
  ...settings.map(({ name }) => member(name, "number", "")),
  ...(random.length === 0
    ? []
    : [member("seed", "number", ""), member("train", "boolean", ""), member("examples", "Int32Array", "")]),
];
