/** Functions that make places of values, and values of places. */
interface PlaceFunction {
  readonly kind: "place";
  readonly parameters: readonly string[];
  readonly formula: string;
  readonly documentation: string;
}

const ofPlaces = (parameters: readonly string[], documentation: string): PlaceFunction => ({
  kind: "place",
  parameters,
  formula: "",
  documentation,
});

export const placeFunctions = {
  argmax: ofPlaces(["v", "axis?"], "The place of the greatest element, of equal ones the first; of NaN where one is."),
  argmin: ofPlaces(["v", "axis?"], "The place of the least element, of equal ones the first; of NaN where one is."),
  sort: ofPlaces(
    ["v", "axis?", "descending?"],
    "The elements from the least to the greatest, with `descending = true` the other way round; NaN last. Each element has the derivative of what went there.",
  ),
  argsort: ofPlaces(
    ["v", "axis?", "descending?"],
    "The places that the elements of `sort(v)` come from; of equal elements the lower place first.",
  ),
  narrow: ofPlaces(
    ["i", "size", "other"],
    "The index `i` where it is below `size`, and `other`, which is, where not: an `index(size)`.",
  ),
  one_hot: ofPlaces(["i", "size"], "Along a new last axis 1 at the place `i`, and 0 elsewhere."),
  scatter: ofPlaces(
    ["u", "at", "size"],
    "`[size, …]` with each `u[j]` added at the place `at[j]`, 0 where nothing is; `at` may be one place.",
  ),
  real: ofPlaces(["i"], "The number that an index is."),
} as const satisfies Record<string, PlaceFunction>;

export type PlaceFunctionName = keyof typeof placeFunctions;
