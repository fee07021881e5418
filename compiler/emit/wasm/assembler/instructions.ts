/**
 * Every WebAssembly instruction the compiler knows: bytes, text and stack effect all follow from the rows of these
 * tables.
 */
import { invariant } from "../../../base/diagnostics/invariant.js";
import type { Immediate, InstructionRow, WasmType } from "./instruction-types.js";
import { valueTypes } from "./instruction-types.js";
import { prefixedInstructions, scalarInstructions } from "./instructions-scalar.js";
import { vectorInstructions } from "./instructions-vector.js";

export type OpName =
  keyof typeof scalarInstructions | keyof typeof prefixedInstructions | keyof typeof vectorInstructions;

interface Effect {
  /** The topmost last. */
  readonly operands: readonly WasmType[];
  readonly results: readonly WasmType[];
}

/** An instruction without its immediates. */
export interface WasmOperation {
  readonly name: OpName;
  /** Byte before the opcode, which is then a LEB128 number. */
  readonly prefix?: number;
  readonly code: number;
  readonly immediate: Immediate;
  /** Absent where it depends on the immediates or on the code around. */
  readonly effect?: Effect;
  readonly alignment: number;
  readonly lanes: number;
}

/** `immediates` in the order of the bytes; of a load or store the alignment, the offset and the lane if any. */
export interface WasmInstruction {
  readonly operation: WasmOperation;
  readonly immediates: readonly (number | bigint)[];
}

function parseEffect(text: string): Effect {
  const [operands, results] = text.split("->").map((side) => side.split(" ").filter((word) => word !== ""));
  const isType = (word: string): word is WasmType => (valueTypes as readonly string[]).includes(word);
  invariant(operands?.every(isType) && results?.every(isType), `not a stack effect: ${text}`);
  return { operands, results };
}

function operationsOf(rows: Readonly<Record<string, InstructionRow>>, prefix?: number): WasmOperation[] {
  return Object.entries(rows).map(([name, { code, immediate, effect, alignment = 0, lanes = 0 }]) => ({
    name: name as OpName,
    ...(prefix === undefined ? {} : { prefix }),
    code,
    immediate,
    ...(effect === undefined ? {} : { effect: parseEffect(effect) }),
    alignment,
    lanes,
  }));
}

/** All of them, in the order of the tables. */
export const allOperations: readonly WasmOperation[] = [
  ...operationsOf(scalarInstructions),
  ...operationsOf(prefixedInstructions, 0xfc),
  ...operationsOf(vectorInstructions, 0xfd),
];

export const operations = Object.fromEntries(allOperations.map((o) => [o.name, o])) as Readonly<
  Record<OpName, WasmOperation>
>;

const opcodeKey = (prefix: number, code: number): number => prefix * 0x10000 + code;
const byOpcode = new Map(allOperations.map((o) => [opcodeKey(o.prefix ?? 0, o.code), o]));

/** The instruction with an opcode, if there is one; the prefix of instructions of one byte is 0. */
export function operationAt(prefix: number, code: number): WasmOperation | undefined {
  return byOpcode.get(opcodeKey(prefix, code));
}

/** Whether an opcode begins with this byte and goes on. */
export function isPrefix(byte: number): boolean {
  return byte === 0xfc || byte === 0xfd;
}
