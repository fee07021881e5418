/** Puts trained parameters into the text of a module: one file that computes and knows its weights. */
import { checkTensors, refuse } from "../base/arguments.js";
import { ModuleError, ParamsError, type ParamsErrorCode } from "../base/errors.js";
import { listOf, showName, showShape } from "../base/show.js";
import { describe } from "../base/options.js";
import { isCommonJs, toCommonJs, toEsModule, withoutExports } from "./common-js.js";
import { elementCount, type FloatArray, type TensorRecord } from "./compiled-module.js";
import type { Manifest } from "./manifest.js";
import { readManifest } from "./read-manifest.js";
import { storedTensors } from "./axes.js";

/**
 * A compiled module with parameters in it: `instantiate` and `instantiateAsync` give instances that have them. Types, `.wasm`
 * files and everything else stay what they are. The parameters stand in the text as base64, a third longer than the numbers.
 *
 * Like every compiled module it imports nothing and needs nothing but the language. The same parameters give the same
 * text. Nobody has an array of them, so calls need not look for changes.
 *
 * @param text A module as the compiler printed it.
 * @param params `instance.params`, or what `readParams` gives: all parameters of the module, in its dtype, and no others.
 * @throws TypeError where the arguments are no text and no float arrays by name; ModuleError `not-a-cell` where the text has no
 * `instantiate`, or has parameters already, `unknown-version` or `corrupt-manifest`; ParamsError `missing-tensor`,
 * `unexpected-tensor`, `shape-mismatch` or `dtype-mismatch` where the parameters are another module's.
 * @example
 *     writeFiles([{ path: "forecast.js", contents: embedParams(text, instance.params) }]); // of recell/node
 */
export function embedParams(text: string, params: TensorRecord): string {
  if (typeof text !== "string") refuse("embedParams", "the first argument", "the text of a module", text);
  checkTensors("embedParams", "the second argument", "parameters by name (instance.params)", params);
  if (text.includes(mark)) throw new ModuleError("not-a-cell", "the module has parameters already");
  const plain = toEsModule(text);
  let bare = withoutExports(plain, ["instantiate", "instantiateAsync"]).trimEnd();
  for (const [declared, renamed] of renamedFunctions) {
    if (bare.split(declared).length !== 2) throw new ModuleError("not-a-cell", "the text is no compiled cell");
    bare = bare.replace(declared, renamed);
  }
  const given = Object.entries(params);
  checkParams(readManifest(plain), new Map(given));
  const entries = given.map(([name, values]) => `  ${quote(name)}: "${base64(values)}",\n`);
  const embedded = `${bare}

${embeddedPart.replace("/* entries */", () => entries.join(""))}`;
  return isCommonJs(text) ? toCommonJs(embedded) : embedded;
}

/** @throws ParamsError unless they are all parameters of the module, of its lengths and dtype, and no others. */
function checkParams(manifest: Manifest, given: ReadonlyMap<string, FloatArray>): void {
  const { cell, dtype } = manifest;
  const params = storedTensors(manifest);
  const fail = (code: ParamsErrorCode, name: string, problem: string): never => {
    const all = listOf([...given].map(([other, { length }]) => ({ name: other, shape: [length] })));
    const sides = `${cell} has ${listOf(params)}; the numbers given are ${all}`;
    throw new ParamsError(code, `embedParams: parameter ${showName(name)} of ${cell} ${problem}; ${sides}`, name);
  };
  for (const { name, shape } of params) {
    const values = given.get(name) ?? fail("missing-tensor", name, "is missing");
    const count = elementCount(shape);
    const got = `got ${describe(values)}`;
    if (values.length !== count) {
      fail("shape-mismatch", name, `must have shape ${showShape(shape)}, that is length ${count}, ${got}`);
    }
    if (values.BYTES_PER_ELEMENT !== (dtype === "f32" ? 4 : 8)) {
      fail("dtype-mismatch", name, `must be a ${dtype === "f32" ? "Float32Array" : "Float64Array"}, ${got}`);
    }
  }
  const known = new Set(params.map(({ name }) => name));
  for (const name of given.keys()) if (!known.has(name)) fail("unexpected-tensor", name, "does not exist");
}

/** What the module exports becomes what the new exports call. */
const renamedFunctions = [
  ["\nfunction instantiate(", "\nfunction instantiateBare("],
  ["\nasync function instantiateAsync(", "\nasync function instantiateBareAsync("],
] as const;

const mark = "\nconst embeddedParams = {\n";

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
const embeddedPart = `// Parameters by name: base64 of little-endian numbers in the module's dtype, row-major.${mark}/* entries */};

// Copies them into an instance.
function withParams(instance) {
  const places = new Uint8Array(128);
  [..."${alphabet}"].forEach((character, place) => (places[character.charCodeAt(0)] = place));
  const width = manifest.dtype === "f32" ? 4 : 8;
  const values = Object.create(null);
  for (const name in embeddedParams) values[name] = undefined;
  for (const { name, shape } of [...manifest.params, ...(manifest.fixed ?? [])]) {
    const text = Object.hasOwn(embeddedParams, name) ? embeddedParams[name] : undefined;
    if (text === undefined) throw new TypeError("instantiate: parameter " + name + " is not in the module");
    const count = shape.reduce((product, size) => product * size, 1);
    if (text.length !== Math.ceil((count * width) / 3) * 4) {
      throw new RangeError("instantiate: parameter " + name + " must have " + count + " numbers of " + width + " bytes");
    }
    const bytes = new DataView(new ArrayBuffer(count * width));
    let bits = 0;
    let held = 0;
    let at = 0;
    for (let i = 0; at < bytes.byteLength; i++) {
      bits = ((bits << 6) | places[text.charCodeAt(i)]) & 0xffff;
      held += 6;
      if (held >= 8) bytes.setUint8(at++, (bits >> (held -= 8)) & 255);
    }
    values[name] = width === 4 ? new Float32Array(count) : new Float64Array(count);
    for (let i = 0; i < count; i++) {
      values[name][i] = width === 4 ? bytes.getFloat32(i * 4, true) : bytes.getFloat64(i * 8, true);
    }
  }
  instance.setParams(values);
  return instance;
}

/** One set of parameters, those in this file, states and memory for calls of up to \`batch\` examples and \`steps\` steps. */
export function instantiate(options = {}) {
  return withParams(instantiateBare(options));
}

/** The same, as a promise. */
export async function instantiateAsync(options = {}) {
  return withParams(await instantiateBareAsync(options));
}
`;
