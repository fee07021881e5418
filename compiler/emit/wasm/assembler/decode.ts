/**
 * Bytes as modules: reads what `encode.ts` writes. The form is checked, types and most indices are not: that is
 * validation, which `WebAssembly.validate` does.
 */
import { ByteReader } from "./decode-bytes.js";
import type { Immediate, WasmType } from "./instruction-types.js";
import { valueTypes } from "./instruction-types.js";
import type { WasmInstruction, WasmOperation } from "./instructions.js";
import { isPrefix, operationAt } from "./instructions.js";
import type {
  CustomSection,
  Export,
  FunctionBody,
  FunctionType,
  Global,
  GlobalType,
  WasmImport,
  ImportedItem,
  MemoryLimits,
  WasmModule,
} from "./module-structure.js";
import { emptyBlockType, externalKinds, magicNumber, sectionIds, valueTypeCodes } from "./module-structure.js";

export { WasmFormatError } from "./decode-bytes.js";

type ExternalKind = keyof typeof externalKinds;

const hex = (value: number): string => `0x${value.toString(16)}`;
const typesByCode: ReadonlyMap<number, WasmType> = new Map(valueTypes.map((type) => [valueTypeCodes[type], type]));
const kindsByCode: ReadonlyMap<number, ExternalKind> = new Map(
  Object.entries(externalKinds).map(([kind, code]) => [code, kind as ExternalKind]),
);

function readValueType(from: ByteReader): WasmType {
  const start = from.position;
  const code = from.byte("a value type");
  return typesByCode.get(code) ?? from.fail(`${hex(code)} is not a value type`, start);
}

function readFlag(from: ByteReader, what: string): boolean {
  const start = from.position;
  const flag = from.byte(what);
  return flag > 1 ? from.fail(`${what} must be 0 or 1, not ${flag}`, start) : flag === 1;
}

type ImmediateReader = (from: ByteReader, operation: WasmOperation) => readonly (number | bigint)[];

const index =
  (what: string): ImmediateReader =>
  (from) => [from.unsigned(what)];

function readLane(from: ByteReader, lanes: number): number {
  const start = from.position;
  const lane = from.byte("a lane");
  return lane < lanes ? lane : from.fail(`lane ${lane} of ${lanes}`, start);
}

function readMemory(from: ByteReader, { name, alignment }: WasmOperation): readonly number[] {
  const start = from.position;
  const hint = from.unsigned("an alignment");
  if (hint > alignment) from.fail(`alignment 2^${hint} is more than ${name} has`, start);
  return [hint, from.unsigned("an offset")];
}

function readMemoryIndex(from: ByteReader): void {
  const start = from.position;
  const memory = from.byte("a memory index");
  if (memory !== 0) from.fail(`memory ${memory}, where only memory 0 is supported`, start);
}

function readBlockType(from: ByteReader): number {
  const start = from.position;
  const type = from.signed("a block type");
  const known = type >= 0 || type === emptyBlockType || typesByCode.has(type + 0x80);
  return known ? type : from.fail(`${type} is not a block type`, start);
}

const immediateReaders: Record<Immediate, ImmediateReader> = {
  none: () => [],
  block: (from) => [readBlockType(from)],
  label: index("a label"),
  labels: (from) => [...from.list("labels", () => from.unsigned("a label")), from.unsigned("a label")],
  function: index("a function index"),
  local: index("a local index"),
  global: index("a global index"),
  i32: (from) => [from.signed("an i32")],
  i64: (from) => [from.signed64("an i64")],
  f32: (from) => [Number(from.littleEndian(4, "an f32"))],
  f64: (from) => [from.littleEndian(8, "an f64")],
  bytes: (from) => [...from.bytes(16, "a vector")],
  lane: (from, { lanes }) => [readLane(from, lanes)],
  lanes: (from) => Array.from({ length: 16 }, () => readLane(from, 32)),
  memory: readMemory,
  "memory lane": (from, operation) => [...readMemory(from, operation), readLane(from, operation.lanes)],
  "memory index": (from) => {
    readMemoryIndex(from);
    return [];
  },
  "memory indices": (from) => {
    readMemoryIndex(from);
    readMemoryIndex(from);
    return [];
  },
};

function readInstruction(from: ByteReader): WasmInstruction {
  const start = from.position;
  const first = from.byte("an instruction");
  const prefix = isPrefix(first) ? first : 0;
  const code = prefix === 0 ? first : from.unsigned("an opcode");
  const operation = operationAt(prefix, code);
  if (operation === undefined) {
    return from.fail(`unknown opcode ${prefix === 0 ? "" : `${hex(prefix)} `}${hex(code)}`, start);
  }
  return { operation, immediates: immediateReaders[operation.immediate](from, operation) };
}

/** Instructions up to the `end` that belongs to no block of theirs. */
function readExpression(from: ByteReader): WasmInstruction[] {
  const instructions: WasmInstruction[] = [];
  for (let depth = 1; depth > 0;) {
    const instruction = readInstruction(from);
    instructions.push(instruction);
    if (instruction.operation.immediate === "block") depth++;
    else if (instruction.operation.name === "end") depth--;
  }
  return instructions;
}

function readLimits(from: ByteReader): MemoryLimits {
  const bounded = readFlag(from, "the kind of a memory's limits");
  const min = from.unsigned("a memory's size");
  return bounded ? { min, max: from.unsigned("a memory's largest size") } : { min };
}

function readGlobalType(from: ByteReader): GlobalType {
  return { type: readValueType(from), mutable: readFlag(from, "a global's mutability") };
}

function readKind(from: ByteReader): ExternalKind {
  const start = from.position;
  const code = from.byte("a kind");
  return kindsByCode.get(code) ?? from.fail(`imports and exports of kind ${code} are not supported`, start);
}

function readTypeIndex(from: ByteReader, types: readonly FunctionType[]): number {
  const start = from.position;
  const type = from.unsigned("a type index");
  return type < types.length ? type : from.fail(`type ${type} of ${types.length}`, start);
}

function readImport(from: ByteReader, types: readonly FunctionType[]): WasmImport {
  const module = from.name("a module's name");
  const name = from.name("an import's name");
  const items: Record<ExternalKind, () => ImportedItem> = {
    function: () => ({ kind: "function", type: readTypeIndex(from, types) }),
    memory: () => ({ kind: "memory", ...readLimits(from) }),
    global: () => ({ kind: "global", ...readGlobalType(from) }),
  };
  return { module, name, item: items[readKind(from)]() };
}

function readFunctionType(from: ByteReader): FunctionType {
  const start = from.position;
  const form = from.byte("a function type");
  if (form !== 0x60) from.fail(`${hex(form)} is not a function type`, start);
  const readTypes = (what: string): WasmType[] => from.list(what, () => readValueType(from));
  return { params: readTypes("parameters"), results: readTypes("results") };
}

/** What engines allow, so that a few bytes cannot ask for more. */
const largestLocals = 50_000;

function readBody(from: ByteReader, type: number): FunctionBody {
  const body = from.sized("a function");
  let total = 0;
  const locals = body.list("runs of locals", () => {
    const start = body.position;
    const count = body.unsigned("a number of locals");
    total += count;
    if (total > largestLocals) body.fail(`more than ${largestLocals} locals in a function`, start);
    return { count, type: readValueType(body) };
  });
  const instructions = readExpression(body);
  if (!body.atEnd) body.fail("the function goes on after its end");
  return { type, locals, instructions };
}

type Draft = {
  -readonly [Part in keyof WasmModule]: WasmModule[Part] extends readonly (infer Item)[] ? Item[] : never;
};

/** The module that the bytes hold. Throws a {@link WasmFormatError} where they do not hold one. */
export function decodeModule(bytes: Uint8Array): WasmModule {
  const from = new ByteReader(bytes);
  for (const expected of magicNumber) {
    const start = from.position;
    if (from.byte("the header") !== expected) from.fail("not a WebAssembly module of version 1", start);
  }
  const module: Draft = {
    types: [],
    imports: [],
    memories: [],
    globals: [],
    exports: [],
    functions: [],
    customSections: [],
  };
  let functionTypes: number[] = [];
  const readers: Record<number, (section: ByteReader) => void> = {
    [sectionIds.type]: (s) => void (module.types = s.list("types", () => readFunctionType(s))),
    [sectionIds.import]: (s) => void (module.imports = s.list("imports", () => readImport(s, module.types))),
    [sectionIds.function]: (s) => void (functionTypes = s.list("functions", () => readTypeIndex(s, module.types))),
    [sectionIds.memory]: (s) => void (module.memories = s.list("memories", () => readLimits(s))),
    [sectionIds.global]: (s) =>
      void (module.globals = s.list("globals", (): Global => ({ ...readGlobalType(s), init: readExpression(s) }))),
    [sectionIds.export]: (s) =>
      void (module.exports = s.list("exports", (): Export => ({
        name: s.name("an export's name"),
        kind: readKind(s),
        index: s.unsigned("an index"),
      }))),
    [sectionIds.code]: (s) => {
      module.functions = s.list("function bodies", (i) => {
        const type = functionTypes[i];
        return type === undefined ? s.fail(`more function bodies than functions`) : readBody(s, type);
      });
    },
  };
  let last = 0;
  while (!from.atEnd) {
    const start = from.position;
    const id = from.byte("a section");
    const section = from.sized("a section");
    if (id === sectionIds.custom) {
      const custom: CustomSection = { after: last, name: section.name("a section's name"), content: section.rest() };
      module.customSections.push(custom);
      continue;
    }
    const read = readers[id] ?? from.fail(`sections of kind ${id} are not supported`, start);
    if (id <= last) from.fail(`section ${id} after section ${last}`, start);
    read(section);
    if (!section.atEnd) section.fail("the section goes on after its last item");
    last = id;
  }
  if (module.functions.length !== functionTypes.length) {
    from.fail(`${functionTypes.length} functions have ${module.functions.length} bodies`);
  }
  return module;
}
