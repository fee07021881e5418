/** What the instruction tables say of an instruction. */

/** The types of values on the operand stack. */
export const valueTypes = ["i32", "i64", "f32", "f64", "v128"] as const;
export type WasmType = (typeof valueTypes)[number];

/**
 * What follows the opcode. Floats are their bits and a vector is 16 bytes, so that nothing is lost between bytes and
 * instructions; a block type is 0x40 less 0x80 for none, a value type's code less 0x80, or the index of a function type.
 */
export type Immediate =
  | "none"
  | "block"
  | "label"
  | "labels"
  | "function"
  | "local"
  | "global"
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "bytes"
  | "lane"
  | "lanes"
  | "memory"
  | "memory lane"
  | "memory index"
  | "memory indices";

/** A row of an instruction table. */
export interface InstructionRow {
  /** The opcode, after the table's prefix. */
  readonly code: number;
  readonly immediate: Immediate;
  /** `operands -> results`, the topmost last; left out where it depends on the immediates or on the code around. */
  readonly effect?: string;
  /** Of a load or store: the logarithm of its natural alignment. */
  readonly alignment?: number;
  /** How many lanes there are to choose from. */
  readonly lanes?: number;
}
