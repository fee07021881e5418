/** The names that stand more than once in a list, each once, in the order of their second places. */
export const repeated = (names: readonly string[]): string[] => [
  ...new Set(names.filter((name, i) => names.indexOf(name) < i)),
];
