import type { FunctionCode, Local } from "./function-code.js";
import type { NumberShape } from "./shapes.js";
import { floatTypeOf, isVector, valueTypeOf } from "./shapes.js";

/**
 * Constants of one function, each in a local that is set once at its beginning: V8 makes a constant written in a loop anew
 * each time, and the loop takes two to three times as long.
 */
export class ConstantPool {
  readonly #code: FunctionCode;
  readonly #locals = new Map<string, Local>();

  constructor(code: FunctionCode) {
    this.#code = code;
  }

  /** A local that holds the number, in every lane of a vector. It cannot be set or released. */
  get(shape: NumberShape, value: number): Local {
    const type = floatTypeOf[shape];
    const rounded = type === "f32" ? Math.fround(value) : value;
    const key = `${shape} ${Object.is(rounded, -0) ? "-0" : rounded}`;
    const known = this.#locals.get(key);
    if (known !== undefined) return known;
    const local = this.#code.preset(valueTypeOf(shape), (beginning) => {
      beginning[type](rounded);
      if (isVector(shape)) beginning.op(`${shape}.splat`);
    });
    this.#locals.set(key, local);
    return local;
  }
}
