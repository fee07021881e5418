/** Functions that make places of values, and values of places. */
import { needed, optional, type Parameter } from "./parameters.js";

interface PlaceFunction {
  readonly kind: "place";
  readonly parameters: readonly Parameter[];
  readonly formula: string;
  readonly documentation: string;
}

const ofPlaces = (parameters: readonly Parameter[], documentation: string): PlaceFunction => ({
  kind: "place",
  parameters,
  formula: "",
  documentation,
});

export const placeFunctions = {
  argmax: ofPlaces(
    [...needed("v"), ...optional("axis")],
    "The place of the greatest element, of equal ones the first; of NaN where one is.",
  ),
  argmin: ofPlaces(
    [...needed("v"), ...optional("axis")],
    "The place of the least element, of equal ones the first; of NaN where one is.",
  ),
  sort: ofPlaces(
    [...needed("v"), ...optional("axis", "descending")],
    "The elements from the least to the greatest, with `descending = true` the other way round; NaN last. Each element has the derivative of what went there.",
  ),
  argsort: ofPlaces(
    [...needed("v"), ...optional("axis", "descending")],
    "The places that the elements of `sort(v)` come from; of equal elements the lower place first.",
  ),
  narrow: ofPlaces(
    needed("i", "size", "other"),
    "The index `i` where it is below `size`, and `other`, which is, where not: an `index(size)`.",
  ),
  one_hot: ofPlaces(needed("i", "size"), "Along a new last axis 1 at the place `i`, and 0 elsewhere."),
  scatter: ofPlaces(
    needed("u", "at", "size"),
    "`[size, …]` with each `u[j]` added at the place `at[j]`, 0 where nothing is; `at` may be one place.",
  ),
  real: ofPlaces(needed("i"), "The number that an index is."),
} as const satisfies Record<string, PlaceFunction>;

export type PlaceFunctionName = keyof typeof placeFunctions;
