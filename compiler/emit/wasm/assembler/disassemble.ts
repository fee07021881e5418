/** Modules as WebAssembly text, which assembles to the same bytes again (custom sections aside). */
import { decodeModule } from "./decode.js";
import type { Immediate, WasmType } from "./instruction-types.js";
import type { WasmInstruction } from "./instructions.js";
import { readFunctionNames } from "./function-names.js";
import type {
  FunctionBody,
  FunctionType,
  GlobalType,
  WasmImport,
  MemoryLimits,
  WasmModule,
} from "./module-structure.js";
import { emptyBlockType, valueTypeCodes } from "./module-structure.js";

const view = new DataView(new ArrayBuffer(8));

function floatText(value: number, sign: boolean, payload: bigint, quiet: bigint): string {
  if (Number.isNaN(value)) return `${sign ? "-" : ""}nan${payload === quiet ? "" : `:0x${payload.toString(16)}`}`;
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  return Object.is(value, -0) ? "-0" : String(value);
}

function f32Text(bits: number): string {
  view.setUint32(0, bits);
  return floatText(view.getFloat32(0), bits >>> 31 === 1, BigInt(bits & 0x7fffff), 1n << 22n);
}

function f64Text(bits: bigint): string {
  view.setBigUint64(0, bits);
  return floatText(view.getFloat64(0), bits >> 63n === 1n, bits & ((1n << 52n) - 1n), 1n << 51n);
}

/** Four words; which numbers they are is not known. */
function vectorText(bytes: readonly number[]): string {
  const words = [0, 4, 8, 12].map((at) => bytes.slice(at, at + 4).reduceRight((word, byte) => word * 256 + byte, 0));
  return `i32x4 ${words.map((word) => `0x${word.toString(16).padStart(8, "0")}`).join(" ")}`;
}

const typesByCode = Object.fromEntries(Object.entries(valueTypeCodes).map(([type, code]) => [code, type]));

function blockTypeText(type: number): string {
  if (type === emptyBlockType) return "";
  return type >= 0 ? `(type ${type})` : `(result ${typesByCode[type + 0x80]})`;
}

function memoryText({ operation, immediates }: WasmInstruction): string {
  const [alignment, offset, lane] = immediates.map(Number);
  const parts = [
    offset === 0 ? "" : `offset=${offset}`,
    alignment === operation.alignment ? "" : `align=${2 ** alignment!}`,
    lane === undefined ? "" : String(lane),
  ];
  return parts.filter((part) => part !== "").join(" ");
}

const numbersText = ({ immediates }: WasmInstruction): string => immediates.join(" ");

const immediateTexts: Record<Immediate, (instruction: WasmInstruction) => string> = {
  none: () => "",
  block: ({ immediates }) => blockTypeText(Number(immediates[0])),
  label: numbersText,
  labels: numbersText,
  function: numbersText,
  local: numbersText,
  global: numbersText,
  i32: numbersText,
  i64: numbersText,
  f32: ({ immediates }) => f32Text(Number(immediates[0])),
  f64: ({ immediates }) => f64Text(BigInt(immediates[0]!)),
  bytes: ({ immediates }) => vectorText(immediates.map(Number)),
  lane: numbersText,
  lanes: numbersText,
  memory: memoryText,
  "memory lane": memoryText,
  "memory index": () => "",
  "memory indices": () => "",
};

/** One instruction, as in `v128.load offset=16`. */
function instructionText(instruction: WasmInstruction): string {
  const immediates = immediateTexts[instruction.operation.immediate](instruction);
  return immediates === "" ? instruction.operation.name : `${instruction.operation.name} ${immediates}`;
}

/** Text between quotes, everything unusual as UTF-8 bytes. */
function quoted(text: string): string {
  const bytes = [...new TextEncoder().encode(text)];
  const characters = bytes.map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\${byte.toString(16).padStart(2, "0")}`,
  );
  return `"${characters.join("")}"`;
}

function group(keyword: string, types: readonly WasmType[]): string {
  return types.length === 0 ? "" : ` (${[keyword, ...types].join(" ")})`;
}

const signatureText = ({ params, results }: FunctionType): string => group("param", params) + group("result", results);
const limitsText = ({ min, max }: MemoryLimits): string => (max === undefined ? String(min) : `${min} ${max}`);
const globalText = ({ type, mutable }: GlobalType): string => (mutable ? `(mut ${type})` : type);

function importText({ module, name, item }: WasmImport): string {
  const described =
    item.kind === "function"
      ? `(func (type ${item.type}))`
      : item.kind === "memory"
        ? `(memory ${limitsText(item)})`
        : `(global ${globalText(item)})`;
  return `(import ${quoted(module)} ${quoted(name)} ${described})`;
}

/** Instructions a line each, those in blocks further in; the last `end` is left to the bracket of what is around. */
function bodyLines(instructions: readonly WasmInstruction[], indentation: string): string[] {
  let depth = 0;
  return instructions.slice(0, -1).map((instruction) => {
    const { name, immediate } = instruction.operation;
    if (name === "end") depth--;
    const line =
      indentation + "  ".repeat(Math.max(0, name === "else" ? depth - 1 : depth)) + instructionText(instruction);
    if (immediate === "block") depth++;
    return line;
  });
}

function functionText({ type, locals, instructions }: FunctionBody, module: WasmModule): string {
  const runs = locals.map(({ count, type: local }) =>
    group(
      "local",
      Array.from({ length: count }, () => local),
    ),
  );
  const head = `  (func (type ${type})${signatureText(module.types[type]!)}`;
  return [head, ...runs.map((run) => `   ${run}`), ...bodyLines(instructions, "    ")].join("\n") + ")";
}

/** The module as text. Throws a `WasmFormatError` where the bytes are not a module. */
export function disassemble(source: Uint8Array | WasmModule): string {
  const module = source instanceof Uint8Array ? decodeModule(source) : source;
  const names = readFunctionNames(module);
  const imported = module.imports.filter((i) => i.item.kind === "function").length;
  const functions = module.functions.flatMap((body, i) => {
    const name = names.get(imported + i);
    return [`  ;; ${imported + i}${name === undefined ? "" : ` ${quoted(name)}`}`, functionText(body, module)];
  });
  const words = { function: "func", memory: "memory", global: "global" } as const;
  return [
    "(module",
    ...module.types.map((type) => `  (type (func${signatureText(type)}))`),
    ...module.imports.map((item) => `  ${importText(item)}`),
    ...module.memories.map((limits) => `  (memory ${limitsText(limits)})`),
    ...module.globals.map((g) => `  (global ${globalText(g)} ${bodyLines(g.init, "").join(" ")})`),
    ...module.exports.map((e) => `  (export ${quoted(e.name)} (${words[e.kind]} ${e.index}))`),
    ...functions,
    ")\n",
  ].join("\n");
}
