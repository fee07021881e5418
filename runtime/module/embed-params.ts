/** Puts trained parameters into the text of a module: one file that computes and knows its weights. */
import { ModuleError } from "../errors.js";
import { isCommonJs, toCommonJs, toEsModule } from "./common-js.js";
import type { FloatArray, TensorRecord } from "./compiled-module.js";

/**
 * A compiled module with parameters in it. The new text is the old one with two exports more:
 *
 * - `trained`: the parameters as base64 of little-endian numbers, by name;
 * - `instantiateTrained(options)`: `instantiate(options)` with the parameters set.
 *
 * Like every compiled module it imports nothing and needs nothing but the language. The same parameters give the same
 * text.
 *
 * @param text A module as the compiler printed it.
 * @param params `instance.params`.
 * @throws ModuleError `not-a-cell` where the text has no `instantiate`, or has parameters already; TypeError where a
 * parameter is no float array. Whether the parameters are the module's, `instantiateTrained` checks.
 * @example
 *     await writeFile("forecast.js", embedParams(text, instance.params));
 *     // elsewhere: import { instantiateTrained } from "./forecast.js"
 */
export function embedParams(text: string, params: TensorRecord): string {
  if (!/\binstantiate\b/.test(text)) throw new ModuleError("not-a-cell", "the text is no compiled cell");
  if (/\binstantiateTrained\b/.test(text)) throw new ModuleError("not-a-cell", "the module has parameters already");
  for (const [name, values] of Object.entries(params)) {
    if (!(values instanceof Float32Array || values instanceof Float64Array)) {
      throw new TypeError(`parameter ${name} must be a Float32Array or Float64Array`);
    }
  }
  const entries = Object.entries(params).map(([name, values]) => `  ${quote(name)}: "${base64(values)}",\n`);
  const embedded = `${toEsModule(text).trimEnd()}\n\n${trainedPart.replace("/* entries */", () => entries.join(""))}`;
  return isCommonJs(text) ? toCommonJs(embedded) : embedded;
}

/** A property name as a literal; computed, so that `__proto__` is a name like any other. */
const quote = (name: string): string => `[${JSON.stringify(name)}]`;

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function base64(values: FloatArray): string {
  const width = values.BYTES_PER_ELEMENT;
  const view = new DataView(new ArrayBuffer(values.length * width));
  for (let i = 0; i < values.length; i++) {
    if (width === 4) view.setFloat32(i * 4, values[i]!, true);
    else view.setFloat64(i * 8, values[i]!, true);
  }
  const bytes = new Uint8Array(view.buffer);
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const characters = Math.min(bytes.length - i, 3) + 1;
    for (let k = 0; k < 4; k++) text += k < characters ? alphabet[(bits >> (18 - 6 * k)) & 63]! : "=";
  }
  return text;
}

/** Decodes by hand: not every place that runs modules has `atob` or `Buffer`. */
const trainedPart = `/** Trained parameters by name: base64 of little-endian numbers in the module's dtype, row-major. */
export const trained = {
/* entries */};

/** An instance with the trained parameters in place; options as for \`instantiate\`. */
export function instantiateTrained(options) {
  const alphabet = "${alphabet}";
  const instance = instantiate(options);
  const unknown = Object.keys(trained).find((name) => !Object.hasOwn(instance.params, name));
  if (unknown !== undefined) throw new TypeError("instantiateTrained: the module has no parameter " + unknown);
  for (const name of Object.keys(instance.params)) {
    const param = instance.params[name];
    const width = param.BYTES_PER_ELEMENT;
    const text = Object.hasOwn(trained, name) ? trained[name] : undefined;
    if (text === undefined) throw new TypeError("instantiateTrained: parameter " + name + " is missing");
    if (text.length !== Math.ceil(param.byteLength / 3) * 4) {
      const wanted = param.length + " numbers of " + width + " bytes";
      throw new RangeError("instantiateTrained: parameter " + name + " must have " + wanted);
    }
    const bytes = new DataView(new ArrayBuffer(param.length * width));
    let bits = 0;
    let held = 0;
    let at = 0;
    for (let i = 0; i < text.length && text[i] !== "="; i++) {
      bits = ((bits << 6) | alphabet.indexOf(text[i])) & 0xffff;
      held += 6;
      if (held >= 8) bytes.setUint8(at++, (bits >> (held -= 8)) & 255);
    }
    for (let i = 0; i < param.length; i++) {
      param[i] = width === 4 ? bytes.getFloat32(i * 4, true) : bytes.getFloat64(i * 8, true);
    }
  }
  return instance;
}
`;
