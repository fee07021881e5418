/** A WebAssembly module as data: what the encoder writes and the decoder reads. No tables, data or start function. */
import type { WasmInstruction } from "./instructions.js";
import type { WasmType } from "./instruction-types.js";

export interface FunctionType {
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
}

/** In pages of 64 KiB. */
export interface MemoryLimits {
  readonly min: number;
  readonly max?: number;
}

export interface GlobalType {
  readonly type: WasmType;
  readonly mutable: boolean;
}

export type ImportedItem =
  | { readonly kind: "function"; readonly type: number }
  | ({ readonly kind: "memory" } & MemoryLimits)
  | ({ readonly kind: "global" } & GlobalType);

export interface WasmImport {
  readonly module: string;
  readonly name: string;
  readonly item: ImportedItem;
}

export interface Global extends GlobalType {
  /** A constant expression, its `end` included. */
  readonly init: readonly WasmInstruction[];
}

export interface Export {
  readonly name: string;
  readonly kind: "function" | "memory" | "global";
  readonly index: number;
}

export interface LocalRun {
  readonly count: number;
  readonly type: WasmType;
}

export interface FunctionBody {
  /** Index among the module's types. */
  readonly type: number;
  /** Locals after the parameters, as runs of one type. */
  readonly locals: readonly LocalRun[];
  /** The last `end` included. */
  readonly instructions: readonly WasmInstruction[];
}

export interface CustomSection {
  /** The section it stands after; 0 at the beginning. */
  readonly after: number;
  readonly name: string;
  readonly content: Uint8Array;
}

/** A function of a module under construction. */
export interface FunctionRef {
  readonly index: number;
  readonly name: string;
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
}

export interface GlobalRef {
  readonly index: number;
  readonly type: WasmType;
  readonly mutable: boolean;
}

export interface WasmModule {
  readonly types: readonly FunctionType[];
  readonly imports: readonly WasmImport[];
  readonly memories: readonly MemoryLimits[];
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly functions: readonly FunctionBody[];
  readonly customSections: readonly CustomSection[];
}

/** Numbers of the sections that are read and written, in their order in a module. */
export const sectionIds = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  memory: 5,
  global: 6,
  export: 7,
  code: 10,
} as const;

/** Bytes that stand for kinds of imports and exports. */
export const externalKinds = { function: 0, memory: 2, global: 3 } as const;

/** Bytes that stand for value types. */
export const valueTypeCodes: Readonly<Record<WasmType, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

/** The block type of blocks without a result, and those of blocks with one (a signed LEB128 number each). */
export const emptyBlockType = -0x40;
export const blockTypeOf = (result: WasmType): number => valueTypeCodes[result] - 0x80;

export const magicNumber = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00] as const;
