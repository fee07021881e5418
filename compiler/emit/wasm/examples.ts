/** Which examples are how long, as WebAssembly code: padding behind the shorter ones, and lists of those that go on. */
import { affineConstant, AFFINE_ZERO } from "../../ir/kernel/affine.js";
import type { Statement } from "../../ir/kernel/types.js";
import { BATCH_SYMBOL } from "../../base/types/dim.js";
import type { Local } from "./code.js";
import type { Statements } from "./statements.js";

type ZeroPadding = Extract<Statement, { kind: "zero_padding" }>;
type SelectExamples = Extract<Statement, { kind: "select_examples" }>;

/** Sets a buffer to zero where an example is shorter than the call, so that what lies behind it is. */
export function emitZeroPadding({ buffer, size }: ZeroPadding, statements: Statements): void {
  const { code, integers, expressions, parts } = statements;
  // Where every example is as long as the call there is no padding.
  code.get(integers.word(parts.layout.fullWord)).op("i32.eqz");
  code.if(() => {
    integers.scoped(() => {
      const place = integers.address({ buffer, offset: AFFINE_ZERO });
      code.i32(place.offset).op("i32.add");
      code.i32(0);
      integers.dim(size);
      code.i32(expressions.elementBytes).op("i32.mul").op("memory.fill");
    });
  });
}

/** Writes a list of the examples that have a step, and makes their number a local. */
export function emitSelection({ list, count, from, step, length }: SelectExamples, statements: Statements): void {
  const { code, integers, parts } = statements;
  const total = code.local("i32");
  const position = code.local("i32");
  const end = code.local("i32");
  const example = code.local("i32");
  code.i32(0).set(total).i32(0).set(position);
  if (from.kind === "all") code.get(integers.word(parts.layout.sizeWord(BATCH_SYMBOL)));
  else code.get(integers.variable(from.count));
  code.set(end);
  const at = (buffer: string, index: Local): number => {
    integers.bind(`${count} position`, index);
    const offset = {
      constant: AFFINE_ZERO.constant,
      terms: [{ variable: `${count} position`, coefficient: affineConstant(1).constant }],
    };
    let place = 0;
    integers.scoped(() => {
      place = integers.address({ buffer, offset }).offset;
    });
    return place;
  };
  code.block((exit) => {
    code.get(position).get(end).op("i32.ge_s").brIf(exit);
    code.loop((again) => {
      if (from.kind === "all") code.get(position).set(example);
      else code.memory("i32.load", at(from.list, position)).set(example);
      const place = at(list, total);
      code.get(example).memory("i32.store", place);
      code.get(total);
      code.get(integers.variable(step));
      integers.dim(length, example);
      code.op("i32.lt_s").op("i32.add").set(total);
      code.get(position).i32(1).op("i32.add").tee(position).get(end).op("i32.lt_s").brIf(again);
    });
  });
  integers.bind(count, total);
  code.release(position, end, example);
}
