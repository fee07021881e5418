/** Arrays of used cells, `use l[L] = LSTM(H, H)`: which of them a place means, and that each with a state is called once in a step. */
import type { Expression } from "../syntax/ast.js";
import type { Span } from "../../base/source/span.js";
import { boundedAdd, boundedSubtract } from "../../base/types/bounded-dim.js";
import { addDims, type Dim, dimConstant, equalDims, printDim } from "../../base/types/dim.js";
import { isStateless } from "./calls-in-place.js";
import { tensorsIn } from "./cell-tensors.js";
import type { ArrayCall, Checker } from "./checker.js";
import { takePlace } from "./infer/selection.js";
import { wordsFor } from "./scope.js";
import type { TypedExpression, TypedInstance } from "./typed-program.js";
import type { TypedPlace } from "./typed-sizes.js";

/** `k` of `l[k](x)` or `l[k].h`, which is in the array for all sizes; undefined where something was reported. */
export function placeInArray(
  checker: Checker,
  { name, count, section, span: declared }: TypedInstance,
  written: Expression | undefined,
  span: Span,
): TypedPlace | undefined {
  if (count === undefined) return undefined;
  const { array, first } = section ?? { array: name, first: 0 };
  const place = written && first > 0 ? less(written, first) : written;
  if (place === undefined) {
    checker.report("bad-index", span, `\`${name}\` is ${printDim(count)} used cells: which of them?`, {
      related: [{ span: declared, message: "declared here" }],
      help: `\`${name}[0]\`, or all of them in rounds: \`y = x then ${name}[k](y) for k < ${printDim(count)}\``,
    });
    return undefined;
  }
  const source = { words: wordsFor("instance", name), span: declared };
  const type = { kind: "real", axes: [{ dim: count, source }] } as const;
  const axis: TypedExpression = { kind: "fill", value: 0, shape: [count], span: declared, type };
  const taken = takePlace(checker, { value: axis, root: axis, axis: 0, size: type.axes[0], position: 0 }, place);
  if (taken?.kind !== "slice" && taken?.kind !== "element") return undefined;
  const start = addDims(taken.start, dimConstant(first));
  if (taken.kind === "slice") return { array, start, terms: [], around: undefined, span: place.span };
  const other = taken.terms.find(({ index }) => checker.indices.get(index)?.ofRounds !== true);
  if (other === undefined) return { array, start, terms: taken.terms, around: taken.around, span: place.span };
  checker.report(
    "bad-index",
    place.span,
    `\`${other.index}\` does not count rounds, so nobody knows which of \`${name}\` is meant`,
    {
      help: "used cells are written out one by one: by a number, or by the index of rounds",
    },
  );
  return undefined;
}

/** The place in a section that begins at `first`. */
function less(place: Expression, first: number): Expression {
  const { span } = place;
  const right: Expression = { kind: "number", value: first, text: String(first), span };
  return { kind: "binary", operator: "-", operatorSpan: span, left: place, right, span };
}

/** A call or a member with a place, of what is no array. */
export function refusePlace(checker: Checker, name: string, { span }: Expression): undefined {
  checker.report("bad-index", span, `\`${name}\` is no array of used cells`, {
    help: `\`use ${name}[L] = …\` makes one`,
  });
}

/** Those with states move one step at a time, all of them. */
export function checkArrays(checker: Checker, instances: Iterable<TypedInstance>): void {
  for (const instance of instances) {
    const { name, count, cell, span } = instance;
    if (count === undefined || isStateless(cell)) continue;
    if (tensorsIn(cell).some(({ role }) => role === "context")) {
      checker.report("array-with-contexts", span, `\`${name}\` is several cells with states and contexts`, {
        help: "use each by a name of its own",
      });
      continue;
    }
    checkCoverage(checker, instance, count, checker.arrayCalls.filter((call) => call.instance === name)); // prettier-ignore
  }
}

/** The places from one on. */
interface Stretch {
  readonly from: Dim;
  readonly to: Dim;
  readonly span: Span;
}

function checkCoverage(
  checker: Checker,
  { name, span, section }: TypedInstance,
  size: Dim,
  calls: readonly ArrayCall[],
): void {
  const stretches = calls.flatMap((call) => stretchOf(checker, call) ?? []);
  if (stretches.length < calls.length || calls.length === 0) return;
  let end: Dim = dimConstant(section?.first ?? 0);
  const count = addDims(end, size);
  const waiting = new Set(stretches);
  while (waiting.size > 0) {
    const next = [...waiting].find(({ from }) => equalDims(from, end));
    if (next === undefined) break;
    waiting.delete(next);
    end = next.to;
  }
  const [other] = waiting;
  if (other === undefined && equalDims(end, count)) return;
  const message =
    other === undefined
      ? `\`${name}[${printDim(end)}]\` is never called, so its states would never change`
      : `nothing says that each of \`${name}\` is called once: after ${printDim(end)} goes on nothing, and here is a call from ${printDim(other.from)} on`;
  checker.report(other === undefined ? "never-called" : "called-twice", other?.span ?? span, message, {
    related: [{ span, message: "declared here" }],
    help: `all of them, each once: \`y = x then ${name}[k](y) for k < ${printDim(count)}\``,
  });
}

/** What is called in all rounds, or by a number; undefined where something was reported. */
function stretchOf(checker: Checker, { instance: name, place, isInRounds }: ArrayCall): Stretch | undefined {
  const { start, terms, around, span } = place;
  const [term, ...others] = terms;
  const isPlain = others.length === 0 && around === undefined && isInRounds === (term !== undefined);
  const one = dimConstant(1);
  const length = term?.length ?? one;
  const last = boundedSubtract(length, one);
  const begin = term?.first ?? dimConstant(0);
  const lowest = term?.reverse === true ? last && boundedAdd(last, begin) : undefined;
  const from = term?.reverse === true ? lowest && boundedSubtract(start, lowest) : boundedAdd(start, begin);
  const to = from && boundedAdd(from, length);
  if (isPlain && from !== undefined && to !== undefined) return { from, to, span };
  checker.report("called-twice", span, `nothing says that each of \`${name}\` is called once`, {
    help: "with a state, they are called by the index of rounds, `l[k]`, `l[k + 1]`, `l[L - 1 - k]`, or by numbers",
  });
  return undefined;
}
