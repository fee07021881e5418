/** What small modules of WebAssembly are made of, and what a host may refuse. */

/** LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}

export const sized = (bytes: readonly number[]): number[] => [...unsigned(bytes.length), ...bytes];

const wasmName = (name: string): number[] => sized([...name].map((letter) => letter.charCodeAt(0)));

interface WasmFunction {
  readonly name: string;
  /** What it has after its parameters: its locals and instructions. */
  readonly body: readonly number[];
}

/** A module that imports a memory, `host.memory`, and exports functions that each take so many i32 and give nothing. */
export function wasmModule(parameters: number, functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const section = (id: number, ...content: number[]): number[] => [id, ...sized(content)];
  const count = functions.length;
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, parameters, ...new Array<number>(parameters).fill(0x7f), 0),
    ...section(2, 1, ...wasmName("host"), ...wasmName("memory"), 2, 0, 0),
    ...section(3, count, ...functions.map(() => 0)),
    ...section(7, count, ...functions.flatMap(({ name }, i) => [...wasmName(name), 0, i])),
    ...section(10, count, ...functions.flatMap(({ body }) => sized(body))),
  ]);
}

/** What a host refuses is no error: plain loops give the same. */
export function attempt<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
