/** The table of builtins as a page: spec/operations.md. */
import {
  type Builtin,
  complexFunctions,
  cumulatives,
  elementwiseFunctions,
  normalizations,
  reductions,
  shapeFunctions,
  timeFunctions,
} from "./builtins.js";
import { drawFunctions } from "./draw-functions.js";
import { placeFunctions } from "./places-and-back.js";

const introduction = `# Operations

Generated from \`compiler/language/semantics/builtins.ts\` by \`npm run generate\`.

Shapes are those of one example and one time step. "Repeats" means: shapes are compared from their last axes on; an axis
that one side lacks, or that has the constant size 1, repeats. Derivatives at kinks are stated; everywhere else they are
those of the formula.

## Operators

- \`a + b\`, \`a - b\`, \`a * b\`, \`a / b\`, \`-a\`: element by element; repeats. Division by 0 gives an infinity or NaN, as in
  IEEE 754.
- \`a ^ b\`: a to the power b; repeats. Whole literals from -4 to 4 are products, 0.5 and -0.5 are roots. NaN where a is
  negative and b is not whole.
- \`a mod b\`: \`a - b * floor(a / b)\`, which has the sign of b; repeats. Derivative 1 by a, \`-floor(a / b)\` by b.
- \`a @ b\`: \`[K] @ [K]\` gives a scalar, \`[M, K] @ [K]\` gives \`[M]\`, \`[K] @ [K, N]\` gives \`[N]\`, \`[M, K] @ [K, N]\` gives
  \`[M, N]\`. Further leading axes are a batch and repeat.
- \`<\`, \`<=\`, \`>\`, \`>=\`, \`==\`, \`!=\`: truth values; repeats. False where one side is NaN, but \`!=\` true.
- \`and\`, \`or\`, \`not\`: of truth values; repeats.
- \`if c then a else b\`: \`a\` where \`c\` holds, \`b\` elsewhere; repeats. Both branches are computed; the derivative is that of the
  branch taken.
- \`v[i]\`: element i, without its axis. \`i\` is a dimension proven to be in the axis, or an index input.
- \`v[a:b]\`: elements a to b - 1. Bounds are dimensions proven to be in the axis.
`;

/** The text of spec/operations.md. */
export function operationsReference(): string {
  const lines = [
    introduction,
    ...section("Element by element", "Arguments repeat to one shape.", elementwiseFunctions),
    ...section(
      "Complex numbers",
      "Arguments repeat to one shape. `+ - * / @`, `^` with a whole literal, `exp`, `abs`, `sum`, `mean`, `if` and everything about shapes take complex numbers too; real ones become complex beside them.",
      complexFunctions,
    ),
    ...section(
      "Reductions",
      "They remove the axis `axis` (0 is the first, -1 the last), which may be left out for a vector, or the axes of a list: `axis = [0, 1]`, `axis = [N, K]`.",
      reductions,
    ),
    ...section(
      "Along an axis",
      "They keep the shape. `axis` may be left out for a vector, or be a list.",
      normalizations,
    ),
    ...section(
      "Cumulative",
      "They keep the shape, and go along one axis, which may be left out for a vector. Each element is made of those up to it, with `reverse = true` of those from it on.",
      cumulatives,
    ),
    ...section(
      "Places",
      "Places are indices, which have no derivative. They go along one axis, which may be left out for a vector.",
      placeFunctions,
    ),
    ...section("Shapes", "Arguments in brackets are lists.", shapeFunctions),
    ...section(
      "Earlier steps",
      "In equations of cells, one in each: a state with the name of the equation.",
      timeFunctions,
    ),
    ...section(
      "Draws",
      "In equations and initial values of cells: random numbers by the seed of a call, with their shape in brackets. They have no derivative. Other arguments repeat to the shape.",
      drawFunctions,
    ),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function section(title: string, text: string, table: Readonly<Record<string, Builtin>>): string[] {
  const items = Object.entries(table).map(([name, builtin]) => item(name, builtin));
  return [`## ${title}`, "", text, "", ...items, ""];
}

function item(name: string, { parameters, formula, documentation, aliases = [] }: Builtin): string {
  const list = parameters
    .map((parameter) => `${parameter.name}${parameter.optional === true ? " = …" : ""}`)
    .join(", ");
  const spellings = [`${name}(${list})`, ...aliases].map((text) => `\`${text}\``).join(", ");
  const meaning = formula === "" ? "" : `\`${formula}\`. `;
  return `- ${spellings}: ${meaning}${documentation}`.trimEnd();
}
