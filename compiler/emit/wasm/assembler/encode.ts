/** Modules as bytes: the WebAssembly binary format. Numbers take as few bytes as they can, so the bytes are unique. */
import { ByteWriter } from "./encode-bytes.js";
import type { Immediate } from "./instruction-types.js";
import type { WasmInstruction } from "./instructions.js";
import type { FunctionBody, GlobalType, WasmImport, MemoryLimits, WasmModule } from "./module-structure.js";
import { externalKinds, magicNumber, sectionIds, valueTypeCodes } from "./module-structure.js";

type Immediates = WasmInstruction["immediates"];

function writeNumbers(to: ByteWriter, immediates: Immediates): void {
  for (const value of immediates) to.unsigned(Number(value));
}

function writeBytes(to: ByteWriter, immediates: Immediates): void {
  for (const value of immediates) to.byte(Number(value));
}

const immediateWriters: Record<Immediate, (to: ByteWriter, immediates: Immediates) => void> = {
  none: () => undefined,
  block: (to, [type]) => to.signed(Number(type)),
  label: writeNumbers,
  labels: (to, labels) => {
    to.unsigned(labels.length - 1);
    writeNumbers(to, labels);
  },
  function: writeNumbers,
  local: writeNumbers,
  global: writeNumbers,
  i32: (to, [value]) => to.signed(Number(value)),
  i64: (to, [value]) => to.signed64(BigInt(value ?? 0)),
  f32: (to, [bits]) => to.littleEndian(BigInt(bits ?? 0), 4),
  f64: (to, [bits]) => to.littleEndian(BigInt(bits ?? 0), 8),
  bytes: writeBytes,
  lane: writeBytes,
  lanes: writeBytes,
  memory: writeNumbers,
  "memory lane": writeNumbers,
  "memory index": (to) => to.byte(0),
  "memory indices": (to) => to.bytes([0, 0]),
};

function writeInstruction(to: ByteWriter, { operation, immediates }: WasmInstruction): void {
  if (operation.prefix === undefined) to.byte(operation.code);
  else {
    to.byte(operation.prefix);
    to.unsigned(operation.code);
  }
  immediateWriters[operation.immediate](to, immediates);
}

function writeLimits(to: ByteWriter, { min, max }: MemoryLimits): void {
  to.byte(max === undefined ? 0 : 1);
  to.unsigned(min);
  if (max !== undefined) to.unsigned(max);
}

function writeGlobalType(to: ByteWriter, { type, mutable }: GlobalType): void {
  to.byte(valueTypeCodes[type]);
  to.byte(mutable ? 1 : 0);
}

function writeImport(to: ByteWriter, { module, name, item }: WasmImport): void {
  to.name(module);
  to.name(name);
  to.byte(externalKinds[item.kind]);
  if (item.kind === "function") to.unsigned(item.type);
  else if (item.kind === "memory") writeLimits(to, item);
  else writeGlobalType(to, item);
}

function writeBody(to: ByteWriter, { locals, instructions }: FunctionBody): void {
  to.sized((body) => {
    body.list(locals, ({ count, type }) => {
      body.unsigned(count);
      body.byte(valueTypeCodes[type]);
    });
    for (const instruction of instructions) writeInstruction(body, instruction);
  });
}

/** Writes the items of each section; a section without items is left out. */
const sectionWriters: Record<
  Exclude<keyof typeof sectionIds, "custom">,
  (module: WasmModule, to: ByteWriter) => number
> = {
  type: ({ types }, to) => {
    to.list(types, ({ params, results }) => {
      to.byte(0x60);
      to.list(params, (type) => to.byte(valueTypeCodes[type]));
      to.list(results, (type) => to.byte(valueTypeCodes[type]));
    });
    return types.length;
  },
  import: ({ imports }, to) => {
    to.list(imports, (item) => writeImport(to, item));
    return imports.length;
  },
  function: ({ functions }, to) => {
    to.list(functions, ({ type }) => to.unsigned(type));
    return functions.length;
  },
  memory: ({ memories }, to) => {
    to.list(memories, (limits) => writeLimits(to, limits));
    return memories.length;
  },
  global: ({ globals }, to) => {
    to.list(globals, (global) => {
      writeGlobalType(to, global);
      for (const instruction of global.init) writeInstruction(to, instruction);
    });
    return globals.length;
  },
  export: ({ exports }, to) => {
    to.list(exports, ({ name, kind, index }) => {
      to.name(name);
      to.byte(externalKinds[kind]);
      to.unsigned(index);
    });
    return exports.length;
  },
  code: ({ functions }, to) => {
    to.list(functions, (body) => writeBody(to, body));
    return functions.length;
  },
};

/** The module's bytes. */
export function encodeModule(module: WasmModule): Uint8Array {
  const to = new ByteWriter();
  to.bytes(magicNumber);
  const writeCustomSections = (after: number): void => {
    for (const section of module.customSections) {
      if (section.after !== after) continue;
      to.byte(sectionIds.custom);
      to.sized((content) => {
        content.name(section.name);
        content.bytes(section.content);
      });
    }
  };
  writeCustomSections(0);
  for (const [name, write] of Object.entries(sectionWriters)) {
    const id = sectionIds[name as keyof typeof sectionIds];
    const section = new ByteWriter();
    if (write(module, section) > 0) {
      to.byte(id);
      to.sized((content) => content.bytes(section.finish()));
    }
    writeCustomSections(id);
  }
  return to.finish();
}
