/** The code of one function: what sets locals at its beginning, then its body. */
import { InstructionWriter } from "./instruction-writer.js";
import type { WasmType } from "./instruction-types.js";
import type { WasmInstruction } from "./instructions.js";
import { type Local, LocalPool } from "./local-pool.js";
import type { LocalRun } from "./module-structure.js";

export type { WasmType } from "./instruction-types.js";
export type { Label } from "./instruction-writer.js";
export type { Local } from "./local-pool.js";
export type { FunctionRef, GlobalRef } from "./module-structure.js";

export class FunctionCode extends InstructionWriter {
  readonly name: string;
  readonly params: readonly WasmType[];
  readonly results: readonly WasmType[];
  readonly #locals: LocalPool;
  readonly #beginning: WasmInstruction[] = [];
  readonly #body: readonly WasmInstruction[];

  constructor(name: string, params: readonly WasmType[], results: readonly WasmType[]) {
    const locals = new LocalPool(params);
    const body: WasmInstruction[] = [];
    super({ name, locals }, false, results, body);
    this.name = name;
    this.params = params;
    this.results = results;
    this.#locals = locals;
    this.#body = body;
  }

  /** Parameter `i`. */
  param(i: number): Local {
    return this.#locals.param(i) ?? this.fail(`there is no parameter ${i}`);
  }

  /** A local to use until it is released: the first of those released before, or a new one. What it holds is unknown. */
  local(type: WasmType): Local {
    return this.#locals.take(type);
  }

  /** Gives locals back for others to use. */
  release(...locals: readonly Local[]): void {
    for (const local of locals) {
      const use = this.#locals.useOf(local);
      if (use === "parameter") this.fail(`parameter ${local.index} cannot be released`);
      if (use !== "used") this.fail(`local ${local.index} cannot be released, it is ${use}`);
      this.#locals.release(local);
    }
  }

  /**
   * A local that holds what `write` leaves on the stack from the beginning of the function on, wherever it is asked for.
   * `write` may read parameters, as they come, and other such locals.
   */
  preset(type: WasmType, write: (beginning: InstructionWriter) => void): Local {
    this.ensureOpen();
    const beginning = new BeginningCode({ name: this.name, locals: this.#locals }, true, [], this.#beginning);
    const local = this.#locals.add(type, "preset");
    write(beginning);
    beginning.keep(local);
    return local;
  }

  /** The locals after the parameters and all instructions. Nothing can be written afterwards. */
  finish(): { readonly locals: readonly LocalRun[]; readonly instructions: readonly WasmInstruction[] } {
    this.end();
    return { locals: this.#locals.runs(), instructions: [...this.#beginning, ...this.#body] };
  }
}

class BeginningCode extends InstructionWriter {
  /** Takes the value that was written into a local of its own. */
  keep(local: Local): void {
    this.endInto(local);
  }
}
