/** The element types of the safetensors format, with their bits per element. */
export const elementBits = {
  F64: 64,
  I64: 64,
  U64: 64,
  C64: 64,
  F32: 32,
  I32: 32,
  U32: 32,
  F16: 16,
  BF16: 16,
  I16: 16,
  U16: 16,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I8: 8,
  U8: 8,
  BOOL: 8,
  F6_E2M3: 6,
  F6_E3M2: 6,
  F4: 4,
} as const;

export type SafetensorsDtype = keyof typeof elementBits;

/**
 * Bytes that a tensor takes. Undefined where the number cannot be counted with (a size of 0 hides no overflow in the
 * others), or where elements of 4 or 6 bits do not fill their last byte.
 */
export function tensorBytes(dtype: SafetensorsDtype, shape: readonly number[]): number | undefined {
  let bits: number = elementBits[dtype];
  let empty = false;
  for (const size of shape) {
    if (size === 0) empty = true;
    else bits *= size;
    if (!Number.isSafeInteger(bits)) return undefined;
  }
  if (empty) return 0;
  return bits % 8 === 0 ? bits / 8 : undefined;
}
