/**
 * The run-time dimensions of what a network calls: told by the shapes of its arguments; said by name where no input has them,
 * `told(start, N = M)`; and lengths that a used network finds itself, which are lengths of the network around it, then.
 */
import { type Dim, dimSymbol, isFloor, printDim, substituteDim, subtractDims } from "../../../base/types/dim.js";
import type { ArgumentNode, CallNode } from "../../syntax/ast.js";
import { bindDimensions, type Pair, pairsOf } from "../bind-dimensions.js";
import type { Checker } from "../checker.js";
import { dimensionOf } from "../dimension-expressions.js";
import { untilKey } from "../node-keys.js";
import { axesOf, type SemanticType } from "../semantic-type.js";
import type { TypedExpression, TypedInstance, TypedTensor } from "../typed-program.js";
import { untoldSizes } from "../untold-sizes.js";

/** An argument, and how many axes it has more than what it is given to. */
export interface RunArgument {
  readonly tensor: TypedTensor;
  readonly argument: ArgumentNode;
  readonly value: TypedExpression;
  readonly declared: SemanticType;
  /** Undefined where its type is not known yet. */
  readonly extra: number | undefined;
}

interface RunWithSizes {
  readonly node: CallNode;
  /** Arguments whose shapes tell sizes. */
  readonly telling: readonly RunArgument[];
  /** Sizes that the call says by name. */
  readonly said: ReadonlyMap<string, ArgumentNode>;
}

/** What is not known yet in a loop goes along it; undefined where that tells nothing, or something was reported. */
export function sizesOfCall(
  checker: Checker,
  { name, cell }: TypedInstance,
  { telling, said, node }: RunWithSizes,
): ReadonlyMap<string, Dim> | undefined {
  const known = telling.filter(({ extra }) => extra !== undefined);
  const pairs = known.flatMap(({ declared, value }) => pairsOf(declared, value.type));
  const { axis } = checker.loop ?? {};
  const guessed = telling.flatMap(({ declared, extra }): Pair[] => {
    const [first] = cell.form === "network" && extra === undefined ? axesOf(declared) : [];
    return axis === undefined || first === undefined ? [] : [{ declared: first.dim, actual: axis }];
  });
  const bound = bindDimensions([...pairs, ...guessed], new Set(cell.runtimeDimensions));
  for (const [symbol, { value }] of said) {
    const dim = dimensionOf(checker, value);
    if (dim === undefined) return undefined;
    bound.set(symbol, dim);
  }
  const missing = untoldSizes(cell).filter((symbol) => !bound.has(symbol));
  const [first] = missing;
  if (first !== undefined) {
    const list = missing.map((symbol) => `\`${symbol}\``).join(", ");
    checker.report("run-time-dimension", node.span, `no input of \`${name}\` tells how large ${list} is`, {
      help: `the call says it: \`${name}(…, ${first} = …)\` with a dimension, or a number`,
    });
    return undefined;
  }
  const lengths = new Set(cell.found.map(({ symbol }) => symbol));
  const isOpen = cell.runtimeDimensions.some((symbol) => !bound.has(symbol) && !lengths.has(symbol));
  return isOpen && known.length < telling.length ? undefined : bound;
}

/** With lengths that the used network finds, each of this call. */
export function withFoundLengths(
  checker: Checker,
  { name, cell, count }: TypedInstance,
  node: CallNode,
  told: ReadonlyMap<string, Dim>,
): ReadonlyMap<string, Dim> | undefined {
  const [length] = cell.found;
  if (length === undefined) return told;
  if (count !== undefined || checker.instances.draws?.refusalOf(node) !== undefined || checker.loop !== undefined) {
    const message = `\`${name}\` finds the length \`${length.symbol}\`, once for each call, and this stands where calls are repeated`;
    checker.report("run-time-dimension", node.span, message, {
      help: "call it in an equation of its own, in no cycle, and not for each value of an index or in each round",
    });
    return undefined;
  }
  const path = pathOf(checker, name, node);
  const all = new Map(told);
  for (const own of cell.found) {
    const most = substituteDim(own.most, told);
    const symbol = `${path}.${own.symbol}`;
    if (!isGivenWhole(checker, most)) {
      const message = `\`${own.symbol}\` of \`${name}\` would be at most \`${printDim(most)}\``;
      checker.report("run-time-dimension", node.span, message, {
        help: "say how long it may be by dimensions that calls give, and whole numbers, with `+`, `-` and `*`",
      });
      return undefined;
    }
    const least = cell.least?.get(own.symbol) ?? 0;
    const found = { most, key: untilKey(symbol) };
    if (!checker.scope.entries.has(symbol)) checker.bounds.facts.push(subtractDims(most, dimSymbol(symbol)));
    checker.scope.entries.set(symbol, { kind: "dimension", span: node.span, runtime: true, least, found });
    checker.scope.used.add(symbol);
    all.set(own.symbol, dimSymbol(symbol));
  }
  return all;
}

/** Made of sizes that are known before any value is, and of no quotients. */
const isGivenWhole = ({ scope }: Checker, { terms }: Dim): boolean =>
  terms.every(({ denominator, powers }) => {
    const isGiven = (symbol: string): boolean => scope.entries.get(symbol)?.kind === "dimension" && scope.entries.get(symbol)?.found === undefined; // prettier-ignore
    return (
      denominator === 1 && powers.every(([factor, exponent]) => exponent > 0 && !isFloor(factor) && isGiven(factor))
    );
  });

/** Where the call stands; calls of one equation that are called alike are numbered. */
function pathOf(checker: Checker, name: string, node: CallNode): string {
  const { paths } = checker.instances.runs ?? {};
  const path = paths?.get(node) ?? name;
  const alike = [...(paths ?? [])].filter(([, other]) => other === path).map(([call]) => call);
  const place = alike.indexOf(node);
  return place > 0 ? `${path} ${place + 1}` : path;
}
