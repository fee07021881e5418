/** Single edits of the instructions of a module's kernels. */
import { decodeModule } from "../../compiler/emit/wasm/assembler/decode.js";
import { encodeModule } from "../../compiler/emit/wasm/assembler/encode.js";
import { type WasmInstruction, type OpName, operations } from "../../compiler/emit/wasm/assembler/instructions.js";
import type { WasmType } from "../../compiler/emit/wasm/assembler/instruction-types.js";
import {
  emptyBlockType,
  type FunctionBody,
  type WasmModule,
} from "../../compiler/emit/wasm/assembler/module-structure.js";

export const editKinds = [
  "add/sub",
  "mul to add",
  "div to mul",
  "min/max",
  "constant",
  "offset",
  "lane",
  "local",
  "bound",
  "comparison",
  "address",
  "store",
] as const;
export type EditKind = (typeof editKinds)[number];

export interface WasmEdit {
  readonly kind: EditKind;
  /** Function and instruction, and what it becomes: `2 at 417: f32x4.add to f32x4.sub`. */
  readonly what: string;
  readonly place: number;
  readonly fn: number;
  readonly by: readonly WasmInstruction[];
}

const named = (name: string, immediates: WasmInstruction["immediates"] = []): WasmInstruction => ({
  operation: operations[name as OpName],
  immediates,
});

const swaps: Readonly<Record<string, readonly [EditKind, string]>> = {
  ...Object.fromEntries(
    ["f32", "f64", "f32x4", "f64x2"].flatMap((type): [string, [EditKind, string]][] => [
      [`${type}.add`, ["add/sub", `${type}.sub`]],
      [`${type}.sub`, ["add/sub", `${type}.add`]],
      [`${type}.mul`, ["mul to add", `${type}.add`]],
      [`${type}.div`, ["div to mul", `${type}.mul`]],
      [`${type}.min`, ["min/max", `${type}.max`]],
      [`${type}.max`, ["min/max", `${type}.min`]],
      [`${type}.pmin`, ["min/max", `${type}.pmax`]],
      [`${type}.pmax`, ["min/max", `${type}.pmin`]],
    ]),
  ),
  "i32.lt_s": ["comparison", "i32.le_s"],
  "i32.le_s": ["comparison", "i32.lt_s"],
  "i32.gt_s": ["comparison", "i32.ge_s"],
  "i32.ge_s": ["comparison", "i32.gt_s"],
  "i32.add": ["address", "i32.sub"],
  "i32.mul": ["address", "i32.add"],
};

/** Every edit of every instruction, with the first other local of the type as `local` and one element as `offset`. */
export function wasmEdits(bytes: Uint8Array, dtype: "f32" | "f64"): WasmEdit[] {
  const module = decodeModule(bytes);
  return module.functions.flatMap((body, fn) => {
    const types = localTypes(module, body);
    return body.instructions.flatMap((instruction, place) => {
      const next = body.instructions[place + 1];
      return editsOf(instruction, next, types, dtype, place).map(({ kind, by }) => ({
        kind,
        fn,
        place,
        by,
        what: `function ${fn} at ${place}: ${show([instruction])} becomes ${show(by)}`,
      }));
    });
  });
}

function show(instructions: readonly WasmInstruction[]): string {
  return instructions.map(({ operation, immediates }) => [operation.name, ...immediates].join(" ")).join(", ");
}

function localTypes(module: WasmModule, { type, locals }: FunctionBody): WasmType[] {
  const { params } = module.types[type]!;
  return [...params, ...locals.flatMap((run) => Array<WasmType>(run.count).fill(run.type))];
}

interface Edit {
  readonly kind: EditKind;
  readonly by: readonly WasmInstruction[];
}

function editsOf(
  instruction: WasmInstruction,
  next: WasmInstruction | undefined,
  types: readonly WasmType[],
  dtype: "f32" | "f64",
  place: number,
): Edit[] {
  const { operation, immediates } = instruction;
  const { name, immediate, effect } = operation;
  const swap = swaps[name];
  if (swap !== undefined) return [{ kind: swap[0], by: [named(swap[1])] }];
  const change = (kind: EditKind, ...changed: (number | bigint)[]): Edit[] => [
    { kind, by: [{ operation, immediates: changed }] },
  ];
  const element = dtype === "f32" ? 4 : 8;
  const [first = 0, second = 0, third = 0] = immediates;
  if (immediate === "memory" || immediate === "memory lane") {
    const offset = Number(second);
    const size = name.startsWith("i32") ? 4 : element;
    const moved = change("offset", first, offset >= size ? offset - size : offset + size, ...immediates.slice(2));
    const drops = (effect?.operands ?? []).map(() => named("drop"));
    if (effect?.results.length === 0) return [...moved, { kind: "store", by: drops }];
    if (immediate === "memory") return moved;
    return [...moved, ...change("lane", first, second, (Number(third) + 1) % operation.lanes)];
  }
  switch (immediate) {
    case "lane":
      return change("lane", (Number(first) + 1) % operation.lanes);
    case "lanes":
      return change("lane", ...immediates.map((lane, i) => (i === 0 ? (Number(lane) + 1) % 32 : lane)));
    case "f32":
    case "f64":
      return change("constant", ...changedBits(first, immediate));
    case "bytes": {
      const bytes = Uint8Array.from(immediates, Number);
      const floats = dtype === "f32" ? new Float32Array(bytes.buffer) : new Float64Array(bytes.buffer);
      return change("constant", ...new Uint8Array(floats.map(changed).buffer));
    }
    case "i32":
      if (next !== undefined && /^i32\.(?:eq|ne|[lg][te]_[su])$/u.test(next.operation.name)) {
        return change("bound", Number(first) + (place % 2 === 0 ? 1 : -1));
      }
      return [];
    case "local": {
      if (name !== "local.get") return [];
      const own = Number(first);
      const others = types.flatMap((type, i) => (i !== own && type === types[own] ? [i] : []));
      const other = others[place % Math.max(1, others.length)];
      return other === undefined ? [] : change("local", other);
    }
    default:
      return [];
  }
}

/** Five per cent more; of nothing, some. */
const changed = (value: number): number => (value === 0 ? 0.05 : value * 1.05);

function changedBits(bits: number | bigint, type: "f32" | "f64"): (number | bigint)[] {
  const view = new DataView(new ArrayBuffer(8));
  if (type === "f32") {
    view.setUint32(0, Number(bits));
    view.setFloat32(0, changed(view.getFloat32(0)));
    return [view.getUint32(0)];
  }
  view.setBigUint64(0, BigInt(bits));
  view.setFloat64(0, changed(view.getFloat64(0)));
  return [view.getBigUint64(0)];
}

/**
 * The kernels with an edit. They trap after a thousand million rounds of loops: an edit may make a loop endless.
 */
export function editWasm(bytes: Uint8Array, { fn, place, by }: WasmEdit): Uint8Array {
  const module = decodeModule(bytes);
  const functions = module.functions.map((body, i) =>
    i === fn
      ? { ...body, instructions: [...body.instructions.slice(0, place), ...by, ...body.instructions.slice(place + 1)] }
      : body,
  );
  return encodeModule(withFuel({ ...module, functions }));
}

function withFuel(module: WasmModule): WasmModule {
  const fuel = module.globals.length;
  const rounds = { type: "i32", mutable: true, init: [named("i32.const", [1e9]), named("end")] } as const;
  const spend = [
    named("global.get", [fuel]),
    named("i32.const", [1]),
    named("i32.sub"),
    named("global.set", [fuel]),
    named("global.get", [fuel]),
    named("i32.eqz"),
    named("if", [emptyBlockType]),
    named("unreachable"),
    named("end"),
  ];
  const functions = module.functions.map((body) => ({
    ...body,
    instructions: body.instructions.flatMap((own) => (own.operation.name === "loop" ? [own, ...spend] : [own])),
  }));
  return { ...module, globals: [...module.globals, rounds], functions };
}
