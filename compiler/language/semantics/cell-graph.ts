/** What the values of a cell need: the graph from which their order, cycles and what can be an initial value are told. */
import { at } from "../../base/at.js";
import type { CallNode, Expression, ReferenceNode } from "../syntax/ast.js";
import { type Delays, wordOf } from "./delays.js";
import { callsOfNetwork, findRepeatedCalls, isStateless, type RepeatedCalls } from "./calls-in-place.js";
import { tensorNamed } from "./cell-tensors.js";
import { shiftIn, type ShiftName } from "./shifted.js";
import { type Captures, namesOfFunction } from "./captures.js";
import { forEachPart, forEachRead, partsOf } from "./expression-parts.js";
import { valuesOfFunction } from "./function-parts.js";
import { drawWordOf } from "./draws.js";
import { EarlyReads } from "./early-values.js";
import { callKey, contextsKey, earlyKey, functionKey, givenKey, initialKey, nextKey } from "./node-keys.js";
import { type CellScope, wordsFor } from "./scope.js";
import type { TypedCell, TypedInstance } from "./typed-program.js";
import { isStored } from "./typed-program.js";

export interface GraphNode {
  readonly key: string;
  readonly kind: "equation" | "output" | "next" | "call" | "early" | "contexts" | "given" | "initial" | "function" | "delayed"; // prettier-ignore
  readonly name: string;
  readonly values: readonly Expression[];
  /** Of a function: where it reads values of the cell. */
  readonly reads: readonly ReferenceNode[];
  readonly needs: readonly string[];
  readonly readsInputs: boolean;
  /** Equations that it reads through `before` or `after` only: their elements at other places. */
  readonly shifted: ReadonlyMap<string, ShiftName>;
  /** What in it changes from step to step, in words: "the input `x`". */
  readonly steps: string | undefined;
}

export interface CellGraph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  /** The first call of each used cell. */
  readonly calls: ReadonlyMap<string, CallNode>;
  readonly repeatedCalls: readonly CallNode[];
  readonly refusedCalls: RepeatedCalls["refused"];
  readonly inPlace: ReadonlySet<string>;
  /** Calls inside initial values of used cells with a state, which have none yet. */
  readonly callsInInitials: readonly CallNode[];
}

export interface Initial {
  readonly state: string;
  readonly value: Expression;
}

/** How many arguments of a call are inputs: the rest are contexts. */
type SplitCall = (
  instance: string,
  call: CallNode,
) => { inputs: readonly Expression[]; contexts: readonly Expression[] };

export class CellGraphBuilder {
  private readonly nodes = new Map<string, GraphNode>();
  private readonly calls = new Map<string, CallNode>();
  private readonly repeatedCalls: CallNode[] = [];
  private readonly callsInInitials: CallNode[] = [];
  private readonly waiting: CallNode[] = [];
  private readonly scope: CellScope;
  private readonly instances: ReadonlyMap<string, TypedInstance>;
  private readonly splitCall: SplitCall;
  private readonly captures: Captures;
  private readonly delays: Delays;
  private readonly early: EarlyReads;
  /** Equations that are names for the outputs of a used cell. */
  private readonly named = new Map<string, string>();
  private repeated: RepeatedCalls = { inPlace: new Set(), refused: new Map() };

  constructor(
    scope: CellScope,
    captures: Captures,
    instances: ReadonlyMap<string, TypedInstance>,
    splitCall: SplitCall,
    delays: Delays,
  ) {
    this.scope = scope;
    this.captures = captures;
    this.instances = instances;
    this.splitCall = splitCall;
    this.delays = delays;
    this.early = new EarlyReads(instances);
  }

  /** @param given Expressions for params of used cells. */
  build(initials: readonly Initial[], given: ReadonlyMap<string, readonly Expression[]>): CellGraph {
    const values = [...this.scope.equations, ...this.scope.nexts.values(), ...initials].map(({ value }) => value);
    const isNetwork = this.scope.form === "network";
    this.repeated = isNetwork ? callsOfNetwork(values, this.instances) : findRepeatedCalls(values, this.instances);
    for (const value of values) forEachPart(value, (part) => void (part.kind === "call" && this.early.note(part)));
    for (const { name, value } of this.scope.equations) {
      const callee = value.kind === "call" ? value.callee.text : "";
      if (this.hasSeveralOutputs(callee)) this.named.set(name.text, callee);
    }
    for (const node of this.scope.equations) this.add(node.name.text, node.kind, node.name.text, [node.value]);
    for (const [state, node] of this.scope.nexts) this.add(nextKey(state), "next", state, [node.value]);
    for (const [name, expressions] of given) this.add(givenKey(name), "given", name, expressions);
    for (const { state, value } of initials) this.addInitial(state, value);
    for (const { state, value, first } of this.delays.all) {
      if (value !== undefined) this.add(nextKey(state), "delayed", state, [value]);
      if (first !== undefined) this.addInitial(state, first);
    }
    this.addWaitingCalls();
    if (!isNetwork) this.addArrays();
    for (const [name, reads] of this.captures) this.addFunction(name, reads);
    return {
      nodes: this.nodes,
      calls: this.calls,
      repeatedCalls: this.repeatedCalls,
      refusedCalls: this.repeated.refused,
      inPlace: this.repeated.inPlace,
      callsInInitials: this.callsInInitials,
    };
  }

  /** Calls are nodes of their own, so that `lower.h'` may stand beside the call. Their arguments may be calls. */
  private addWaitingCalls(): void {
    for (let call = this.waiting.pop(); call !== undefined; call = this.waiting.pop()) {
      const name = call.callee.text;
      const { inputs, contexts } = this.splitCall(name, call);
      this.add(contextsKey(name), "contexts", name, contexts, this.givenTo(name));
      this.add(callKey(name), "call", name, inputs, [contextsKey(name)]);
    }
    for (const name of this.early.used) {
      const call = this.nodes.get(callKey(name));
      if (call === undefined) continue;
      this.add(earlyKey(name), "early", name, [], [contextsKey(name)]);
      this.nodes.set(call.key, { ...call, needs: [...call.needs, earlyKey(name)] });
    }
  }

  /** The steps of all in an array are done where its calls are computed; they have no contexts. */
  private addArrays(): void {
    const nodes = [...this.nodes.values()];
    for (const { name, count } of this.instances.values()) {
      if (count === undefined || !this.hasState(name)) continue;
      const calls = nodes.filter(({ values }) => values.some((value) => callsInstance(value, name)));
      const add = (key: string, kind: "call" | "contexts", needs: readonly string[]): void => {
        // Of an array it is not asked which inputs which of them reads.
        const plain = { values: [], reads: [], shifted: new Map(), steps: undefined, readsInputs: true };
        this.nodes.set(key, { key, kind, name, needs, ...plain });
      };
      add(contextsKey(name), "contexts", this.givenTo(name));
      add(callKey(name), "call", calls.map(({ key }) => key)); // prettier-ignore
    }
  }

  /** Before anything of a used cell is computed, so that its params are there. */
  private givenTo(name: string): string[] {
    const instance = this.instances.get(name);
    return instance !== undefined && instance.given.size > 0 ? [givenKey(instance.sharedWith ?? name)] : [];
  }

  private addInitial(state: string, value: Expression): void {
    forEachPart(value, (part) => {
      if (part.kind === "call" && this.hasState(part.callee.text)) this.callsInInitials.push(part);
    });
    this.add(initialKey(state), "initial", state, [value]);
  }

  /** What it reads is the same at every step, or refused: it makes nothing change. */
  private addFunction(fn: string, reads: readonly ReferenceNode[]): void {
    const node = this.scope.functions.get(fn)?.node;
    const needs = new Set<string>();
    for (const { name, next } of reads) this.addReference(name, next, needs, () => undefined);
    const own = node && namesOfFunction(node);
    for (const value of node === undefined ? [] : valuesOfFunction(node)) {
      forEachPart(value, (part) => {
        if (part.kind === "call") this.addFunctionCall(part.callee.text, needs);
        // One that is handed on.
        if (part.kind === "reference" && own?.has(part.name) === false) this.addFunctionCall(part.name, needs);
      });
    }
    const key = functionKey(fn);
    const plain = { values: [], shifted: new Map(), steps: undefined, readsInputs: false };
    this.nodes.set(key, { key, kind: "function", name: fn, reads, needs: [...needs], ...plain });
  }

  private addFunctionCall(name: string, needs: Set<string>): void {
    if (this.captures.has(name)) needs.add(functionKey(name));
  }

  private isInstance(name: string): boolean {
    return this.scope.entries.get(name)?.kind === "instance";
  }

  /** One about which something was reported counts as if it had. */
  private hasState(name: string): boolean {
    const cell = this.instances.get(name)?.cell;
    return this.isInstance(name) && (cell === undefined || !isStateless(cell));
  }

  private add(
    key: string,
    kind: GraphNode["kind"],
    name: string,
    values: readonly Expression[],
    first: readonly string[] = [],
  ): void {
    const needs = new Set(first);
    const shifted = new Map<string, ShiftName>();
    let steps: string | undefined;
    let readsInputs = false;
    const changes = (words: string): void => {
      steps ??= words;
    };
    const waiting = [...values].reverse();
    for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
      forEachRead(value, (part) => {
        const read = this.readOfCall(part, part === value && kind === "equation");
        if (read !== undefined) {
          const name = read.call.callee.text;
          if (this.hasState(name)) changes(`the output of \`${name}\``);
          if (kind !== "initial" || !this.hasState(name)) this.addCall(read.call, needs, read.key);
          for (const key of this.givenTo(name)) needs.add(key);
          return this.repeated.inPlace.has(name);
        } else if (part.kind === "reference") {
          readsInputs ||= this.scope.entries.get(part.name)?.kind === "input";
          this.addReference(part.name, part.next, needs, changes);
        } else if (part.kind === "member") return this.addMember(part, needs, changes);
        else if (part.kind === "call" && shiftIn(part, this.scope) !== undefined) {
          waiting.push(...this.addShift(part, shifted));
          return false;
        } else if (part.kind === "call" && wordOf(part, this.scope) !== undefined) {
          waiting.push(...this.addDelay(part, needs, changes));
          return false;
        } else if (part.kind === "call") {
          const draw = drawWordOf(part, this.scope);
          // In an initial value it is one for the whole sequence.
          if (draw !== undefined && kind !== "initial") changes(`\`${draw}(…)\``);
          this.addFunctionCall(part.callee.text, needs);
        }
        return true;
      });
    }
    for (const need of needs) shifted.delete(need);
    this.nodes.set(key, { key, kind, name, values, reads: [], needs: [...needs], readsInputs, shifted, steps });
  }

  /** The call of a used cell, `l(x)`, or the output of one, `l(x).alpha`; and the node that has what is read. */
  private readOfCall(part: Expression, isName: boolean): { readonly call: CallNode; readonly key: string } | undefined {
    const call = part.kind === "member" && part.object.kind === "call" ? part.object : part;
    if (call.kind !== "call" || !this.isInstance(call.callee.text)) return undefined;
    const name = call.callee.text;
    if (part.kind === "member") {
      if (this.repeated.inPlace.has(name)) return undefined;
      return { call, key: this.early.keyOf(name, { name: part.member.text, next: part.next }) };
    }
    // A name for several outputs has no value of its own.
    const isEmpty = isName && this.hasSeveralOutputs(name);
    return { call, key: isEmpty ? contextsKey(name) : this.early.keyOf(name) };
  }

  private hasSeveralOutputs(name: string): boolean {
    return (this.instances.get(name)?.cell.outputs.length ?? 0) > 1;
  }

  /** @param key What is read of it: the names of a group share one call. */
  private addCall(call: CallNode, needs: Set<string>, key: string): void {
    const name = call.callee.text;
    if (this.repeated.inPlace.has(name) || this.repeated.refused.has(call)) return;
    const known = this.calls.get(name);
    if (known !== undefined && known !== call) {
      this.repeatedCalls.push(call);
      return;
    }
    if (known === undefined) this.waiting.push(call);
    this.calls.set(name, call);
    needs.add(key);
  }

  /** Gives what else is read. */
  private addShift(call: CallNode, shifted: Map<string, ShiftName>): readonly Expression[] {
    const shift = shiftIn(call, this.scope);
    if (shift !== undefined) shifted.set(shift.of, shift.word);
    return call.arguments.flatMap(({ value }) => (value === shift?.operand ? [] : [value]));
  }

  /** What is delayed is a value of its own. Gives what else is read. */
  private addDelay(call: CallNode, needs: Set<string>, changes: (words: string) => void): readonly Expression[] {
    const delay = this.delays.byCall.get(call);
    if (delay === undefined) return [];
    changes(`\`${delay.word}(…)\``);
    // `past` has the value of this step among its own.
    if (delay.word === "past") needs.add(nextKey(delay.state));
    return delay.steps === undefined ? [] : [delay.steps];
  }

  private addReference(name: string, next: boolean, needs: Set<string>, changes: (words: string) => void): void {
    const kind = this.scope.entries.get(name)?.kind;
    if (kind === "function") this.addFunctionCall(name, needs);
    if (kind === "state" && next) needs.add(nextKey(name));
    if (kind === "state" || kind === "input") changes(wordsFor(kind, name));
    if ((kind === "equation" || kind === "output") && !next) needs.add(name);
  }

  /** Returns whether to look inside. */
  private addMember(
    member: Extract<Expression, { kind: "member" }>,
    needs: Set<string>,
    changes: (words: string) => void,
  ): boolean {
    let root: Expression = member;
    let depth = 0;
    while (root.kind === "member" || root.kind === "index") {
      if (root.kind === "member") depth += 1;
      root = at(partsOf(root), 0);
    }
    const name = member.member.text;
    const named = root.kind === "reference" && depth === 1 && !member.next ? this.named.get(root.name) : undefined;
    if (named !== undefined && !this.repeated.inPlace.has(named)) needs.add(this.early.keyOf(named, { name, next: false })); // prettier-ignore
    if (root.kind !== "reference" || !this.isInstance(root.name)) return true;
    const cell = this.instances.get(root.name)?.cell;
    const isOutput = depth === 1 && !member.next && cell !== undefined && tensorNamed(cell, name) === undefined;
    const isArray = this.instances.get(root.name)?.count !== undefined;
    if ((member.next || isOutput) && (isArray || !this.repeated.inPlace.has(root.name)))
      needs.add(depth > 1 ? callKey(root.name) : this.early.keyOf(root.name, { name, next: member.next }));
    for (const key of this.givenTo(root.name)) needs.add(key);
    if (cell !== undefined && cell.runtimeDimensions.length > 0) needs.add(contextsKey(root.name));
    if (member.next || cell === undefined || !isParam(cell, depth, name)) changes(`\`${root.name}.${name}\``);
    return false;
  }
}

function isParam(cell: TypedCell, depth: number, name: string): boolean {
  // A member of a member is not followed here: it counts as changing unless it is plainly a parameter.
  if (depth > 1) return false;
  const tensor = tensorNamed(cell, name);
  return tensor !== undefined && isStored(tensor);
}

function callsInstance(value: Expression, name: string): boolean {
  let found = false;
  forEachPart(value, (part) => {
    found ||= part.kind === "call" && part.callee.text === name;
  });
  return found;
}
