/** Draws: functions of the language whose value is made of random numbers. */
import { needed, optional, type Parameter } from "./parameters.js";

/** The numbers that a draw is made of: from 0 to 1, neither included, or of the standard normal distribution. */
type Law = "uniform" | "normal";

/** How numbers are drawn that an expression reads. */
export interface DrawnAs {
  readonly law: Law;
  /** Only where a call trains. */
  readonly inTraining: boolean;
  /** In an initial value: once for a sequence. */
  readonly isInitial: boolean;
}

/** A row of the table of functions. */
interface DrawFunction {
  readonly kind: "draw";
  readonly parameters: readonly Parameter[];
  readonly formula: string;
  readonly documentation: string;
  readonly law: Law;
  readonly inTraining: boolean;
}

function drawn(parameters: readonly Parameter[], documentation: string, how: Partial<DrawFunction> = {}): DrawFunction {
  return { kind: "draw", parameters, formula: "", documentation, law: "uniform", inTraining: false, ...how };
}

export const drawFunctions = {
  uniform: drawn(
    [...needed("shape"), ...optional("a", "b")],
    "`uniform([Z])` on (0, 1), `uniform([Z], a)` on (-a, a), `uniform([Z], a, b)` on (a, b).",
  ),
  normal: drawn(
    [...needed("shape"), ...optional("a", "b")],
    "`normal([Z])` around 0 with deviation 1, `normal([Z], s)` with deviation s, `normal([Z], m, s)` around m.",
    { law: "normal" },
  ),
  bernoulli: drawn(needed("shape", "p"), "1 with probability `p`, else 0."),
  sample: drawn([...needed("v"), ...optional("axis")], "The place i with probability `softmax(v)_i`: an index."),
  dropout: drawn(
    needed("x", "p"),
    "In training each element is 0 with probability `p` and else divided by `1 - p`; elsewhere `x`.",
    { inTraining: true },
  ),
  mask: drawn(needed("shape", "q"), "In training `1 / q` with probability `q`, else 0; elsewhere 1.", {
    inTraining: true,
  }),
  noise: drawn(needed("x", "s"), "In training `x` and a normal number of deviation `s`; elsewhere `x`.", {
    law: "normal",
    inTraining: true,
  }),
  zoneout: drawn(
    needed("a", "b", "p"),
    "In training each element is that of `a` with probability `p`, else that of `b`; elsewhere `p * a + (1 - p) * b`.",
    { inTraining: true },
  ),
} as const satisfies Record<string, DrawFunction>;

export type DrawFunctionName = keyof typeof drawFunctions;

export const drawFunctionNamed = (name: string): DrawFunctionName | undefined =>
  Object.hasOwn(drawFunctions, name) ? (name as DrawFunctionName) : undefined;

/** Whether its first argument is the shape of what is drawn. */
export const takesShape = (word: DrawFunctionName): boolean => drawFunctions[word].parameters[0]?.name === "shape";
