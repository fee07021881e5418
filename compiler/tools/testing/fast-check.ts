/** recell/testing/fast-check: random cells, sizes and calls, for property tests with fast-check 4. */
export { arbitraryCell, type RandomCell } from "./arbitraries/arbitrary-cell.js";
export type { ArbitraryCellOptions } from "./arbitraries/grow-cell.js";
export type { CellText } from "./arbitraries/cell-parts.js";
export {
  arbitraryCall,
  arbitraryNumber,
  arbitrarySizes,
  type CallOptions,
  type NumberOptions,
  type SizeOptions,
} from "./arbitraries/arbitrary-call.js";
