/** A cell, what it uses, and its derivative as LaTeX. */
import type { LoweredCell } from "../../program/base/lowered-cell.js";
import { axesOf, type SemanticType, shapeOf } from "../../language/semantics/semantic-type.js";
import type {
  TypedCell,
  TypedDerivative,
  TypedExpression,
  TypedFunction,
  TypedInstance,
  TypedNode,
} from "../../language/semantics/typed-program.js";
import { typedParts } from "../../language/semantics/typed-parts.js";
import { printDim } from "../../base/types/dim.js";
import { printShape } from "../../base/types/shape.js";
import { backwardEquations } from "./backward-equations.js";
import { type Formula, nameOf } from "./formula.js";
import { dimensionLatex, instanceLatex, operatorLatex } from "./latex-names.js";
import { equationLatex, formulaLatex, type LatexContext, shapeLatex } from "./print-latex.js";
import { indexedFormula, type Surroundings, typedFormula } from "./typed-formulas.js";
import { type Time, valuesOverTime } from "./values-over-time.js";

/**
 * An `align*` environment for what each cell declares, one for its equations, one for the functions, and one for a step back
 * in time, with comments between them. Needs amsmath and amssymb.
 */
export function cellAsLatex(cell: TypedCell, lowered: LoweredCell): string {
  const cells = usedCells(cell);
  const functions = usedFunctions(cells);
  const sigmoidIsSigma = ![...cells.flatMap(namesIn), ...[...functions.keys()].flatMap(namesInFunction)].includes(
    "sigma",
  );
  const blocks: string[] = [];
  const align = (comment: string, lines: readonly string[]): void => {
    if (lines.length === 0) return;
    blocks.push(`% ${comment}\n\\begin{align*}\n${lines.map((line) => `  ${line}`).join(" \\\\\n")}\n\\end{align*}\n`);
  };
  const functionName = (fn: TypedFunction): string => functions.get(fn) ?? fn.name;
  const functionContext: LatexContext = { times: new Map<string, Time>(), sigmoidIsSigma };
  const inFunction: Surroundings = { callOf: () => undefined, functionName };
  align(
    "functions",
    [...functions.keys()].flatMap((fn) => functionLines(fn, inFunction, functionContext)),
  );
  for (const one of cells) {
    const context = { times: valuesOverTime(one), sigmoidIsSigma };
    const around: Surroundings = { callOf: (name) => one.calls.get(name), functionName };
    align(`${one.name}: what it has`, declarationLines(one, around, context));
    align(`${one.name}: one step`, equationLines(one, around, context));
  }
  const context = { times: valuesOverTime(cell), sigmoidIsSigma };
  const backward = backwardEquations(lowered);
  const hasRounds = backward.some(({ rounds }) => rounds !== undefined);
  const ofRounds = hasRounds ? ", v^{\\langle r \\rangle} what goes from round to round of a loop" : "";
  align(
    `${cell.name}: one step back in time. \\partial v is the derivative of the loss by v, \\partial v^+ what is handed in for it${ofRounds}`,
    backward.map((equation) => equationLatex(equation, context)),
  );
  return blocks.join("\n");
}

/** The cell and those that it uses, each once, used ones first. */
function usedCells(cell: TypedCell): TypedCell[] {
  const found = new Set<TypedCell>();
  const visit = (one: TypedCell): void => {
    if (found.has(one)) return;
    for (const { cell: used } of instancesOf(one)) visit(used);
    found.add(one);
  };
  visit(cell);
  return [...found];
}

function instancesOf(cell: TypedCell): TypedInstance[] {
  return cell.items.flatMap((item) => (item.kind === "instance" ? [item.instance] : []));
}

/** Functions that are called anywhere, those that others call first, each with a name of its own. */
function usedFunctions(cells: readonly TypedCell[]): ReadonlyMap<TypedFunction, string> {
  const names = new Map<TypedFunction, string>();
  const taken = new Set<string>();
  const visit = (node: TypedExpression): void => {
    for (const part of typedParts(node)) visit(part);
    const call = node.kind === "result" ? node.call : node;
    if (!("functions" in call)) return;
    for (const { fn } of [...call.functions.values(), call]) if (fn !== undefined) visitFunction(fn);
  };
  const visitFunction = (fn: TypedFunction): void => {
    if (names.has(fn)) return;
    for (const { equations, values } of partsOfFunction(fn)) {
      for (const equation of equations) visit(equation.value);
      values.forEach(visit);
    }
    let name = fn.name;
    for (let count = 2; taken.has(name); count++) name = `${fn.name}_${count}`;
    taken.add(name);
    names.set(fn, name);
  };
  for (const cell of cells) {
    for (const { value } of cell.nodes.values()) visit(value);
    for (const { inputs, contexts, states } of cell.calls.values()) {
      [...inputs, ...contexts, ...states.values()].forEach(visit);
    }
  }
  return names;
}

function namesIn(cell: TypedCell): string[] {
  const declared = cell.items.map((item) => (item.kind === "tensor" ? item.tensor.name : item.instance.name));
  return [...declared, ...cell.reals.map(({ name }) => name), ...[...cell.nodes.values()].map(({ name }) => name)];
}

function namesInFunction(fn: TypedFunction): string[] {
  const { parameters, derivative } = fn;
  const equations = partsOfFunction(fn).flatMap((part) => part.equations);
  return [...parameters, ...(derivative?.tangents ?? []), ...equations].map(({ name }) => name);
}

/** Its results, and their derivatives where it states these: equations and what they are for. */
function partsOfFunction({
  equations,
  results,
  derivative,
}: TypedFunction): Pick<TypedDerivative, "equations" | "values">[] {
  const values = results.map(({ value }) => value);
  return [{ equations, values }, ...(derivative === undefined ? [] : [derivative])];
}

/** `x_t ∈ ℝ^I`, those of one kind and shape in a line; real parameters; used cells. */
function declarationLines(cell: TypedCell, around: Surroundings, context: LatexContext): string[] {
  const lines: string[] = [];
  const write = (node: TypedExpression): string => formulaLatex(typedFormula(node, around), context);
  let row = { key: "", names: [] as string[], rest: "" };
  const flush = (): void => {
    if (row.names.length > 0) lines.push(`${row.names.join(", ")} ${row.rest}`);
    row = { key: "", names: [], rest: "" };
  };
  for (const { name, defaultValue } of cell.reals) {
    const left = formulaLatex(nameOf(name), context);
    lines.push(defaultValue === undefined ? `${left} &\\in \\mathbb{R}` : `${left} &= ${write(defaultValue)}`);
  }
  for (const item of cell.items) {
    if (item.kind === "instance") {
      flush();
      const { name, count, cell: used, dimensions, reals } = item.instance;
      const given = [
        ...[...dimensions.values()].map((dim) => dimensionLatex(dim)),
        ...[...reals].map(([real, value]) => `${formulaLatex(nameOf(real), context)} = ${write(value)}`),
      ];
      const many = count === undefined ? "" : `\\left[${dimensionLatex(count)}\\right]`;
      lines.push(`${instanceLatex(name)}${many} &= ${operatorLatex(used.name)}\\left(${given.join(", ")}\\right)`);
      continue;
    }
    const { role, name, type } = item.tensor;
    const key = `${role} ${type.kind === "index" ? printDim(type.bound) : type.kind + printShape(shapeOf(axesOf(type)))}`;
    if (key !== row.key) flush();
    const text = formulaLatex(nameOf(name, role === "state"), context);
    row = { key, names: [...row.names, text], rest: `&\\in ${setLatex(type)} && \\text{${role}}` };
  }
  flush();
  return lines;
}

/** Of all values of a type. */
function setLatex(type: SemanticType): string {
  if (type.kind === "index") return `\\{0, \\dots, ${dimensionLatex(type.bound)} - 1\\}`;
  const shape = shapeOf(axesOf(type));
  const numbers = type.kind === "complex" ? "\\mathbb{C}" : "\\mathbb{R}";
  return shape.length === 0 ? numbers : `${numbers}^{${shapeLatex(shape)}}`;
}

/** In the order of the text, initial values first. */
function equationLines(cell: TypedCell, around: Surroundings, context: LatexContext): string[] {
  const states = new Map(
    cell.items.flatMap((item) =>
      item.kind === "tensor" && item.tensor.initial !== undefined ? [[item.tensor.initial, item.tensor.name]] : [],
    ),
  );
  const line = (left: Formula, { value }: TypedNode): string =>
    equationLatex(indexedFormula(left, value, around), context);
  const initial: string[] = [];
  const steps: { readonly start: number; readonly text: string }[] = [];
  for (const node of cell.nodes.values()) {
    const state = states.get(node.key);
    if (state !== undefined) initial.push(`${line(nameOf(state), node)} && \\text{at } t = 1`);
    else steps.push({ start: node.span.start, text: line(nameOf(node.name, node.key !== node.name), node) });
  }
  return [...initial, ...steps.sort((a, b) => a.start - b.start).map(({ text }) => text)];
}

/** `f(v, w) = …`, and below it the equations inside; where it states its derivative `Df(v, w)[dv, dw] = …`, in the same way. */
function functionLines(fn: TypedFunction, around: Surroundings, context: LatexContext): string[] {
  const write = (node: TypedExpression): string => formulaLatex(typedFormula(node, around), context);
  const list = (all: readonly { readonly name: string }[]): string =>
    all.map(({ name }) => formulaLatex(nameOf(name), context)).join(", ");
  const left = `${operatorLatex(around.functionName(fn))}\\left(${list([...fn.given.map((name) => ({ name })), ...fn.functions, ...fn.parameters])}\\right)`;
  const tangents = `\\left[${list(fn.derivative?.tangents ?? [])}\\right]`;
  return partsOfFunction(fn).flatMap(({ equations, values }, part) => {
    const inside = equations.map((equation, i) => {
      const { left: name, right } = indexedFormula(nameOf(equation.name), equation.value, around);
      const text = `${formulaLatex(name, context)} = ${formulaLatex(right, context)}`;
      return `&\\quad \\text{${i === 0 ? "where" : "and"} } ${text}`;
    });
    const several = values.map(write).join(", ");
    const right = values.length === 1 ? several : `\\left(${several}\\right)`;
    return [`${part === 0 ? left : `\\mathrm{D} ${left} ${tangents}`} &= ${right}`, ...inside];
  });
}
