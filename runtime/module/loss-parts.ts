/** What the outputs of a loss are called. Shells of modules, which import nothing, say the same in `compiler/emit/shell/losses.js`. */

/** Outputs of one number for the whole batch: the loss, the sum over the examples, and what that is divided by. */
export const partsOfLoss = (loss: string): [value: string, sum: string, weight: string] => [
  loss,
  `${loss}.sum`,
  `${loss}.weight`,
];
