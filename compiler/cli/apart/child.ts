/**
 * What runs in the child: the module, in a realm of its own in which there is nothing but the language, and a loop that does what it
 * is asked to. Nothing here is trusted by the parent: a module that got hold of all of it could only lie about its own results.
 *
 * It is put into one text with `codec.ts` by `embed.ts`.
 */
import type * as FileSystem from "node:fs";
import type * as VirtualMachine from "node:vm";
import { decode, encode, headBytes, kindNames, type Makers, resultKey } from "./codec.js";

interface ChildHost {
  readonly fs: typeof FileSystem;
  readonly vm: typeof VirtualMachine;
}

/** What the parent asks for. */
export type Request =
  | { readonly what: "begin" }
  | { readonly what: "load"; readonly script: string; readonly globals: readonly string[] }
  | { readonly what: "new"; readonly id: number; readonly options: unknown }
  | {
      readonly what: "call";
      readonly id: number;
      readonly method: string;
      /** The entry with a name that has the method; else it is that of the instance. */
      readonly entry?: string;
      readonly args: readonly unknown[];
      readonly params: Readonly<Record<string, ArrayBufferView>>;
    }
  | { readonly what: "look"; readonly id: number }
  | { readonly what: "free"; readonly ids: readonly number[] };

interface Instance {
  readonly own: Record<string, unknown>;
  /** What each function gave last: views of the module's memory. */
  readonly results: Record<string, unknown>;
}

type Called = (...args: readonly unknown[]) => unknown;

/** Answers requests from standard input until it ends. */
export function serve({ fs, vm }: ChildHost): void {
  const context = vm.createContext(Object.create(null) as object, { codeGeneration: { strings: false, wasm: true } });
  const own = (text: string): unknown => vm.runInContext(text, context);
  const kinds = own(`({ ${kindNames.join(", ")} })`) as Makers["kinds"];
  const List = own("Array") as ArrayConstructor;
  const list = (items: readonly unknown[]): unknown => {
    const made = new List(items.length);
    items.forEach((value, i) =>
      Reflect.defineProperty(made, i, { value, writable: true, enumerable: true, configurable: true }),
    );
    return made;
  };
  const classes = ["TypeError", "RangeError", "Error"].map((name) => [name, own(name) as ErrorConstructor] as const);
  const actions = actionsOf((request) => {
    const values = request.globals.map(own);
    return Reflect.apply(own(request.script) as Called, undefined, values) as readonly (readonly [string, unknown])[];
  });
  for (;;) {
    const head = read(fs, headBytes);
    if (head === undefined) return;
    const { length, number } = { length: u32(head, 0), number: u32(head, 4) };
    const rest = read(fs, length - headBytes);
    if (rest === undefined) return;
    const frame = new Uint8Array(length);
    frame.set(head);
    frame.set(rest, headBytes);
    let answer: Uint8Array;
    try {
      // The parent may ask for as much as it likes: a module's text may be long.
      const request = decode(frame, number, { list, kinds }, Infinity) as Request;
      answer = encode(number, ["gave", (actions[request.what] as (given: Request) => unknown)(request)]);
    } catch (error) {
      answer = encode(number, ["threw", ...describe(error, classes)]);
    }
    for (let at = 0; at < answer.length;) at += fs.writeSync(1, answer, at);
  }
}

const u32 = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer).getUint32(at, true);

function read(fs: typeof FileSystem, length: number): Uint8Array | undefined {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = fs.readSync(0, bytes, at, length - at, null);
    if (count === 0) return undefined;
    at += count;
  }
  return bytes;
}

type Actions = Readonly<Record<Request["what"], (request: never) => unknown>>;

function actionsOf(load: (request: Request & { what: "load" }) => readonly (readonly [string, unknown])[]): Actions {
  const exported = Object.create(null) as Record<string, unknown>;
  const instances = new Map<number, Instance>();
  const of = (id: number): Instance => instances.get(id) as Instance;
  return {
    // The process has started: what is asked next is the module's time.
    begin: () => true,
    load: (request: Request & { what: "load" }) => {
      for (const [name, value] of load(request)) exported[name] = value;
      const { manifest, variant } = exported;
      const functions = Object.keys(exported).filter((name) => typeof exported[name] === "function");
      return { manifest, variant, functions };
    },
    new: ({ id, options }: Request & { what: "new" }) => {
      const made = (exported["instantiate"] as Called)(options) as Record<string, unknown>;
      instances.set(id, { own: made, results: Object.create(null) as Record<string, unknown> });
      const functions = ["backward", "jvp", "hvp", "select"].filter((name) => typeof made[name] === "function");
      return { variant: made["variant"], functions, params: storedOf(made) };
    },
    call: ({ id, method, entry, args, params }: Request & { what: "call" }) => {
      const { own, results } = of(id);
      const stored = storedOf(own);
      for (const name of Object.keys(params)) set(stored[name], params[name] as ArrayBufferView);
      const from = entry === undefined ? own : (own["entries"] as Record<string, Record<string, unknown>>)[entry];
      const result = Reflect.apply((from as Record<string, unknown>)[method] as Called, from, args);
      results[resultKey(method, entry)] = result;
      return result;
    },
    look: ({ id }: Request & { what: "look" }) => ({ params: storedOf(of(id).own), results: of(id).results }),
    free: ({ ids }: Request & { what: "free" }) => {
      for (const id of ids) instances.delete(id);
    },
  };
}

const setNumbers = (Object.getPrototypeOf(Uint8Array.prototype) as { set: Called }).set;
/** Parameters and fixed values: arrays by name. */
const storedOf = (instance: Record<string, unknown>): Record<string, unknown> =>
  Object.assign(Object.create(null) as Record<string, unknown>, instance["params"], instance["fixed"]);
const set = (target: unknown, from: ArrayBufferView): unknown => Reflect.apply(setNumbers, target, [from]);

/** The class, and the words. */
function describe(error: unknown, classes: readonly (readonly [string, ErrorConstructor])[]): [string, string] {
  try {
    const found = classes.find(([, kind]) => error instanceof kind)?.[0];
    const isOwn = error instanceof Error;
    const name = found ?? (isOwn ? "Error" : "");
    const message = found !== undefined || isOwn ? (error as Error).message : error;
    const shown = typeof message === "string" ? message : "something that is no text";
    return [name, shown.slice(0, 2000)];
  } catch {
    return ["", "something that cannot be read"];
  }
}
