/**
 * A checked cell to graph functions of one step and of its initial values. Used cells and functions are written out in
 * their places. The order of instructions follows what values need, not the order of the equations in the text.
 */
import { axesOfCalls, sizesOfCalls } from "../frame/size-conditions.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { operationLimit } from "../../language/semantics/checker.js";
import { suggestion } from "../../language/semantics/suggestion.js";
import { invariant } from "../../base/diagnostics/invariant.js";
import { instructionsIn } from "../../ir/graph/count-instructions.js";
import { GraphBuilder, type NamedOutput } from "../../ir/graph/build.js";
import type { GraphFunction, ValueId, ValueType } from "../../ir/graph/graph-function.js";
import { type ShapeContext, shapeContext } from "../../ir/graph/shape-rules.js";
import type { SemanticType } from "../../language/semantics/semantic-type.js";
import { initialKey, nextKey } from "../../language/semantics/node-keys.js";
import type { TypedCell, TypedFunction, TypedProgram } from "../../language/semantics/typed-program.js";
import { lowerInitialNodes, lowerNodes, shareParams } from "./cell-lowering.js";
import { rootFrame } from "./cell-frames.js";
import { loweredParts } from "./cut-network.js";
import { constantValue } from "./constant-value.js";
import { InnerGradients } from "../frame/inner-gradients.js";
import { asNumber } from "../frame/place-number.js";
import { type PlacedTensor, tensorsOf } from "../frame/placed-tensors.js";
import { realCell } from "../complex/real-cell.js";
import { lowerExpression, lowerFunction } from "./expression-lowering.js";
import {
  builderAt,
  type DeriveInside,
  type CellFrame,
  childrenOf,
  DimensionTooLarge,
  dimIn,
  type Frame,
  type Lowering,
  NotLowered,
  shapeIn,
  valueIn,
} from "../frame/frame.js";
import { initializerOf } from "./initializers.js";
import {
  type DeclaredCall,
  type DeclaredDerivative,
  type LoweredCell,
  type LoweredInput,
  type LoweredStarts,
  type LoweredTensor,
  type ValueName,
  type LoweredNetwork,
  type LoweredSetting,
  type LoweredParam,
} from "../base/lowered-cell.js";
import { checkCount, countOf, largestCount, tooLarge } from "../frame/element-count.js";
import { checkOptionNames, drawnBy, drawnIn, drawOwn, randomsOf } from "./randoms.js";
import { moduleStates } from "./module-states.js";
import { settingsOfModule } from "./module-settings.js";
import { valueNames } from "../frame/value-names.js";
import { declareDraws, lowerStarts, markRandom, startedTensors } from "./starts.js";
import { type CellArguments, checkArguments, withAssumedSizes } from "./sizes.js";
import { isStored } from "../../language/semantics/typed-program.js";

/**
 * Lowers one cell or network of a program.
 *
 * @param derive Reverse mode, for derivatives inside of the cell.
 * @returns undefined where the cell has errors, or where its name, sizes or real parameters do not fit, which is reported
 */
export function lowerNamed(
  program: TypedProgram,
  name: string,
  given: CellArguments,
  derive: DeriveInside,
  collector: DiagnosticCollector,
): LoweredCell | LoweredNetwork | undefined {
  const written = program.cells.get(name);
  if (written === undefined) {
    const names = [...program.cells.keys()];
    const there = names.length === 0 ? "it has no cells" : `it has ${names.map((text) => `\`${text}\``).join(", ")}`;
    collector.report(
      "unknown-cell",
      { file: program.file, start: 0, end: 0 },
      `there is no cell \`${name}\` in this file`,
      { help: suggestion(name, names) ?? there },
    );
    return undefined;
  }
  if (!written.sound) return undefined;
  const cell = realCell(written);
  const reals = checkArguments(cell, given, collector);
  if (reals === undefined) return undefined;
  const before = collector.diagnostics.length;
  try {
    const gradients = new InnerGradients(derive);
    const lowering = new CellLowering(cell, given, reals, gradients.derive, collector);
    const isNetwork = cell.form === "network";
    const names = isNetwork ? new Map<string, ValueName>() : valueNames(rootFrame(written, given.dimensions, reals));
    const lowered = isNetwork ? lowering.network() : lowering.cellOfSteps(names);
    const operations =
      "whole" in lowered ? instructionsIn(lowered.whole) : instructionsIn(lowered.step, lowered.initial);
    if (operations > operationLimit) {
      collector.report("program-too-large", cell.span, `\`${name}\` has ${operations} operations`, {
        help: `a cell has at most ${operationLimit}`,
      });
    }
    if (collector.diagnostics.length > before) return undefined;
    const parts = loweredParts(written, (cut) =>
      new CellLowering(realCell(cut), given, reals, derive, collector).network(),
    );
    if (collector.diagnostics.length > before) return undefined;
    gradients.report(collector);
    return { ...lowered, ...parts };
  } catch (error) {
    if (error instanceof DimensionTooLarge) {
      collector.report("dimension-too-large", cell.span, error.message);
      return undefined;
    }
    if (!(error instanceof NotLowered)) throw error;
    const more = given.assumeSizes === true ? withAssumedSizes(cell, given.dimensions, error.without) : undefined;
    if (more !== undefined) return lowerNamed(program, name, { ...given, dimensions: more }, derive, collector);
    collector.report(error.code, error.span, error.message, { help: error.help });
    return undefined;
  }
}

/** To which calls are added as they are found. */
type NotedDeclaration = DeclaredDerivative & { readonly calls: DeclaredCall[] };

class CellLowering {
  private readonly cell: TypedCell;
  private readonly sizes: ReadonlyMap<string, number>;
  private readonly reals: ReadonlyMap<string, number>;
  private readonly rules: Pick<Lowering, "lower" | "derive" | "mostWrittenOut">;
  private readonly collector: DiagnosticCollector;
  private readonly frame: CellFrame;
  private readonly context: ShapeContext;
  private readonly declared: NotedDeclaration[] = [];
  /** The same by function, and by the sizes and reals that it was lowered with. */
  private readonly declaredBy = new Map<TypedFunction, Map<string, NotedDeclaration>>();

  constructor(
    cell: TypedCell,
    { dimensions: sizes, mostWrittenOut = Infinity }: CellArguments,
    reals: ReadonlyMap<string, number>,
    derive: Lowering["derive"],
    collector: DiagnosticCollector,
  ) {
    this.cell = cell;
    this.rules = { lower: lowerExpression, derive, mostWrittenOut };
    this.sizes = sizes;
    this.reals = reals;
    this.collector = collector;
    this.frame = rootFrame(cell, sizes, reals);
    this.context = shapeContext(axesOfCalls(cell));
  }

  cellOfSteps(names: LoweredCell["names"]): LoweredCell {
    const { frame } = this;
    const common = this.common();
    return {
      ...common,
      runtimeDimensions: this.cell.runtimeDimensions,
      contexts: tensorsOf(frame, "context").map((placed) => this.tensor(placed)),
      states: tensorsOf(frame, "state").map((placed) => ({
        ...this.tensor(placed),
        ...indexEntry(placed),
        initial: placed.tensor.initial === undefined ? "zeros" : "computed",
      })),
      step: this.lowerStep(),
      initial: this.lowerInitial(),
      declared: [...this.declared],
      names,
    };
  }

  network(): LoweredNetwork {
    const { cell } = this;
    const common = this.common();
    const parts = this.lowerWhole();
    const losses = cell.losses.map(({ name, documentation, weight }) => ({
      name,
      documentation,
      shape: [],
      weighted: weight !== undefined,
    }));
    const sizes = sizesOfCalls(this.frame);
    const found = cell.found.map(({ symbol, most, span }) => ({ symbol, most: dimIn(this.frame, most), span }));
    return { ...common, ...sizes, ...parts, losses, found, declared: [...this.declared] };
  }

  /** What cells and networks have. */
  private common() {
    const { cell, frame } = this;
    const params = tensorsOf(frame, "param");
    const fixed = tensorsOf(frame, "fixed");
    this.checkTotal([...params, ...fixed]);
    checkOptionNames(cell, frame, this.collector);
    const starts = this.lowerStarts();
    const stored = [...params, ...fixed].map((placed) => this.stored(placed));
    return {
      name: cell.name,
      documentation: cell.documentation,
      dimensions: new Map(
        cell.dimensions.flatMap(({ name }) => (this.sizes.has(name) ? [[name, this.sizes.get(name) as number]] : [])),
      ),
      inputs: tensorsOf(frame, "input").map((placed) => this.input(placed)),
      params: markRandom(stored.slice(0, params.length), stored, starts),
      fixed: markRandom(stored.slice(params.length), stored, starts),
      randoms: randomsOf(frame),
      outputs: cell.outputs.map(({ name, documentation, type }) => ({
        name,
        documentation,
        shape: shapeIn(frame, type),
      })),
      starts,
    };
  }

  private tensor({ tensor, frame, name }: PlacedTensor): LoweredTensor {
    const shape = shapeIn(frame, tensor.type);
    checkCount(shape, tensor.span, `\`${name}\``);
    return { name, documentation: tensor.documentation, shape };
  }

  private setting(placed: PlacedTensor): LoweredSetting {
    const { otherwise } = placed.tensor;
    const value = otherwise === undefined ? NaN : constantValue(placed.frame, otherwise);
    if (otherwise !== undefined && Math.abs(value) === Infinity)
      this.collector.report("bad-setting", otherwise.span, "a setting begins with a finite number");
    return { ...this.tensor(placed), otherwise: value };
  }

  private stored(placed: PlacedTensor): LoweredParam {
    return { ...this.tensor(placed), initializer: initializerOf(placed, this.collector) };
  }

  private input(placed: PlacedTensor): LoweredInput {
    return { ...this.tensor(placed), dtype: "real", ...indexEntry(placed) };
  }

  private checkTotal(params: readonly PlacedTensor[]): void {
    let total = 0;
    for (const { tensor, frame } of params) total += countOf(shapeIn(frame, tensor.type)) ?? 0;
    if (total <= largestCount) return;
    throw tooLarge(this.cell.span, `the params of \`${this.cell.name}\` have ${total} elements together`);
  }

  /** The equations of a network, and the states of its runs, which it meets on the way. */
  private lowerWhole(): Pick<LoweredNetwork, "whole" | "states" | "settings" | "randoms"> {
    const { lowering, frame } = this.lowering("step");
    const { builder } = lowering;
    for (const role of ["input", "setting", "param", "fixed"] as const) declareInputs(lowering, tensorsOf(frame, role));
    const { begun, states } = moduleStates(builder);
    const { drawn, found } = drawnBy(builder);
    const own = { ...lowering, states, drawn, equation: "" };
    shareParams(frame);
    drawOwn(own, frame, frame, frame.path);
    lowerNodes(own, frame, frame.cell.stepOrder);
    const of = (key: string): NamedOutput => {
      const node = frame.cell.nodes.get(key)?.value;
      const value = valueIn(frame, key);
      if (node?.type.kind !== "index") return { name: key, value };
      return { name: key, value: asNumber(builderAt(lowering, frame, node), value, dimIn(frame, node.type.bound)) };
    };
    const { outputs, losses } = frame.cell;
    const ends = begun.map(({ state: { name }, last }) => {
      invariant(last !== undefined, `${name} has no last value`);
      return { name, value: last };
    });
    const parts = losses.flatMap(({ name, weight }) => [of(name), ...(weight === undefined ? [] : [of(weight)])]);
    const lengths = frame.cell.found.map((own) => ({
      name: own.symbol,
      value: valueIn(frame, own.key),
    }));
    const written = builder.finish([...outputs.map(({ name }) => of(name)), ...ends, ...parts, ...lengths]);
    const { settings, finished } = settingsOfModule(frame, written);
    const [first, random] = [begun, found].map((list) => list.map(({ value }) => value)) as [ValueId[], ValueId[]];
    const count = tensorsOf(frame, "input").length + settings.length;
    const [given, rest] = [finished.inputs.slice(0, count), finished.inputs.slice(count)];
    const inputs = [...first, ...given, ...random, ...rest.filter((id) => ![...first, ...random].includes(id))];
    return {
      whole: { ...finished, inputs },
      states: begun.map(({ state }) => state),
      settings: settings.map((placed) => this.setting(placed)),
      randoms: found.map((own) => own.random),
    };
  }

  private lowering(name: DeclaredCall["within"] | "start"): { readonly lowering: Lowering; readonly frame: CellFrame } {
    const builder = new GraphBuilder(name, this.context);
    // Frames hold values, so each function has its own.
    const noteDeclared: Lowering["noteDeclared"] = (caller, fn, frame, scans = []) => {
      const { calls } = this.declaredFunction(fn, frame);
      // The rule of another function has a builder of its own, of which parts are copied.
      if (caller !== builder || name === "start") return;
      calls.push({ within: name, scans, arguments: fn.parameters.map((parameter) => valueIn(frame, parameter.name)) });
    };
    const lowering = { builder, noteDeclared, ...this.rules };
    return { lowering, frame: rootFrame(this.cell, this.sizes, this.reals) };
  }

  /** The function with the dimensions and reals that it has in `caller`, once for the same. */
  private declaredFunction(fn: TypedFunction, { dimensions, reals }: Frame): NotedDeclaration {
    const own = [...fn.dimensions, ...fn.outerNames].map((name) => dimensions.get(name)?.key ?? reals.get(name) ?? "");
    const versions = this.declaredBy.get(fn) ?? new Map<string, NotedDeclaration>();
    const known = versions.get(JSON.stringify(own));
    if (known !== undefined) return known;
    const builder = new GraphBuilder(fn.name, this.context);
    const frame: Frame = { dimensions, reals, values: new Map(), children: new Map(), path: "" };
    const given = fn.parameters.map(({ name, type }) =>
      builder.input(name, { dtype: dtypeOf(type), shape: shapeIn(frame, type), shared: false }),
    );
    const noteDeclared = (): void => undefined;
    const lowering: Lowering = { builder, noteDeclared, ...this.rules };
    const values = lowerFunction(lowering, frame, fn, given, dimensions);
    const outputs = values.map((value, i) => {
      const own = fn.results[i]?.name;
      return { name: own === undefined ? fn.name : `${fn.name}.${own}`, value };
    });
    const finished = builder.finish(outputs);
    const noted: NotedDeclaration = { name: fn.name, span: fn.span, fn: finished, calls: [] };
    this.declaredBy.set(fn, versions.set(JSON.stringify(own), noted));
    this.declared.push(noted);
    return noted;
  }

  private lowerStep(): GraphFunction {
    const { lowering, frame } = this.lowering("step");
    for (const role of ["state", "input"] as const) declareInputs(lowering, tensorsOf(frame, role));
    declareInputs(lowering, drawnIn(frame, "step"));
    for (const role of ["context", "param", "fixed"] as const) declareInputs(lowering, tensorsOf(frame, role));
    shareParams(frame);
    lowerNodes(lowering, frame, frame.cell.stepOrder);
    const states = tensorsOf(frame, "state").map(({ tensor, frame: owner, name }) => ({
      name,
      value: valueIn(owner, nextKey(tensor.name)),
    }));
    const outputs = frame.cell.outputs.map(({ name }) => ({ name, value: valueIn(frame, name) }));
    return lowering.builder.finish([...states, ...outputs]);
  }

  private lowerStarts(): LoweredStarts | undefined {
    const { lowering, frame } = this.lowering("start");
    const started = startedTensors(frame);
    if (started.length === 0) return undefined;
    for (const role of ["param", "fixed"] as const) declareInputs(lowering, tensorsOf(frame, role));
    const draws = declareDraws(lowering, started);
    shareParams(frame);
    lowerStartNodes(lowering, frame, () => false);
    return lowerStarts(lowering, started, draws, this.collector);
  }

  private lowerInitial(): GraphFunction | undefined {
    if (this.cell.initialOrder.length === 0) return undefined;
    const { lowering, frame } = this.lowering("initial");
    declareInputs(lowering, drawnIn(frame, "initial"));
    for (const role of ["context", "param", "fixed"] as const) declareInputs(lowering, tensorsOf(frame, role));
    shareParams(frame);
    lowerInitialNodes(lowering, frame);
    const computed = tensorsOf(frame, "state").filter(({ tensor }) => tensor.initial !== undefined);
    const outputs = computed.map(({ tensor, frame: owner, name }) => ({
      name,
      value: valueIn(owner, initialKey(tensor.name)),
    }));
    return lowering.builder.finish(outputs);
  }
}

function declareInputs({ builder }: Lowering, tensors: readonly PlacedTensor[]): void {
  for (const { tensor, frame, name } of tensors) {
    const type: ValueType = {
      dtype: dtypeOf(tensor.type),
      shape: shapeIn(frame, tensor.type),
      shared: isStored(tensor),
    };
    frame.values.set(tensor.name, builder.input(name, type));
  }
}

/** Those that are given, of another used cell, or begin as a user of this cell says, begin there: `isElsewhere` knows them by path. */
function lowerStartNodes(lowering: Lowering, frame: CellFrame, isElsewhere: (path: string) => boolean): void {
  const paths = frame.cell.items.flatMap((item) =>
    item.kind === "tensor"
      ? [item.tensor.name]
      : [...item.instance.starts.keys()].map((path) => `${item.instance.name}.${path}`),
  );
  const known = new Set(paths.filter(isElsewhere).map(initialKey));
  lowerNodes(lowering, frame, frame.cell.startOrder.filter((key) => !known.has(key))); // prettier-ignore
  for (const item of frame.cell.items) {
    if (item.kind !== "instance" || item.instance.sharedWith !== undefined) continue;
    const { name, given, starts } = item.instance;
    const isGiven = (path: string): boolean => given.has(path) || starts.has(path) || isElsewhere(`${name}.${path}`);
    for (const child of childrenOf(frame, item.instance)) lowerStartNodes(lowering, child, isGiven);
  }
}

function indexEntry({ tensor: { type }, frame }: PlacedTensor) {
  return type.kind === "index" ? ({ dtype: "index", bound: dimIn(frame, type.bound) } as const) : {};
}

const dtypeOf = (type: SemanticType): "real" | "index" => (type.kind === "index" ? "index" : "real");
