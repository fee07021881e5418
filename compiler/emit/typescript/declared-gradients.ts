/** What declarations say of gradients, whole ones and those that are made by rows. */
import type { Manifest } from "../../../runtime/module/manifest.js";
import { printString } from "../text/literal.js";
import type { DeclaredType } from "./declared.js";
import { lossGradientType } from "./declared-losses.js";
import { inline, type Member, member, optional, realOf, tensors } from "./members.js";

const tablesOf = (params: Manifest["params"]): Manifest["params"] => params.filter(({ rows }) => rows !== undefined);

/** Nothing where there are none. */
const gradientRowTypes = ({ params }: Pick<Manifest, "params">): DeclaredType[] =>
  tablesOf(params).length === 0 ? [] : [gradientRows];

const gradientRows: DeclaredType = {
  name: "GradientRows",
  docs: "The rows of a gradient that are not zero, each once, in the order in which the call has come to them.",
  type: {
    members: [
      member("rows", "Int32Array", "Their numbers."),
      member("values", "Values", "What they hold, one after the other."),
    ],
  },
};

/** Where gradients are made by rows. */
function sparseMembers({ params }: Pick<Manifest, "params">): Member[] {
  const names = tablesOf(params).map(({ name }) => printString(name));
  if (names.length === 0) return [];
  const own = `{ readonly [Name in ${names.join(" | ")}]: GradientRows }`;
  const docs =
    "As `params`, with the rows that the call has touched where a param is only looked up in: who reads these alone pays for no others.";
  return [member("sparse", `Omit<Params, ${names.join(" | ")}> & ${own}`, docs)];
}

/** Gradients have none by integers. */
function realStatesType({ states }: Manifest): string {
  const real = realOf(states);
  return real.length === states.length ? "States" : inline(tensors(real));
}

export function gradientTypes(manifest: Manifest): DeclaredType[] {
  const given = { type: "Reals", optional: true };
  const byData = manifest.has.gradient === true;
  const realInputs = manifest.inputs.filter((input) => input.dtype === "real");
  return [
    {
      name: "Cotangents",
      docs: "Derivatives of a loss by outputs and final states; zero where left out.",
      type: {
        members: [
          ...tensors(manifest.outputs, given),
          member(
            "final",
            inline(tensors(realOf(manifest.states), given)),
            "By the final states, each `[B, …]`.",
            optional,
          ),
        ],
      },
    },
    {
      name: "Gradient",
      docs: `Derivatives of that loss by ${byData ? "everything that went in" : "params, and by states before the first step"}.`,
      type: {
        members: [
          ...(byData ? [...tensors(realInputs), ...tensors(realOf(manifest.contexts))] : []),
          member("initial", realStatesType(manifest), "By the states before the first step."),
          member("params", "Params", "By the parameters, added over the batch."),
          ...sparseMembers(manifest),
        ],
      },
    },
    ...gradientRowTypes(manifest),
    ...lossGradientType(manifest.losses ?? []),
  ];
}
