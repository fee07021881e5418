/** Characters of a file: tokens and trees take some hundred times the memory. */
export const sourceLimit = 1_000_000;
