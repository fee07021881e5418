/**
 * A graph function as equations, for people: `z = σ(W_z · x + U_z · h + b_z)`. Values that are used once and have no
 * name of their own stand where they are used; cotangents are written `∂r`.
 */
import { countUses, definitions } from "../ir/graph/rewrite.js";
import { printOperation } from "../ir/graph/print.js";
import type { GraphFunction, Instruction, Operation, ValueId } from "../ir/graph/types.js";
import type { ScalarOp } from "../ops/scalar-ops.js";
import { addDims, printDim } from "../types/dim.js";
import { printShape } from "../types/shape.js";
import { reverseMode } from "./autodiff/reverse.js";
import { removeUnusedValues } from "./graph/remove-unused-values.js";
import { shareCommonValues } from "./graph/share-common-values.js";
import { simplify } from "./graph/simplify/simplify.js";
import { runPasses } from "./pass.js";
import { cellContext } from "./sequence.js";
import type { LoweredCell } from "../lower/lowered-cell.js";

/**
 * The cell's own equations and those of one step backwards in time, derived from them. `∂v` is the derivative of the
 * loss by `v`, and `∂h⁺` what is handed in for it: by the next step for a state, by the loss for an output.
 */
export function printCellEquations(cell: LoweredCell): string {
  const context = cellContext(cell);
  const tidy = [simplify, shareCommonValues, removeUnusedValues];
  const step = runPasses(cell.step, tidy, context);
  const { forward, backward } = reverseMode(step, context, { insideScan: true });
  const outputCount = step.outputs.length;
  // What backward reads needs a name on both sides.
  const kept = new Map<string, string>();
  const forwardNames = [...forward.names];
  for (const [i, name] of forward.outputNames.slice(outputCount).entries()) {
    const id = forward.outputs[outputCount + i] as ValueId;
    if (forwardNames[id] === undefined) {
      forwardNames[id] = `k${kept.size + 1}`;
      kept.set(name, `residual.k${kept.size + 1}`);
    }
  }
  const visible = { ...forward, names: forwardNames, outputs: step.outputs, outputNames: step.outputNames };
  const next = (name: string, i: number): string => (i < cell.states.length ? `${name}'` : name);
  const forwardLines = printEquations(visible, next);

  const tidied = runPasses(backward, tidy, context);
  const isValue = new Set(step.names);
  const outside = cell.outputs.filter(({ name }) => isValue.has(name));
  const incoming = new Set([...cell.states, ...outside].map(({ name }) => `grad.${name}`));
  const names = tidied.names.map((name, id) => {
    if (name === undefined || !tidied.inputs.includes(id)) return name;
    return incoming.has(name) ? `${name}⁺` : (kept.get(name) ?? name);
  });
  const backwardLines = printEquations({ ...tidied, names }, (name) => cotangentName(name));
  return [
    `${cell.name}, one step`,
    ...indent(forwardLines),
    "",
    "one step back: ∂v is the derivative of the loss by v, ∂v⁺ what the next step and the loss hand in",
    ...indent(backwardLines),
    "",
  ].join("\n");
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** One equation a line, in dependency order. `outputName` gives the left-hand side of output `i`. */
export function printEquations(fn: GraphFunction, outputName: (name: string, i: number) => string): string[] {
  const uses = countUses(fn);
  const defined = definitions(fn);
  const names = valueNames(fn);
  const nameOf = (id: ValueId): string | undefined => names[id];
  const write = (id: ValueId, outer: number): string => {
    const name = nameOf(id);
    if (name !== undefined) return name;
    const definition = defined.get(id);
    if (definition === undefined) return `v${id}`;
    return writeDefinition(definition, outer);
  };
  const writeDefinition = (definition: Instruction, outer: number): string => {
    const { text, strength } = formula(definition, fn, write);
    return strength < outer ? `(${text})` : text;
  };
  const lines: string[] = [];
  let temporaries = 0;
  for (const instruction of fn.instructions) {
    const [id] = instruction.results as [ValueId];
    const needsName = (uses.get(id) ?? 0) > 1 && !isTrivial(instruction);
    if (names[id] === undefined && !needsName) continue;
    const right = writeDefinition(instruction, 0);
    names[id] ??= `t${++temporaries}`;
    lines.push(`${names[id] as string} = ${right}`);
  }
  for (const [i, id] of fn.outputs.entries()) {
    const left = outputName(fn.outputNames[i] ?? String(i), i);
    const right = write(id, 0);
    if (left !== right) lines.push(`${left} = ${right}`);
  }
  return lines;
}

/** Constants and views read best where they are used. */
function isTrivial({ operation }: Instruction): boolean {
  return operation.kind === "constant" || operation.kind === "dimension" || operation.kind === "broadcast";
}

function valueNames(fn: GraphFunction): (string | undefined)[] {
  const seen = new Set<string>();
  return fn.names.map((name) => {
    if (name === undefined || seen.has(name)) return undefined;
    seen.add(name);
    return cotangentName(name);
  });
}

/** `grad.h` and `d_h` are `∂h`; residuals have the name of what was kept. */
function cotangentName(name: string): string {
  return name.replace(/^residual\./u, "").replace(/^(grad\.|d_)/u, "∂");
}

interface Formula {
  readonly text: string;
  /** How tightly its outermost operator binds; see `strengths`. */
  readonly strength: number;
}

const strengths = { choice: 0, logic: 1, comparison: 2, sum: 3, product: 4, sign: 5, power: 6, atom: 9 } as const;

const infix: Partial<Record<ScalarOp, readonly [symbol: string, strength: number]>> = {
  or: ["or", strengths.logic],
  and: ["and", strengths.logic],
  lt: ["<", strengths.comparison],
  le: ["≤", strengths.comparison],
  eq: ["==", strengths.comparison],
  ne: ["≠", strengths.comparison],
  add: ["+", strengths.sum],
  sub: ["-", strengths.sum],
  mul: ["⊙", strengths.product],
  div: ["/", strengths.product],
  pow: ["^", strengths.power],
};

type Writer = (id: ValueId, outer: number) => string;

function formula({ operation, operands }: Instruction, fn: GraphFunction, write: Writer): Formula {
  const atom = (text: string): Formula => ({ text, strength: strengths.atom });
  const inner = operands.map((id) => () => write(id, 0));
  const [first = () => "", second = () => ""] = inner;
  switch (operation.kind) {
    case "constant":
      return operation.value < 0
        ? { text: String(operation.value), strength: strengths.sign }
        : atom(String(operation.value));
    case "dimension":
      return atom(printDim(operation.dim));
    case "map":
      return scalarFormula(operation.op, operands, write);
    case "contract":
      return productFormula(operation, operands, write);
    case "broadcast":
      return atom(write(operands[0] as ValueId, strengths.atom));
    case "reduce": {
      const symbol = operation.op === "sum" ? "Σ" : operation.op;
      const rank = (fn.types[operands[0] as ValueId]?.shape.length ?? 0) > 1;
      return atom(rank ? `${symbol}(${first()}, axis = ${operation.axes.join(" ")})` : `${symbol}(${first()})`);
    }
    case "slice": {
      const end = printDim(addDims(operation.start, operation.length));
      const before = ":, ".repeat(operation.axis);
      return atom(`${write(operands[0] as ValueId, strengths.atom)}[${before}${printDim(operation.start)}:${end}]`);
    }
    case "concat":
      return atom(`[${inner.map((text) => text()).join("; ")}]`);
    case "reshape":
      return atom(`reshape(${first()}, ${printShape(operation.shape)})`);
    case "transpose":
      return atom(`${write(operands[0] as ValueId, strengths.atom)}ᵀ`);
    case "gather":
      return atom(`${write(operands[0] as ValueId, strengths.atom)}[${second()}]`);
    default:
      return atom(`${printOperation(operation)}(${inner.map((text) => text()).join(", ")})`);
  }
}

function scalarFormula(op: ScalarOp, operands: readonly ValueId[], write: Writer): Formula {
  const operator = infix[op];
  if (operator !== undefined) {
    const [symbol, strength] = operator;
    const [left, right] = operands as [ValueId, ValueId];
    return { text: `${write(left, strength)} ${symbol} ${write(right, strength + 1)}`, strength };
  }
  if (op === "neg") return { text: `-${write(operands[0] as ValueId, strengths.sign)}`, strength: strengths.sign };
  if (op === "select") {
    const [condition, yes, no] = operands.map((id) => write(id, 0));
    return { text: `if ${condition} then ${yes} else ${no}`, strength: strengths.choice };
  }
  const name = op === "sigmoid" ? "σ" : op;
  return { text: `${name}(${operands.map((id) => write(id, 0)).join(", ")})`, strength: strengths.atom };
}

/** `A · b`, `Aᵀ · b`, `a ⊗ b`; anything wider by its axis labels. */
function productFormula(
  operation: Extract<Operation, { kind: "contract" }>,
  operands: readonly ValueId[],
  write: Writer,
): Formula {
  const labels = new Map(
    [...new Set([...operation.a, ...operation.b])].map((label, i) => [label, String.fromCharCode(105 + i)]),
  );
  const spell = (axes: readonly number[]): string => axes.map((axis) => labels.get(axis)).join("");
  const pattern = `${spell(operation.a)},${spell(operation.b)}->${spell(operation.result)}`;
  const known = productPatterns.get(pattern);
  const [a, b] = operands.map((id) => write(id, strengths.product + 1)) as [string, string];
  if (known !== undefined) return { text: known(a, b), strength: strengths.product };
  return { text: `einsum("${pattern}", ${a}, ${b})`, strength: strengths.atom };
}

const productPatterns: ReadonlyMap<string, (a: string, b: string) => string> = new Map([
  ["ij,j->i", (a: string, b: string) => `${a} · ${b}`],
  ["i,ji->j", (a: string, b: string) => `${b} · ${a}`],
  ["ij,i->j", (a: string, b: string) => `${a}ᵀ · ${b}`],
  ["i,ij->j", (a: string, b: string) => `${b}ᵀ · ${a}`],
  ["i,i->", (a: string, b: string) => `${a} · ${b}`],
  ["i,j->ij", (a: string, b: string) => `${a} ⊗ ${b}`],
  ["i,j->ji", (a: string, b: string) => `${b} ⊗ ${a}`],
  ["ij,jk->ik", (a: string, b: string) => `${a} · ${b}`],
  ["ij,kj->ik", (a: string, b: string) => `${a} · ${b}ᵀ`],
  ["ij,ik->jk", (a: string, b: string) => `${a}ᵀ · ${b}`],
]);
