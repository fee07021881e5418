/** `CompiledModule` of a module that runs in a child: nothing that comes from there is taken for what it should be. */
import { ofKey } from "../../base/at.js";
import type {
  CompiledModule,
  FloatArray,
  InstantiateOptions,
  ModuleInstance,
  PartInstance,
  TensorRecord,
} from "../../../runtime/module/compiled-module.js";
import { ModuleError } from "../../../runtime/base/errors.js";
import { checkManifest } from "../../../runtime/module/check-manifest.js";
import { elementCount } from "../../../runtime/module/compiled-module.js";
import type { Manifest, PartEntry } from "../../../runtime/module/manifest.js";
import type { ModuleText } from "../../tools/verify/text/read-text.js";
import type { Subject } from "../../tools/verify/subject.js";
import { type Connection, loadApart } from "./connect.js";
import { resultKey } from "./codec.js";
import { storedTensors } from "../../../runtime/module/axes.js";
import { recordOf } from "../../tools/calls/records.js";
import { roomFor } from "../../tools/calls/draw-call.js";
import { countNumbers } from "../../tools/calls/sizes.js";
import { tensorsOf } from "../../tools/calls/tensors.js";

/** What came from the child is not what a compiled cell gives. */
class UnfitAnswerError extends Error {
  override readonly name = "UnfitAnswerError";
}

type RemoteFields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is RemoteFields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);

const fieldsOf = (what: string, value: unknown): RemoteFields => {
  if (isFields(value)) return value;
  throw new UnfitAnswerError(`${what} must be an object`);
};

/** Loads a text that was read into the child. @throws ModuleError, ChildEnded. */
export function loadRemote(connection: Connection, text: ModuleText, megabytes: number): Subject {
  const { manifest: given, variant, functions } = loadApart(connection, text);
  const manifest = checkManifest(given);
  for (const name of ["instantiate", "instantiateAsync"]) {
    if (!Array.isArray(functions) || !functions.includes(name)) {
      throw new ModuleError("not-a-cell", `this is no compiled cell: it does not export \`${name}\``);
    }
  }
  if (variant !== undefined && variant !== "wasm" && variant !== "wasm-fma") {
    throw new ModuleError("not-a-cell", "this is no compiled cell: its export `variant` is neither wasm nor wasm-fma");
  }
  checkSize(manifest, megabytes);
  let made = 0;
  const instances = new WeakMap<ModuleInstance, Remote>();
  const module: CompiledModule = {
    manifest,
    ...(variant === undefined ? {} : { variant }),
    instantiate: (options = {}) => {
      const remote = new Remote(connection, manifest, made++, options);
      instances.set(remote.instance, remote);
      return remote.instance;
    },
    instantiateAsync: () => Promise.reject(new TypeError("instances of a module in a child are made by instantiate")),
  };
  return {
    module,
    refresh: (instance) => instances.get(instance)?.refresh(),
    release: (instance) => instances.get(instance)?.release(),
  };
}

/** Copies of a call's numbers that verifying keeps, about. */
const copies = 16;

/** Before memory is taken for what a manifest says: all numbers of its largest call. */
function checkSize(manifest: Manifest, megabytes: number): void {
  const most = { batch: 70, steps: 5, sizes: roomFor(manifest, () => 70) };
  // A final state is as large as its state, which is counted.
  const tensors = tensorsOf(manifest).filter(({ role }) => role !== "final");
  const numbers = tensors.reduce((sum, tensor) => sum + countNumbers(tensor, most), 0);
  if (!(numbers * 8 * copies <= megabytes * 2 ** 20)) {
    throw new ModuleError(
      "not-a-cell",
      `the manifest is of a cell so large that verifying takes more than ${megabytes} MB; --memory N allows more`,
    );
  }
}

const optionalMethods = ["backward", "jvp", "hvp", "select"];

type Results = Record<string, unknown>;

/** An instance in the child. */
class Remote {
  readonly instance: ModuleInstance;
  /** As this process has them, where anybody may write into them, and as the child has them. */
  private readonly params: Record<string, FloatArray> = Object.create(null) as Record<string, FloatArray>;
  private readonly known: Record<string, FloatArray> = Object.create(null) as Record<string, FloatArray>;
  /** What each function gave last. */
  private readonly results: Results = Object.create(null) as Results;

  private readonly connection: Connection;
  private readonly manifest: Manifest;
  private readonly id: number;

  constructor(connection: Connection, manifest: Manifest, id: number, options: InstantiateOptions) {
    [this.connection, this.manifest, this.id] = [connection, manifest, id];
    const { variant, functions, params } = fieldsOf("an instance", connection.ask({ what: "new", id, options }));
    if (variant !== "js" && variant !== "wasm" && variant !== "wasm-fma")
      throw new UnfitAnswerError("an instance has no variant");
    this.takeParams(params);
    const has = (name: string): boolean => Array.isArray(functions) && functions.includes(name);
    const method =
      (name: string, entry?: string) =>
      (...args: readonly unknown[]): never =>
        this.call(name, args, entry) as never;
    const optional = Object.fromEntries(optionalMethods.filter(has).map((name) => [name, method(name)]));
    const streamed = (entry?: string) => ({
      forward: method("forward", entry),
      step: method("step", entry),
      steps: method("steps", entry),
      reset: method("reset", entry),
      snapshot: method("snapshot", entry),
      restore: method("restore", entry),
    });
    const entryOf = ({ name, stream }: PartEntry): [string, PartInstance] => [
      name,
      { ...streamed(name), ...(stream !== undefined && { select: method("select", name) }) },
    ];
    this.instance = {
      variant,
      params: this.arraysOf(manifest.params),
      ...(manifest.fixed !== undefined && { fixed: this.arraysOf(manifest.fixed) }),
      ...streamed(),
      ...(manifest.entries !== undefined && { entries: recordOf(manifest.entries.map(entryOf)) }),
      freeze: method("freeze"),
      init: (seed, options) => this.callAndLook("init", options === undefined ? [seed] : [seed, options]),
      setParams: (values) => this.callAndLook("setParams", [values]),
      ...optional,
    };
  }

  private arraysOf(entries: readonly { readonly name: string }[]): TensorRecord {
    const made: Record<string, FloatArray> = Object.create(null) as Record<string, FloatArray>;
    for (const { name } of entries) made[name] = ofKey(this.params, name);
    return made;
  }

  private call(method: string, args: readonly unknown[], entry?: string): unknown {
    const params: Record<string, FloatArray> = Object.create(null) as Record<string, FloatArray>;
    for (const [name, values] of Object.entries(this.params)) {
      const known = ofKey(this.known, name);
      if (Buffer.compare(bytesOf(values), bytesOf(known)) === 0) continue;
      known.set(values as never);
      params[name] = values;
    }
    const result = this.connection.ask({
      what: "call",
      id: this.id,
      method,
      args,
      params,
      ...(entry !== undefined && { entry }),
    });
    if (isFields(result)) this.results[resultKey(method, entry)] = result;
    return result;
  }

  private callAndLook(method: string, args: readonly unknown[]): void {
    this.call(method, args);
    this.refresh();
  }

  /** What was handed out becomes what it is in the child by now. */
  refresh(): void {
    const { params, results } = fieldsOf("a look", this.connection.ask({ what: "look", id: this.id }));
    this.takeParams(params);
    const now = fieldsOf("the results", results);
    for (const [method, result] of Object.entries(this.results)) update(result as Results, now[method]);
  }

  release(): void {
    this.connection.ask({ what: "free", ids: [this.id] });
  }

  /** @throws UnfitAnswerError where they are not those of the manifest. */
  private takeParams(given: unknown): void {
    const found = fieldsOf("params", given);
    const kind = this.manifest.dtype === "f64" ? Float64Array : Float32Array;
    const names = storedTensors(this.manifest).map(({ name }) => name);
    const [got, wanted] = [Object.keys(found), names].map((list) => [...list].sort().join(", "));
    if (got !== wanted)
      throw new UnfitAnswerError(`params has ${got || "nothing"}, the manifest says ${wanted || "nothing"}`);
    for (const { name, shape } of storedTensors(this.manifest)) {
      const values = found[name];
      const length = elementCount(shape);
      if (!(values instanceof kind) || values.length !== length) {
        throw new UnfitAnswerError(`parameter ${name} must be a ${kind.name} of ${length} numbers`);
      }
      (this.params[name] ??= new kind(length)).set(values);
      (this.known[name] ??= new kind(length)).set(values);
    }
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: FloatArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Puts the numbers of one tree into the arrays of another. @throws UnfitAnswerError where they are not of one form. */
function update(kept: Results, given: unknown): void {
  const now = fieldsOf("a result", given);
  for (const [name, values] of Object.entries(kept)) {
    if (!ArrayBuffer.isView(values)) {
      if (isFields(values)) update(values as Results, now[name]);
      continue;
    }
    const other = now[name];
    const isSame =
      ArrayBuffer.isView(other) &&
      other.constructor === values.constructor &&
      (other as FloatArray).length === (values as FloatArray).length;
    if (!isSame) throw new UnfitAnswerError(`${name} is another array after a call that was refused`);
    (values as FloatArray).set(other as never);
  }
}
