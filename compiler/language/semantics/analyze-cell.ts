/** Checks a cell: declarations, then its values in an order in which each comes after what it needs. */
import { at } from "../../base/at.js";
import { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { CallNode, CellNode, Expression, UseNode } from "../syntax/ast.js";
import { type CellGraph, CellGraphBuilder, type GraphNode, type Initial } from "./cell-graph.js";
import { analyzeFunction } from "./analyze-function.js";
import { checkContexts, checkGivenParams, checkInputs, splitCall } from "./check-instance-call.js";
import { checkArrays } from "./arrays.js";
import { checkSections, type SectionName, withArraySections } from "./array-sections.js";
import { checkCalls, checkConstancy, checkCycles, checkStates } from "./checks.js";
import { Delays } from "./delays.js";
import { DrawsOfCell } from "./draws.js";
import { checkParameters } from "./cell-parameters.js";
import { Checker, type Known } from "./checker.js";
import { inferByKind } from "./infer/rules.js";
import type { CellDeclaration } from "./declared.js";
import { earlyNodes } from "./early-values.js";
import { typedParts } from "./network-parts.js";
import { checkFirst, noteDelayed, reportUnknownShape, stateOfDelay } from "./infer/delays.js";
import { lengthsOf } from "./found-lengths.js";
import {
  checkForm,
  isUsedWhereItMay,
  keysOfLosses,
  lossesOf,
  reportWithoutEffect,
  requireSizes,
  runtimeDimensionsIn,
} from "./networks.js";
import { findLoops, guessLoops, loopAround, type FoundLoops, orderWithLoops, trialOf, typedLoops } from "./loops.js";
import { callKey, contextsKey, givenKey, initialKey, nextKey } from "./node-keys.js";
import { countOf, type ResolvedUse, resolveUse } from "./resolve-uses.js";
import { noRunCalls, noteRunCalls } from "./run-calls.js";
import { checkStateValue, typeOfValue } from "./check-values.js";
import { checkStarts, inferStart } from "./starts.js";
import { type CellScope, declareCellScope } from "./scope.js";
import { errorType } from "./semantic-type.js";
import { resolveTensors } from "./tensors.js";
import { takesCells } from "./specialise.js";
import { topologicalOrder } from "./topological-order.js";
import type { LoopGuesses } from "./typed-networks.js";
import { type Dim, dimSymbol } from "../../base/types/dim.js";
import type {
  TypedCell,
  TypedExpression,
  TypedInstance,
  TypedInstanceCall,
  TypedItem,
  TypedNode,
  TypedTensor,
} from "./typed-program.js";
import { withStepCounter } from "./step-counter.js";
import { reportUnusedOfCell } from "./unused.js";
import { resolveUseStarts, type UseStart } from "./use-starts.js";

export function analyzeCell(declaration: CellDeclaration, known: Known, collector: DiagnosticCollector): TypedCell {
  return new CellAnalysis(withArraySections(withStepCounter(declaration)), known, collector).run();
}

class CellAnalysis {
  private readonly declaration: CellDeclaration;
  private readonly node: CellNode;
  private readonly collector: DiagnosticCollector;
  private readonly scope: CellScope;
  private readonly checker: Checker;
  private readonly instances = new Map<string, TypedInstance>();
  private readonly uses = new Map<string, ResolvedUse>();
  private readonly givenParams = new Map<string, ReadonlyMap<string, TypedExpression>>();
  private readonly calls = new Map<string, CallNode>();
  private readonly inPlace = new Set<string>();
  private readonly runtimeDimensions = new Map<string, ReadonlyMap<string, Dim>>();
  private readonly items: TypedItem[] = [];
  private readonly nodes = new Map<string, TypedNode>();
  /** What is delayed, by state. */
  private readonly delayed = new Map<string, TypedExpression>();
  private readonly typedCalls = new Map<string, TypedInstanceCall>();
  private readonly delays: Delays;
  private readonly runs = noRunCalls();
  private readonly draws: DrawsOfCell;
  private loopTypes: LoopGuesses = new Map();
  private readonly firstReport: number;

  constructor(declaration: CellDeclaration, known: Known, collector: DiagnosticCollector) {
    this.declaration = declaration;
    this.node = declaration.node;
    this.collector = collector;
    this.firstReport = collector.diagnostics.length;
    this.scope = declareCellScope(declaration, collector);
    const { instances, calls, inPlace, runtimeDimensions } = this;
    this.delays = new Delays(this.scope);
    this.draws = new DrawsOfCell(this.scope, this.node, this.delays);
    const used = { instances, calls, inPlace, runtimeDimensions, delays: this.delays, draws: this.draws };
    const runs = this.node.form === "network" && { runs: this.runs };
    this.checker = new Checker(collector, this.scope, known, { ...used, ...runs }, inferByKind);
  }

  run(): TypedCell {
    const parameters = checkParameters(this.checker, this.collector, this.scope, this.node);
    requireSizes(this.checker, this.declaration, parameters);
    const initials = this.resolveItems();
    const graph = this.graphOf(initials);
    const loops = findLoops(graph.nodes);
    const order = this.checkGraph(graph, loops);
    this.guessLoops(loops);
    for (const key of this.orderOfTypes(graph, order)) {
      const node = graph.nodes.get(key);
      this.checker.loop = loopAround(key, loops, this.loopTypes);
      if (node !== undefined) this.inferNode(node);
    }
    checkSections(this.checker, this.instances.values());
    if (!this.hasErrors()) checkArrays(this.checker, this.instances.values());
    this.addDelays();
    this.items.push(...this.draws.items);
    const outputs = this.outputs();
    const { checker, scope, nodes } = this;
    const around = typedLoops(checker, loops, this.loopTypes, scope);
    const orders = this.orders(graph, outputs, loops);
    const cut = { checker, scope, graph, loops: around, losses: lossesOf(checker, this.node), nodes };
    const found = lengthsOf(cut, orders.stepOrder);
    const parts = this.hasErrors() ? [] : typedParts({ ...cut, found }, this.node);
    const sound = !this.hasErrors() && this.checker.sound && this.isComplete(graph);
    if (sound) reportUnusedOfCell(checker, scope, this.node);
    if (sound) reportWithoutEffect(checker, this.node, nodes);
    return {
      name: this.node.name.text,
      form: this.node.form,
      span: this.node.name.span,
      documentation: this.node.documentation ?? "",
      ...parameters,
      ...runtimeDimensionsIn(this.scope, found),
      items: this.items,
      outputs,
      losses: cut.losses,
      found,
      parts,
      ...(this.node.stream && { stream: this.node.stream.span }),
      nodes,
      calls: this.typedCalls,
      givenParams: this.givenParams,
      loops: around,
      ...orders,
      early: earlyNodes(graph.nodes, order),
      stepOrder: [...orders.stepOrder, ...found.flatMap(({ key }) => (graph.nodes.has(key) ? [] : [key]))],
      obligations: this.checker.obligations,
      divisors: this.checker.divisors,
      filled: this.checker.filled,
      extent: this.checker.extent,
      open: takesCells(this.declaration),
      sound,
    };
  }

  private graphOf(initials: readonly Initial[]): CellGraph {
    const split = (name: string, call: CallNode) => splitCall(this.instances.get(name), call);
    const builder = new CellGraphBuilder(this.scope, this.declaration.captures, this.instances, split, this.delays);
    const graph = builder.build(initials, this.givenExpressions());
    for (const [name, call] of graph.calls) this.calls.set(name, call);
    for (const name of graph.inPlace) this.inPlace.add(name);
    noteRunCalls(this.runs, this.scope.equations, this.instances);
    return graph;
  }

  /** Checks what needs no types. @returns the nodes, each after what it needs. */
  private checkGraph(graph: CellGraph, { needs }: FoundLoops): readonly string[] {
    const { order, cycles } = topologicalOrder(graph.nodes.keys(), needs);
    checkForm(this.checker, this.node, this.delays);
    checkCycles(this.checker, cycles, graph.nodes, this.scope);
    checkCalls(this.checker, graph, this.scope);
    checkStates(this.checker, this.scope, this.node);
    checkConstancy(this.checker, graph, order, this.scope);
    checkStarts(this.checker, graph.nodes, this.begun(), this.scope);
    return order;
  }

  /** What a step, initial states and the first values of params compute, each after what it needs. */
  private orders(
    { nodes }: CellGraph,
    outputs: TypedCell["outputs"],
    loops: FoundLoops,
  ): Pick<TypedCell, "stepOrder" | "initialOrder" | "startOrder"> {
    const orderOf = (roots: readonly string[]): readonly string[] => orderWithLoops(roots, loops);
    const next = this.items.flatMap((item) => {
      if (this.node.form === "network") return [];
      if (item.kind === "instance") return [callKey(item.instance.name)];
      return item.tensor.role === "state" ? [nextKey(item.tensor.name)] : [];
    });
    const initial = this.items.flatMap((item) => {
      if (item.kind === "tensor") return item.tensor.initial ?? [];
      const { name, cell } = item.instance;
      return cell.initialOrder.length > 0 && nodes.has(contextsKey(name)) ? [contextsKey(name)] : [];
    });
    const starts = this.begun().flatMap(({ start }) => start?.key ?? []);
    return {
      stepOrder: orderOf([...next, ...outputs.map(({ name }) => name), ...keysOfLosses(this.node, this.scope)]),
      initialOrder: orderOf(initial),
      startOrder: orderOf([...starts, ...this.givenBeforeStarts()]),
    };
  }

  /**
   * In which types can be found: what is delayed before what reads it. Where values depend on their own past there is no such
   * order; their types are guessed, then.
   */
  private orderOfTypes({ nodes }: CellGraph, order: readonly string[]): readonly string[] {
    if (this.delays.all.length === 0 || this.checker.isGuessing) return order;
    const before = new Map<string, string[]>();
    for (const { key, values } of nodes.values()) before.set(key, this.delays.readIn(values).map(nextKey));
    const needs = (key: string): string[] => [...(nodes.get(key)?.needs ?? []), ...(before.get(key) ?? [])];
    const withDelayed = topologicalOrder(nodes.keys(), needs);
    if (withDelayed.cycles.length === 0) return withDelayed.order;
    this.delays.guess((guesses) => {
      const trial = new CellAnalysis(this.declaration, this.checker.known, new DiagnosticCollector());
      trial.checker.isGuessing = true;
      for (const [state, type] of guesses) trial.delays.types.set(state, type);
      trial.run();
      return trial.delays.types;
    });
    return order;
  }

  /** The sequences of loops, by trials: what comes out as it went in. */
  private guessLoops({ all }: FoundLoops): void {
    if (this.checker.isGuessing || all.length === 0) return;
    const axes = runtimeDimensionsIn(this.scope).runtimeDimensions.map(dimSymbol);
    this.loopTypes = guessLoops(all, axes, (guesses) => {
      const trial = new CellAnalysis(this.declaration, this.checker.known, new DiagnosticCollector());
      trial.checker.isGuessing = true;
      trial.loopTypes = guesses;
      trial.run();
      return trialOf(trial.scope, trial.collector);
    });
  }

  /** The states that delays are, once all types are known. */
  private addDelays(): void {
    for (const delay of this.delays.all) {
      const first = this.nodes.get(initialKey(delay.state));
      if (first !== undefined) this.nodes.set(first.key, checkFirst(this.checker, this.delays, delay, first));
      const value = this.delayed.get(delay.state);
      const found = value && stateOfDelay(this.delays, delay, value);
      if (found === undefined) {
        if (!this.hasErrors()) reportUnknownShape(this.checker, delay);
        continue;
      }
      const [tensor, node] = found;
      this.items.push({ kind: "tensor", tensor });
      this.nodes.set(node.key, node);
    }
  }

  private resolveItems(): Initial[] {
    const initials: Initial[] = [];
    for (const item of this.node.items) {
      if (item.kind === "use") {
        initials.push(...this.resolveUse(item));
      } else if (
        item.kind === "input" ||
        item.kind === "context" ||
        item.kind === "state" ||
        item.kind === "param" ||
        item.kind === "fixed" ||
        item.kind === "setting"
      ) {
        for (const tensor of resolveTensors(this.checker, item)) {
          if (this.scope.entries.get(tensor.name)?.span !== tensor.span) continue;
          this.items.push({ kind: "tensor", tensor });
          const value = item.kind === "setting" ? undefined : (item.initial ?? tensor.startValue);
          if (value !== undefined) initials.push({ state: tensor.name, value });
        }
      }
    }
    return initials;
  }

  /** Gives the initial values of params that are expressions of this cell. */
  private resolveUse(item: UseNode): Initial[] {
    const use = resolveUse(this.checker, item, this.uses, this.declaration);
    if (use === undefined || !isUsedWhereItMay(this.checker, this.node, item, use.instance.cell)) return [];
    const initials: Initial[] = [];
    for (const name of item.names) {
      const { text, span } = name;
      const isOwn = this.scope.entries.get(text)?.span === span;
      if (!isOwn) continue;
      const named = countOf(this.checker, name, { ...use.instance, name: text, span });
      if (named === undefined) continue;
      const starts = item.starts.length === 0 ? named.starts : resolveUseStarts(this.checker, named, item.starts);
      const { section } = name as SectionName;
      const instance = { ...named, starts, ...(section && { section }) };
      for (const { name, startValue } of [...starts.values()] as UseStart[])
        if (startValue !== undefined) initials.push({ state: name, value: startValue });
      this.uses.set(text, { ...use, instance });
      this.instances.set(text, instance);
      this.items.push({ kind: "instance", instance });
    }
    return initials;
  }

  /** Params that are given to used cells of which others begin somewhere, perhaps with these. */
  private givenBeforeStarts(): string[] {
    return [...this.uses].flatMap(([name, { given, instance }]) => {
      const isRead = given.size > 0 && instance.sharedWith === undefined && instance.cell.startOrder.length > 0;
      return isRead ? [givenKey(name)] : [];
    });
  }

  /** Of used cells that share theirs with no other. */
  private givenExpressions(): ReadonlyMap<string, readonly Expression[]> {
    const own = [...this.uses].filter(([, { given, instance }]) => given.size > 0 && instance.sharedWith === undefined);
    return new Map(own.map(([name, { given }]) => [name, [...given.values()]]));
  }

  private tensors(role: TypedTensor["role"]): TypedTensor[] {
    return this.items.flatMap((item) => (item.kind === "tensor" && item.tensor.role === role ? [item.tensor] : []));
  }

  /** Params and fixed values, and those of used cells that begin as this cell says. */
  private begun(...more: "state"[]): readonly TypedTensor[] {
    const ofUsed = [...this.instances.values()].flatMap(({ starts }) => [...starts.values()]);
    return [...(["param", "fixed", ...more] as const).flatMap((role) => this.tensors(role)), ...ofUsed];
  }

  private inferNode(node: GraphNode): void {
    this.draws.node = node.key;
    if (node.kind === "function") this.checkFunction(node.name);
    if (node.kind === "function" || node.kind === "early") return;
    if (node.kind === "given") {
      const use = this.uses.get(node.name);
      if (use !== undefined) this.givenParams.set(node.name, checkGivenParams(this.checker, use.instance, use.given));
      return;
    }
    const call = this.calls.get(node.name);
    const instance = this.instances.get(node.name);
    if (node.kind === "contexts" || node.kind === "call") {
      if (call === undefined || instance === undefined) return;
      if (node.kind === "contexts") this.inferContexts(node.name, instance, call);
      else this.inferInputs(node.name, instance, call);
      return;
    }
    const expression = at(node.values, 0);
    const started = node.kind === "initial" ? this.begun("state").find(({ name }) => name === node.name) : undefined;
    // What a cycle leaves without a type counts as reported.
    const value =
      started?.start === undefined
        ? this.checker.infer(expression)
        : inferStart(this.checker, started, started.start, expression);
    if (node.kind === "delayed") {
      noteDelayed(this.checker, this.delays, node.name, value);
      return void this.delayed.set(node.name, value);
    }
    if (node.kind === "equation" || node.kind === "output")
      this.scope.types.set(node.name, typeOfValue(this.checker, this.node.form, node, value));
    else checkStateValue(this.checker, node, value);
    this.nodes.set(node.key, { key: node.key, name: node.name, span: expression.span, value });
  }

  /** One that reads values of the cell, whose types are known by now. */
  private checkFunction(name: string): void {
    const declaration = this.scope.functions.get(name);
    const { known } = this.checker;
    if (declaration === undefined) return;
    known.functions.set(declaration, analyzeFunction(declaration, known, this.collector, this.scope.types));
  }

  private inferContexts(name: string, instance: TypedInstance, call: CallNode): void {
    const result = checkContexts(this.checker, instance, call);
    if (result === undefined) return;
    this.runtimeDimensions.set(name, result.runtimeDimensions);
    this.typedCalls.set(name, { inputs: [], states: new Map(), ...result });
  }

  private inferInputs(name: string, instance: TypedInstance, call: CallNode): void {
    const given = checkInputs(this.checker, instance, call);
    const known = this.typedCalls.get(name);
    if (given !== undefined && known !== undefined) this.typedCalls.set(name, { ...known, ...given });
  }

  private outputs(): TypedCell["outputs"] {
    return this.node.items.flatMap((item) => {
      if (item.kind !== "output" || this.scope.entries.get(item.name.text)?.span !== item.name.span) return [];
      const type = this.scope.types.get(item.name.text) ?? errorType;
      const { text, span } = item.name;
      return [{ name: text, span, documentation: item.documentation ?? "", type }];
    });
  }

  private hasErrors(): boolean {
    return this.collector.diagnostics.slice(this.firstReport).some(({ severity }) => severity === "error");
  }

  private isComplete(graph: CellGraph): boolean {
    const given = [...this.uses.values()].every(({ instance: { name, sharedWith, given } }) => {
      return (this.givenParams.get(sharedWith ?? name)?.size ?? 0) === given.size;
    });
    const called = [...this.scope.instances.keys()].every(
      (name) => this.inPlace.has(name) || this.typedCalls.has(name),
    );
    const updated = this.tensors("state").every(({ name }) => graph.nodes.has(nextKey(name)));
    return called && given && updated;
  }
}
