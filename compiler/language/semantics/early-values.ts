/**
 * Values of a step that do not depend on what the cell is given in it: of a delay line all that it gives. Whoever uses the cell can
 * read them before it says its inputs, so that these may depend on them.
 */
import type { CallNode } from "../syntax/ast.js";
import { isStateless } from "./calls-in-place.js";
import { tensorsIn } from "./cell-tensors.js";
import { callKey, earlyKey, nextKey } from "./node-keys.js";
import type { TypedInstance } from "./typed-program.js";

interface ReadsOfNode {
  readonly needs: readonly string[];
  readonly readsInputs: boolean;
}

/** Of nodes that stand after what they need. */
export function earlyNodes(nodes: ReadonlyMap<string, ReadsOfNode>, order: readonly string[]): ReadonlySet<string> {
  const early = new Set<string>();
  for (const key of order) {
    const node = nodes.get(key);
    const isEarly = node?.readsInputs === false && node.needs.every((need) => early.has(need) || !nodes.has(need));
    if (isEarly) early.add(key);
  }
  return early;
}

/** Of the used cells of a cell: which of their values are read early. */
export class EarlyReads {
  /** Used cells of which something is read early. */
  readonly used = new Set<string>();
  private readonly instances: ReadonlyMap<string, TypedInstance>;
  private readonly begun = new Set<string>();

  constructor(instances: ReadonlyMap<string, TypedInstance>) {
    this.instances = instances;
  }

  /** Notes a call that says where a step starts from: nothing is known before it. */
  note({ callee, arguments: given }: CallNode): void {
    const instance = this.instances.get(callee.text);
    const tensors = instance === undefined ? [] : tensorsIn(instance.cell);
    const isState = (name: string): boolean => {
      return !tensors.some((own) => own.name === name && (own.role === "input" || own.role === "context"));
    };
    if (given.some(({ name }) => name !== undefined && isState(name.text))) this.begun.add(callee.text);
  }

  /** The node that has a value of a used cell, or all its outputs where none is named. */
  keyOf(name: string, value?: { readonly name: string; readonly next: boolean }): string {
    const instance = this.instances.get(name);
    const isWhole = instance === undefined || instance.count !== undefined || this.begun.has(name);
    if (isWhole || isStateless(instance.cell)) return callKey(name);
    const { early, outputs } = instance.cell;
    const read = value === undefined ? outputs.map((output) => output.name) : [value.next ? nextKey(value.name) : value.name]; // prettier-ignore
    if (!read.every((key) => early.has(key))) return callKey(name);
    this.used.add(name);
    return earlyKey(name);
  }
}
