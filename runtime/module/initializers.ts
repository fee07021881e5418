/** What kinds of initialisers there are, for all that write, check and read manifests. */
import type { DrawnInitializer, Initializer } from "./manifest.js";

interface InitializerKind {
  /** Its numbers, by their names in a manifest. */
  readonly numbers?: readonly ("value" | "bound" | "deviation")[];
  /** Whether what is drawn may lie around another number than 0. */
  readonly mean?: boolean;
  /** What is drawn for each element; left out where the declaration alone tells it. */
  readonly law?: "uniform" | "normal";
  /** What the width of the draws follows from: the numbers that an output is made of, or these and the outputs. */
  readonly fans?: "in" | "in and out";
}

export const initializerKinds: Readonly<Record<Initializer["kind"], InitializerKind>> = {
  zeros: {},
  ones: {},
  identity: {},
  constant: { numbers: ["value"] },
  computed: {},
  uniform: { numbers: ["bound"], mean: true, law: "uniform" },
  normal: { numbers: ["deviation"], mean: true, law: "normal" },
  orthogonal: { law: "normal" },
  glorot_uniform: { law: "uniform", fans: "in and out" },
  glorot_normal: { law: "normal", fans: "in and out" },
  he_uniform: { law: "uniform", fans: "in" },
  he_normal: { law: "normal", fans: "in" },
};

export const isDrawn = ({ kind }: Pick<Initializer, "kind">): boolean => initializerKinds[kind].law !== undefined;

/**
 * The initialiser with what the numbers of a tensor are drawn by. Of a shape [out, in, …rest] the fans are in * rest and
 * out * rest; of a vector both are its length.
 */
export function drawnInitializer(initializer: Initializer, shape: readonly number[]): DrawnInitializer {
  const { law, fans } = initializerKinds[initializer.kind];
  const [rows = 1, columns = rows, ...rest] = shape;
  const field = rest.reduce((product, size) => product * size, 1);
  return {
    ...initializer,
    ...(law && { law }),
    ...(fans && { fans: (fans === "in" ? columns : rows + columns) * field }),
  };
}
