/** What a call of a module draws: hidden inputs of the equations, by the path of the cell and the place of the draw. */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { Dim } from "../../base/types/dim.js";
import type { GraphBuilder } from "../../ir/graph/build.js";
import type { ValueId } from "../../ir/graph/graph-function.js";
import { tensorsIn } from "../../language/semantics/cell-tensors.js";
import type { TypedCell, TypedTensor } from "../../language/semantics/typed-program.js";
import { broughtIn, type CellFrame, type Frame, type Lowering, shapeIn } from "../frame/frame.js";
import type { LoweredRandom } from "../base/lowered-cell.js";
import { pathIn, type PlacedTensor, tensorsOf } from "../frame/placed-tensors.js";

/** The state of a cell that counts its steps. */
const counter = "step";

/** In each step, or in initial values. */
export const drawnIn = (frame: CellFrame, when: "step" | "initial"): PlacedTensor[] =>
  tensorsOf(frame, "random").filter(({ tensor }) => tensor.draw?.isInitial === (when === "initial"));

/** Of a cell. */
export const randomsOf = (frame: CellFrame): LoweredRandom[] =>
  tensorsOf(frame, "random").map(({ tensor, frame: owner, name }) => {
    const steps = tensor.draw?.isInitial === true ? undefined : owner.path + counter;
    return { ...randomOf(tensor, owner, name), counter: steps };
  });

function randomOf({ draw, type, documentation }: TypedTensor, owner: Frame, name: string): LoweredRandom {
  invariant(draw !== undefined, `${name} is not drawn`);
  return { name, documentation, shape: shapeIn(owner, type), ...draw, counter: undefined };
}

/** Hidden inputs of a network, which are met on the way: a name that there is already gets a number. */
export function drawnBy(builder: GraphBuilder): {
  readonly drawn: NonNullable<Lowering["drawn"]>;
  readonly found: readonly { readonly random: LoweredRandom; readonly value: ValueId }[];
} {
  const found: { readonly random: LoweredRandom; readonly value: ValueId }[] = [];
  const names = new Set<string>();
  const drawn = (random: LoweredRandom): ValueId => {
    let name = random.name;
    for (let i = 2; names.has(name); i++) name = `${random.name} ${i}`;
    names.add(name);
    const value = builder.input(name, { dtype: "real", shape: random.shape, shared: false });
    found.push({ random: { ...random, name }, value });
    return value;
  };
  return { drawn, found };
}

/** What a network draws in its equations: with the whole shapes. */
export function drawOwn({ drawn }: Lowering, around: Frame, frame: CellFrame, path: string): void {
  for (const tensor of tensorsIn(frame.cell)) {
    if (tensor.role !== "random") continue;
    invariant(drawn !== undefined, "a network draws in a network");
    frame.values.set(tensor.name, broughtIn(around, drawn(randomOf(tensor, frame, path + tensor.name))));
  }
}

/** How a run of a cell is called in its network. */
export interface RunNames {
  /** `low.`; of a run without a name that of its cell. */
  readonly path: string;
  /** States that are of the module. */
  readonly isState: (path: string) => boolean;
}

/** What a cell draws that runs over `length`: in each step, or once. */
export function drawForRun(
  { drawn }: Lowering,
  around: Frame,
  cell: CellFrame,
  { path, isState }: RunNames,
  length: Dim | undefined,
): { readonly placed: PlacedTensor; readonly value: ValueId }[] {
  return drawnIn(cell, length === undefined ? "initial" : "step").map((placed) => {
    invariant(drawn !== undefined, "a cell that draws runs in a network");
    const steps = pathIn(placed, counter);
    const own = randomOf(placed.tensor, placed.frame, path + pathIn(placed));
    const isCounted = length !== undefined && isState(steps);
    const random = {
      ...own,
      shape: length === undefined ? own.shape : [length, ...own.shape],
      isInitial: false,
      counter: isCounted ? path + steps : undefined,
    };
    return { placed, value: broughtIn(around, drawn(random)) };
  });
}

/** Options of calls of a module that draws. */
const options: ReadonlySet<string> = new Set(["seed", "train", "examples"]);

/** Whether no tensor of calls is called as an option is that they have then; reported. */
export function checkOptionNames(cell: TypedCell, frame: CellFrame, collector: DiagnosticCollector): void {
  if (tensorsOf(frame, "random").length === 0) return;
  const tensors = tensorsIn(cell).filter(({ role }) => role !== "param" && role !== "fixed");
  for (const { name, span } of [...tensors, ...cell.outputs]) {
    if (!options.has(name)) continue;
    collector.report("reserved-name", span, `\`${name}\` has a name that the module of a cell that draws needs`, {
      help: `its calls have the options ${[...options].map((option) => `\`${option}\``).join(", ")}`,
    });
  }
}
