/** The types on the operand stack and the blocks that are open, as validation of the specification's appendix has them. */
import type { WasmType } from "./instruction-types.js";

export interface BlockFrame {
  readonly kind: "function" | "block" | "loop" | "if";
  /** Among the open frames, 0 for the function. */
  readonly depth: number;
  readonly results: readonly WasmType[];
  /** Values that were on the stack before it. */
  readonly height: number;
}

export class OperandStack {
  readonly #types: WasmType[] = [];
  readonly #frames: (BlockFrame & { reachable: boolean })[] = [];
  readonly #fail: (message: string) => never;

  constructor(results: readonly WasmType[], fail: (message: string) => never) {
    this.#fail = fail;
    this.enter("function", results);
  }

  push(type: WasmType): void {
    this.#types.push(type);
  }

  /** Takes a value off; undefined is a value of any type, in code that is never reached. */
  pop(expected?: WasmType): WasmType | undefined {
    const frame = this.#frames[this.#frames.length - 1]!;
    if (this.#types.length === frame.height) {
      if (!frame.reachable) return expected;
      return this.#fail(`needs ${expected ?? "a value"}, the stack is empty`);
    }
    const found = this.#types.pop()!;
    if (expected !== undefined && found !== expected) this.#fail(`needs ${expected}, finds ${found}`);
    return found;
  }

  /** Takes off values of these types, the last of which is on top. */
  popAll(expected: readonly WasmType[]): void {
    for (let i = expected.length - 1; i >= 0; i--) this.pop(expected[i]);
  }

  enter(kind: BlockFrame["kind"], results: readonly WasmType[]): BlockFrame {
    const frame = { kind, depth: this.#frames.length, results, height: this.#types.length, reachable: true };
    this.#frames.push(frame);
    return frame;
  }

  /** Ends the innermost frame, which must leave exactly its results. */
  leave(): void {
    const frame = this.#frames[this.#frames.length - 1]!;
    this.popAll(frame.results);
    const left = this.#types.slice(frame.height);
    if (left.length > 0) this.#fail(`leaves ${left.join(", ")} on the stack`);
    this.#frames.pop();
    this.#types.push(...frame.results);
  }

  /** What follows in the innermost frame is never reached. */
  unreachable(): void {
    const frame = this.#frames[this.#frames.length - 1]!;
    this.#types.length = frame.height;
    frame.reachable = false;
  }

  /** How many loops are open. */
  get loops(): number {
    return this.#frames.filter(({ kind }) => kind === "loop").length;
  }

  isOpen(frame: BlockFrame): boolean {
    return this.#frames[frame.depth] === frame;
  }

  /** How many frames are open, the function's included. */
  get depth(): number {
    return this.#frames.length;
  }
}
