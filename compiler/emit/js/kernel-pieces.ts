/** Long sums in pieces, as JavaScript. */
import { affineVariable } from "../../ir/kernel/affine.js";
import { FULL_PIECE, type LoopStatement, PIECE, type PiecesStatement } from "../../ir/kernel/kernel-program.js";
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import { type KernelNames, printIndexExpression, printSizeOf } from "./kernel-expressions.js";

type LoopPieces = PiecesStatement<LoopStatement>;

/** @param print Gives the lines of statements at an indent. */
export function printPieces(
  statement: LoopPieces,
  names: KernelNames,
  indent: string,
  print: (statements: readonly LoopStatement[], indent: string) => string[],
): string[] {
  const { after, body, carry, finish } = statement;
  const [done, carried] = [names.variable(statement.done), names.variable(statement.carried)];
  const begun = [after?.done, after?.carried].map((name) => (name === undefined ? "0" : names.variable(name)));
  const opening = openings(statement, names);
  const moveTotals = [
    `${indent}  if (${done} === ${PIECE}) {`,
    ...print(carry, `${indent}    `),
    `${indent}    ${done} = 0;`,
    `${indent}    ${carried} = 1;`,
    `${indent}  }`,
  ];
  return [
    `${indent}let ${done} = ${begun[0]}, ${carried} = ${begun[1]};`,
    ...opening.map((line) => indent + line),
    ...(carry.length === 0 ? [] : moveTotals),
    ...print(body, `${indent}  `),
    `${indent}  ${after === undefined ? "" : `if (${termsOf(statement, names)} > 0) `}${done}++;`,
    `${indent}}}`,
    ...(finish.length === 0 ? [] : [`${indent}${after === undefined ? `if (${carried} > 0) ` : ""}{`, ...print(finish, `${indent}  `), `${indent}}`]), // prettier-ignore
  ];
}

/** The loops over steps and over examples that give one piece after the other; a block each where there is none. */
function openings(statement: LoopPieces, names: KernelNames): string[] {
  const { opening, isNotLast } = stepsOpening(statement, names);
  return [...opening, ...examplesOpening(statement, names, isNotLast)];
}

/** The steps of a piece, or those of an example by itself. */
const termsOf = ({ examples, steps }: LoopPieces, names: KernelNames): string =>
  examples !== undefined
    ? names.variable(`${examples.first}Terms`)
    : steps === undefined
      ? "1"
      : printSizeOf(steps, names);

function stepsOpening(
  { steps }: LoopPieces,
  names: KernelNames,
): { readonly opening: readonly string[]; readonly isNotLast: readonly string[] } {
  if (steps === undefined) return { opening: ["{"], isNotLast: [] };
  const [from, last] = [names.variable(steps.from), names.variable(`${steps.from}Last`)];
  const end = `const ${last} = Math.max(0, Math.floor((${printSizeOf(steps, names)} - 1) / ${PIECE})) * ${PIECE};`;
  return steps.reverse
    ? { opening: [end, `for (let ${from} = ${last}; ${from} >= 0; ${from} -= ${PIECE}) {`], isNotLast: [`${from} > 0`] }
    : {
        opening: [end, `for (let ${from} = 0; ${from} <= ${last}; ${from} += ${PIECE}) {`],
        isNotLast: [`${from} < ${last}`],
      };
}

/** Takes examples until a piece is full. One without any step is left out, but for the last where there was no other. */
function examplesOpening(statement: LoopPieces, names: KernelNames, isNotLast: readonly string[]): string[] {
  const { examples, steps, after, done, carried } = statement;
  if (examples === undefined) {
    if (after === undefined) return ["{"];
    return [`if (${termsOf(statement, names)} > 0 || ${names.variable(done)} + ${names.variable(carried)} === 0) {`];
  }
  const [first, end] = [names.variable(examples.first), names.variable(examples.end)];
  const terms = termsOf(statement, names);
  const most = names.size(BATCH_SYMBOL);
  const own =
    steps === undefined
      ? "1"
      : printIndexExpression(
          { kind: "part", dim: steps.dim, example: examples.end, from: affineVariable(steps.from), most: PIECE },
          names,
        );
  const isLeftOut = [...isNotLast, `${end} < ${most}`, `${names.variable(done)} + ${names.variable(carried)} > 0`];
  return [
    `for (let ${first} = 0, ${end} = 0; ${first} < ${most}; ${first} = ${end}) {`,
    `  let ${terms} = 0;`,
    `  for (; ${end} < ${most} && ${terms} < ${FULL_PIECE}; ${end}++) ${terms} += ${own};`,
    `  if (${terms} === 0 && (${isLeftOut.join(" || ")})) continue;`,
  ];
}
