/** A tensor as files of safetensors hold it. */
import type { SafetensorsDtype } from "./element-types.js";

export interface SafeTensor {
  readonly dtype: SafetensorsDtype;
  /** Empty for a single number. */
  readonly shape: readonly number[];
  /** Row-major elements, little-endian, without a gap. */
  readonly bytes: Uint8Array;
}
