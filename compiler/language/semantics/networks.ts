/** What is checked of networks only: what may stand in them, and their losses. */
import {
  constantOf,
  type Dim,
  dimConstant,
  dimSymbol,
  equalDims,
  subtractDims,
  symbolsOf,
} from "../../base/types/dim.js";
import type { CellItem, CellNode, DeclarationNode, Expression, UseNode } from "../syntax/ast.js";
import type { Checker } from "./checker.js";
import type { Delays } from "./delays.js";
import { dimensionOf } from "./dimension-expressions.js";
import { reportFlatGradients } from "./flat-gradients.js";
import { boundLengths } from "./found-lengths.js";
import { weightKey } from "./node-keys.js";
import type { CellScope, FoundLength } from "./scope.js";
import { axesOf, printAxes } from "./semantic-type.js";
import type { CellDeclaration } from "./declared.js";
import { standForDefaults } from "./standing-defaults.js";
import { isReal } from "./infer/mismatch.js";
import type { TypedFound, TypedLoss } from "./typed-networks.js";
import type { TypedCell } from "./typed-program.js";

const networkHelps = {
  state:
    "a state belongs to a cell: `use l = LSTM(I, H)`, and a call runs it, `e = l(x)`; what was before is `before(x, v)`",
  context: "a network's inputs have their whole shape: `input memory: [S, D]`",
} as const;

/** Refuses what stands in cells only, or in networks only. */
export function checkForm(checker: Checker, { form, items, runtime, stream }: CellNode, delays: Delays): void {
  if (form === "cell") {
    if (stream !== undefined) {
      checker.report("not-in-cell", stream.span, "a cell is one step, so it streams always", {
        help: "`stream` says of a network that it looks at nothing ahead",
      });
    }
    for (const item of items) {
      if (item.kind === "loss") refuseLoss(checker, item);
      if (item.kind === "setting") refuseSetting(checker, item);
    }
    for (const { name, span, least } of runtime) {
      if (least === 1 && contextOver(items, name.text) !== undefined) continue;
      const message = `\`${name.text}\` is a dimension that calls give, and those of a cell come with its contexts`;
      const context = contextOver(items, name.text);
      const bring = context === undefined ? `context m: [${name.text}, D]` : `context ${context}`;
      const help = context === undefined ? `\`${bring}\` brings it; or write \`network\` for equations over whole sequences` : `leave it out, or write \`${name.text} >= 1\`: \`${bring}\` brings it, and it is at least 1`; // prettier-ignore
      checker.report("not-in-cell", span, message, { help });
    }
    return;
  }
  checkOutputs(checker, items);
  for (const item of items) {
    if (item.kind !== "state" && item.kind !== "context") continue;
    const names = item.names.map(({ text }) => `\`${text}\``).join(", ");
    checker.report("not-in-network", item.span, `a network has no ${item.kind}s: ${names}`, {
      help: networkHelps[item.kind],
    });
  }
  for (const { call, word } of delays.all) {
    checker.report("not-in-network", call.span, `\`${word}\` goes by the steps of a cell, and a network has none`, {
      help: "the element before is `before(x, v)`, with `v` in front of the first",
    });
  }
}

/** The context that brings a dimension. */
function contextOver(items: CellNode["items"], dimension: string): string | undefined {
  const brings = (size: Expression): boolean => size.kind === "reference" && size.name === dimension;
  const found = items.find((item) => item.kind === "context" && "dimensions" in item.type && item.type.dimensions.some(brings)); // prettier-ignore
  return found?.kind === "context" ? found.names[0]?.text : undefined;
}

/** Notes what is required of sizes: proofs take it as given, and modules check it for each example. */
export function requireSizes(
  checker: Checker,
  declaration: CellDeclaration,
  parameters: Pick<TypedCell, "dimensions">,
): void {
  const { form, items } = declaration.node;
  standForDefaults(checker, declaration, parameters);
  boundLengths(checker);
  for (const item of items) {
    if (item.kind !== "require") continue;
    const [left, right] = [dimensionOf(checker, item.left), dimensionOf(checker, item.right)];
    if (left === undefined || right === undefined) continue;
    const { operator, span } = item;
    const dim = subtractDims(...(operator.startsWith("<") ? ([right, left] as const) : ([left, right] as const)));
    const least = operator === "<" || operator === ">" ? subtractDims(dim, dimConstant(1)) : dim;
    // It was required before, or is so of all sizes.
    const isHeld = operator === "==" ? constantOf(least) === 0 : (constantOf(least) ?? -1) >= 0;
    if (form !== "cell" && isHeld && checker.runtimeSymbol(left) !== undefined) continue;
    const isFound = symbolsOf(dim).some((symbol) => checker.scope.entries.get(symbol)?.found !== undefined);
    if (form === "cell" || isFound || checker.runtimeSymbol(dim) === undefined) {
      refuseRequirement(checker, span, form);
      continue;
    }
    const said = { left, operator, right };
    checker.obligations.push({ kind: operator === "==" ? "equal" : "least", dim: least, span, said });
    checker.bounds.facts.push(least, ...(operator === "==" ? [subtractDims(dimConstant(0), least)] : []));
    if (operator === "==") nameSize(checker, left, right);
  }
}

/** A run-time dimension by itself stands for what it is equal to, so that axes of the two are the same. */
function nameSize(checker: Checker, left: Dim, right: Dim): void {
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const [symbol, ...others] = symbolsOf(one);
    const isAlone = symbol !== undefined && others.length === 0 && equalDims(one, dimSymbol(symbol));
    if (!isAlone || checker.runtimeSymbol(one) === undefined || symbolsOf(other).includes(symbol)) continue;
    checker.namedSizes.set(symbol, other);
    return;
  }
}

function refuseRequirement(checker: Checker, span: CellItem["span"], form: CellNode["form"]): void {
  const message =
    form === "cell"
      ? "a cell is one step, and requires nothing of sizes that calls give"
      : "this says nothing of sizes that calls give";
  checker.report("bad-requirement", span, message, {
    help: "`require` stands in a network, and compares a dimension after the `;` of its header with others",
  });
}

/** What would make `open`, such as `T - 1`, no less than 0. */
export function helpWithLeast(checker: Checker, open: Dim): string | undefined {
  const symbol = checker.instances.runs && checker.runtimeSymbol(open);
  const rest = symbol === undefined ? undefined : constantOf(subtractDims(open, dimSymbol(symbol)));
  if (symbol === undefined || rest === undefined || rest >= 0) return undefined;
  return `say how large \`${symbol}\` is at least: \`network Name(…; ${symbol} >= ${-rest})\``;
}

/** Reports a network in a cell. */
export function isUsedWhereItMay(checker: Checker, { form }: CellNode, { cell }: UseNode, used: TypedCell): boolean {
  if (form === "network" || used.form === "cell") return true;
  checker.report("not-in-cell", cell.span, `\`${cell.text}\` is a network, and a cell uses cells`, {
    help: "a cell is one step; a network over whole sequences stands in another one",
  });
  return false;
}

function refuseLoss(checker: Checker, { span, name }: Extract<CellItem, { kind: "loss" }>): void {
  checker.report("not-in-cell", span, `\`${name.text}\` is a loss, and a cell has none`, {
    help: "a loss is over whole sequences: it stands in a network",
  });
}

/** Warnings where nothing comes out of a network, and of gradients by what does not matter. */
export function reportWithoutEffect(
  checker: Checker,
  { form, name, items, entries }: CellNode,
  nodes: TypedCell["nodes"],
): void {
  reportFlatGradients(nodes, checker.collector);
  if (form === "cell" || entries.length > 0 || items.some(({ kind }) => kind === "output" || kind === "loss")) return;
  checker.report("no-result", name.span, `\`${name.text}\` gives nothing: it has no outputs and no losses`, {
    help: "`output y = …` is a result, `loss = … per T` what it is trained by",
  });
}

/** What a network is trained by is no output. */
function checkOutputs(checker: Checker, items: CellNode["items"]): void {
  for (const item of items) {
    if (item.kind !== "output" || item.name.text !== "loss") continue;
    checker.report("reserved-name", item.name.span, "`loss` is what a network is trained by, and this is an output", {
      help: "a loss is an equation of that name, `loss = e per w`, and results have it, too; another output has another name",
    });
  }
}

function refuseSetting(checker: Checker, { span, names }: DeclarationNode): void {
  const list = names.map(({ text }) => `\`${text}\``).join(", ");
  checker.report("not-in-cell", span, `a cell has no settings: ${list}`, {
    help: "a number that is fixed at compilation is a parameter, `cell Name(I, H, eps: real = 1e-5)`; one that a call gives is an input",
  });
}

/** Its run-time dimensions and their least sizes, in the order of the text; without lengths of calls that nothing needs. */
export function runtimeDimensionsIn(
  { entries }: CellScope,
  lengths: readonly TypedFound[] = [],
): Pick<TypedCell, "runtimeDimensions" | "least"> {
  const isFound = (name: string): boolean => lengths.some(({ symbol }) => symbol === name);
  const isThere = (name: string, found: FoundLength | undefined): boolean =>
    found === undefined || "kind" in found.most || isFound(name);
  const found = [...entries].filter(([name, entry]) => entry.runtime === true && isThere(name, entry.found));
  return {
    runtimeDimensions: found.map(([name]) => name),
    least: new Map(found.map(([name, { least = 1 }]) => [name, least])),
  };
}

/** The values that losses need, and the ends of lengths. */
export const keysOfLosses = ({ form, items }: CellNode, { entries }: CellScope): string[] => [
  ...[...entries.values()].flatMap(({ found }) => found?.key ?? []),
  ...(form === "cell" ? [] : items.flatMap((item) => (item.kind === "loss" ? [item.name.text, ...(item.per ? [weightKey(item.name.text)] : [])] : []))), // prettier-ignore
];

export function lossesOf(checker: Checker, { form, items }: CellNode): readonly TypedLoss[] {
  if (form === "cell") return [];
  checkGiven(checker, items);
  return items.flatMap((item) => {
    if (item.kind !== "loss" || checker.scope.entries.get(item.name.text)?.span !== item.name.span) return [];
    const { text, span } = item.name;
    const weight = item.per && weightKey(text);
    checkScalar(checker, text, `the loss \`${text}\``, item.value.span);
    if (item.per !== undefined) checkScalar(checker, weightKey(text), "what a loss is divided by", item.per.span);
    return [{ name: text, span, documentation: item.documentation ?? "", weight }];
  });
}

function checkScalar(checker: Checker, key: string, what: string, span: TypedLoss["span"]): void {
  const type = checker.scope.types.get(key);
  if (type === undefined || type.kind === "error") return;
  if (!isReal(checker, { kind: "value", name: key, span, type })) return;
  const axes = axesOf(type);
  if (axes.length === 0) return;
  checker.report("shape-mismatch", span, `${what} is a number of each example, this is ${printAxes(axes)}`, {
    help: "`sum(e) per T` adds over the steps and divides by all steps of the batch",
  });
}

/** A loss is added up over the examples of a call: something has to be theirs. */
function checkGiven(checker: Checker, items: CellNode["items"]): void {
  const loss = items.find((item) => item.kind === "loss");
  const isGiven = items.some((item) => item.kind === "input" && item.type.kind !== "index-type");
  const hasSizes = [...checker.scope.entries.values()].some((entry) => entry.runtime === true);
  if (loss === undefined || isGiven || hasSizes) return;
  checker.report(
    "not-in-network",
    loss.span,
    `\`${loss.name.text}\` is a loss over examples, and a call gives nothing of them`,
    {
      help: "declare an input of real numbers, or a dimension that calls give: `network Name(…; T)`",
    },
  );
}
