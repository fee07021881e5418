/** Writes protocol buffers, as far as ONNX models need them: https://protobuf.dev/programming-guides/encoding. */

/** A message: fields in order of their numbers; a list stands for a repeated field. */
export type Field = readonly [number: number, value: FieldValue | readonly FieldValue[]];
export type FieldValue = number | string | Uint8Array | { readonly float: number };

const text = new TextEncoder();

/** The bytes of a message. Whole numbers are varints; strings, bytes and messages (as bytes) carry their length. */
export function message(...fields: readonly Field[]): Uint8Array {
  const bytes: number[][] = [];
  const blocks: Uint8Array[] = [];
  const flush = (): void => {
    if (bytes.length > 0) blocks.push(Uint8Array.from(bytes.flat()));
    bytes.length = 0;
  };
  for (const [number, values] of fields) {
    for (const value of Array.isArray(values) ? (values as readonly FieldValue[]) : [values as FieldValue]) {
      if (typeof value === "number") bytes.push(varint(number * 8), varint(value));
      else if (typeof value === "string" || value instanceof Uint8Array) {
        const content = typeof value === "string" ? text.encode(value) : value;
        bytes.push(varint(number * 8 + 2), varint(content.length));
        flush();
        blocks.push(content);
      } else bytes.push(varint(number * 8 + 5), [...new Uint8Array(Float32Array.of(value.float).buffer)]);
    }
  }
  flush();
  return concatenate(blocks);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

function concatenate(blocks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(blocks.reduce((length, block) => length + block.length, 0));
  let at = 0;
  for (const block of blocks) {
    all.set(block, at);
    at += block.length;
  }
  return all;
}
