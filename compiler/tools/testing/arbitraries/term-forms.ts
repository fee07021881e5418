/** What a random term can be: every operator and function of the language, with operands for which it is well-behaved. */
import type { TermShape } from "./term.js";

export interface TermForm {
  /** `$` stands for an operand, `%` for the axis of a vector, `#` for an index and `##` for another, of this term alone. */
  readonly text: string;
  readonly operands: readonly TermShape[];
  /** Its value or a derivative of it jumps somewhere, or is declared to be another one. */
  readonly rough?: true;
  /** A function that stands in front of the cell, or what the text itself reads. */
  readonly uses?: string;
}

const smooth = (text: string, ...operands: TermShape[]): TermForm => ({ text, operands });
const rough = (text: string, ...operands: TermShape[]): TermForm => ({ text, operands, rough: true });
const calls = (uses: string, text: string, ...operands: TermShape[]): TermForm => ({ text, operands, uses });
const roughCalls = (uses: string, text: string, ...operands: TermShape[]): TermForm => ({
  ...calls(uses, text, ...operands),
  rough: true,
});

/** Entry by entry: of any shape. */
export function elementwiseForms(s: TermShape): readonly TermForm[] {
  return [...smoothForms(s), ...roughForms(s)];
}

function smoothForms(s: TermShape): readonly TermForm[] {
  return [
    smooth("tanh($)", s),
    smooth("sigmoid($)", s),
    smooth("($ + $)", s, s),
    smooth("($ - $)", s, s),
    smooth("($ * $)", s, s),
    smooth("($ / (1.5 + sin($)))", s, s),
    smooth("(-$)", s),
    smooth("($ * $)", "number", s),
    smooth("($ - $)", "number", s),
    smooth("($ * $)", "", s),
    smooth("($ / H)", s),
    smooth("((1.5 + cos($))^$)", s, "number"),
    smooth("((1.5 + cos($))^tanh($))", s, s),
    smooth("(tanh($)^2)", s),
    smooth("exp(-square($))", s),
    smooth("log(1.5 + tanh($))", s),
    smooth("sqrt(1.5 + sin($))", s),
    smooth("softplus($)", s),
    smooth("log_sigmoid($)", s),
    smooth("sinh(tanh($))", s),
    smooth("(1 / cosh(tanh($)))", s),
    smooth("atanh(0.5 * sin($))", s),
    smooth("acosh(1.5 + square(tanh($)))", s),
    smooth("atan($)", s),
    smooth("asin(0.9 * sin($))", s),
    smooth("atan2($, 1.5 + sin($))", s, s),
    smooth("erf($)", s),
    smooth("gelu($)", s),
    smooth("silu($)", s),
    smooth("expm1(tanh($))", s),
    smooth("log1p(sigmoid($))", s),
    smooth("tan(0.5 * tanh($))", s),
    // Saturated: nothing is left of a derivative.
    smooth("sigmoid(10000 * (1.5 + sin($)))", s),
    smooth("tanh(-10000 * (1.5 + sin($)))", s),
    smooth("(softplus(10000 * (1.5 + sin($))) / 10000)", s),
  ];
}

function roughForms(s: TermShape): readonly TermForm[] {
  return [
    rough("tanh(10000 * $)", s),
    rough("asinh(3 * $)", s),
    rough("acos(0.9 * tanh($))", s),
    rough("softsign($)", s),
    rough("abs($)", s),
    rough("relu($)", s),
    rough("leaky_relu($)", s),
    rough("leaky_relu($, slope = 0.2)", s),
    rough("elu($)", s),
    rough("hard_sigmoid(3 * $)", s),
    rough("hard_tanh($)", s),
    rough("max($, $)", s, s),
    rough("min($, $)", s, s),
    rough("clamp($, -1, 1)", s),
    rough("clamp($, min($, 0), 1 + sigmoid($))", s, s, s),
    rough("(sign($) * $)", s, s),
    rough("($ - floor($))", s, s),
    rough("($ - round(2 * $))", s, s),
    rough("($ mod (1.5 + sin($)))", s, s),
    // Whole numbers.
    rough("floor(3 * $)", s),
    rough("round(3 * $)", s),
    rough("(stop_gradient($) * $)", s, s),
    rough("(if $ < $ then $ else $)", s, s, s, s),
    rough("(if $ >= 0 and $ <= $ then $ else $)", s, "", "", s, s),
    rough("(if not ($ > $) or $ != 0 then $ else $)", s, s, "", s, s),
    rough("(if $ == $ then $ else $)", s, s, s, s),
  ];
}

const vectorForms: readonly TermForm[] = [
  smooth("softmax($)", "%" as TermShape),
  smooth("log_softmax($)", "%" as TermShape),
  smooth("cumsum($)", "%" as TermShape),
  smooth("cumprod($, reverse = true)", "%" as TermShape),
  smooth("logcumsumexp($)", "%" as TermShape),
  rough("cummax($)", "%" as TermShape),
  rough("sort($, descending = true)", "%" as TermShape),
  rough("scatter($, at = argsort($), size = %)", "%" as TermShape, "%" as TermShape),
  rough("(one_hot(argmin($), %) * $)", "%" as TermShape, "%" as TermShape),
  rough("($ - 0.25 * real(argmax($)))", "%" as TermShape, "%" as TermShape),
  calls("scaled", "scaled($, $)", "%" as TermShape, "%" as TermShape),
  calls("turned", "turned($)", "%" as TermShape),
  calls("descended", "descended($, $)", "%" as TermShape, "%" as TermShape),
  calls("tilted", "(tilted[1] * $ + tilted[0])", "%" as TermShape),
  calls("parted", "joined($, $)", "%" as TermShape, "%" as TermShape),
  calls("bent", "bent($, $)", "%" as TermShape, "%" as TermShape),
  calls("paired", "paired($, $)", "%" as TermShape, "%" as TermShape),
  calls("applied", "applied(halved, $)", "%" as TermShape),
  roughCalls("diagonal", "diagonal($)", "%" as TermShape),
  calls("mix", "mix(sigmoid($), $, b = $)", "", "%" as TermShape, "%" as TermShape),
  calls("gated", "gated($, $)", "%" as TermShape, "%" as TermShape),
  calls("shifted", "shifted($, $)", "%" as TermShape, ""),
  calls("settled", "settled($, $)", "%" as TermShape, "%" as TermShape),
  calls("exchanged", "exchanged($, $)", "%" as TermShape, "%" as TermShape),
  calls("deep", "deep([$, $, $], $)", "%" as TermShape, "%" as TermShape, "%" as TermShape, "%" as TermShape),
  roughCalls("stopped", "stopped($, $)", "%" as TermShape, "%" as TermShape),
  roughCalls("spike", "spike($)", "%" as TermShape),
  roughCalls("rounded", "rounded($, $)", "%" as TermShape, ""),
  calls("unit", "unit($)", "%" as TermShape),
  roughCalls("versor", "versor($)", "%" as TermShape),
  roughCalls("logarithm", "logarithm($)", "%" as TermShape),
  roughCalls("root", "root($)", "%" as TermShape),
  roughCalls("quotient", "quotient($, $)", "%" as TermShape, "%" as TermShape),
  roughCalls("capped", "capped($)", "%" as TermShape),
  roughCalls("bounded", "bounded($)", "%" as TermShape),
  roughCalls("floored", "floored($)", "%" as TermShape),
  rough("softmax(10000 * $)", "%" as TermShape),
  rough("(log_softmax(10000 * $) / 10000)", "%" as TermShape),
  smooth("concat($, $)[0:%]", "%" as TermShape, "H"),
  smooth("concat($, $)[H:]", "H", "%" as TermShape),
  smooth("concat(stack($), $)[:%]", "", "%" as TermShape),
  smooth("reshape($, [%])", "%" as TermShape),
  smooth("stack($, $)[1]", "%" as TermShape, "%" as TermShape),
  smooth("[$, tanh($)][0]", "%" as TermShape, "%" as TermShape),
  smooth("sum([$, $] * [0.5, -0.25][:, new], axis = 0)", "%" as TermShape, "%" as TermShape),
  smooth("($ * fill($, [%]))", "%" as TermShape, ""),
  smooth("sin(pi * $)", "%" as TermShape),
  smooth("re(complex($, $) / (2 + exp(1i * $)))", "%" as TermShape, "%" as TermShape, "%" as TermShape),
  smooth("im((sigmoid($) + 2i * tanh($))^3)", "%" as TermShape, "%" as TermShape),
  rough("abs(complex($, $) * conj(1 - 0.5i * $))", "%" as TermShape, "%" as TermShape, "%" as TermShape),
  smooth("arg(complex(1.5 + sin($), $))", "%" as TermShape, "%" as TermShape),
  rough("max($, -inf)", "%" as TermShape),
  smooth("mean(stack($, $, axis = 1), axis = 1)", "%" as TermShape, "%" as TermShape),
  smooth("($ + ones([%]))", "%" as TermShape),
  smooth("($ - zeros([%]))", "%" as TermShape),
];

/** A form of vectors for one axis. */
function along(axis: "I" | "H", { text, operands, ...rest }: TermForm): TermForm {
  const own = operands.map((shape) => ((shape as string) === "%" ? axis : shape));
  return { ...rest, text: text.replaceAll("%", axis), operands: own };
}

/** What only a term of this shape can be. */
export const shapedForms: Readonly<Record<Exclude<TermShape, "number">, readonly TermForm[]>> = {
  "": [
    smooth("sum($)", "H"),
    smooth("mean($)", "I"),
    smooth("logsumexp($)", "H"),
    smooth("norm(1.5 + sin($))", "H"),
    smooth("sum($[#] * $[#] for #)", "H", "H"),
    smooth("logsumexp($[#, ##] for #, ##)", "H,I"),
    smooth("mean($[#] * # for #)", "S"),
    smooth("sum($[#] * $[#, ##] * $[##] for #, ##)", "H", "H,I", "I"),
    smooth("var($)", "I"),
    smooth("prod(1.5 + sin($))", "H"),
    smooth("sum($[#] * $[(# + 1) mod H] for #)", "H", "H"),
    smooth("sum($[#, ##] * $[(# - ## - 1) mod H] for #, ##)", "H,I", "H"),
    smooth("prod($[#] + 1 for #)", "H"),
    smooth("mean($, axis = [0, 1])", "H,I"),
    smooth("logsumexp($, axis = [H, I])", "H,I"),
    smooth("std(concat($, [2, -2]))", "H"),
    smooth("($ @ $)", "H", "H"),
    smooth("im(complex($, $) @ exp(1i * $))", "H", "H", "H"),
    smooth("re(sum(exp(1i * $[#]) * complex($[#], #) for #))", "S", "S"),
    smooth("$[0]", "H"),
    smooth("$[H - 1]", "H"),
    calls("place", "$[place]", "H"),
    smooth("$[0, 0]", "H,I"),
    smooth("sum($)", "S"),
    smooth("mean($)", "S"),
    rough("max($)", "H"),
    rough("$[argmax($)]", "S", "S"),
    rough("sum($[(argmax($[#]) + #) mod I] for #)", "I", "H,I"),
    rough("prod($, axis = [0, 1])", "H,I"),
    rough("(if any($ > 0.5) and not all($ < 1) then $ else 1)", "H", "S", ""),
    rough("(if all($[#] > # - 2 for #) then $ else 1)", "H", ""),
    rough("min($)", "S"),
  ],
  H: [
    smooth("($ @ $)", "H,H", "H"),
    smooth("($ @ $)", "H,I", "I"),
    calls("times", "times($, $)", "H,I", "I"),
    calls("by_rows", "by_rows($, $)", "H,I", "I"),
    calls("by_rows", "by_rows($, $)", "H,H", "H"),
    smooth("sum($[:, #] * $[#] for #)", "H,I", "I"),
    ...vectorForms.map((form) => along("H", form)),
    smooth("sum($, axis = 1)", "H,I"),
    smooth("mean($, axis = -1)", "H,I"),
    smooth("logsumexp($, axis = 1)", "H,I"),
    smooth("norm(concat($, fill(2, [H, 1]), axis = 1), axis = 1)", "H,I"),
    smooth("($ @ $)", "S", "S,H"),
    smooth("mean($, axis = 0)", "S,H"),
    smooth("$[:, 0]", "H,I"),
    smooth("$[H - 1]", "H,H"),
    smooth("(stack($, $) @ $)[1]", "H,I", "H,I", "I"),
    rough("max($, axis = 0)", "S,H"),
    rough("min($, axis = 1)", "H,I"),
    calls("layer", "layer($)", "H"),
    calls("dense", "dense($)", "H"),
    calls("dense", "sum(dense($ * (1 + #)) * $[#] for #)", "H", "S"),
    calls("table", "table[k]"),
    calls("place", "(one_hot(place', H) * $)", "H"),
    calls("k", "stack($, $, $)[k]", "H", "H", "H"),
    // A context that is only compared, or has no gradient.
    roughCalls("g", "(if g > 0 then $ else $)", "H", "H"),
    roughCalls("g", "(if $ < g then $ else $)", "H", "H", "H"),
    roughCalls("g", "(stop_gradient(g) * $)", "H"),
    smooth("conv(concat($, $)[:, new], [[[$, 0.5]]], stride = 2)[:, 0]", "H", "H", ""),
    smooth("conv($[:, new], [[[$, 0.5, -1]]], dilation = H, pad = causal)[:, 0]", "H", ""),
    smooth("re(complex($, $) @ complex($, $))", "H,I", "H,I", "I", "I"),
    calls("spun", "im(spun(complex($, $)))", "H", "H"),
    calls("sized", "(sized(sized($)) * $)", "H,I", "H"),
    calls("piled", "(piled - pile[0].p' * many[2]($))", "H"),
    calls("wave", "(re(wave) + im(wave') * $)", "H"),
  ],
  I: [
    smooth("($ @ $)", "H", "H,I"),
    smooth("(transpose($) @ $)", "H,I", "H"),
    ...vectorForms.map((form) => along("I", form)),
    smooth("sum($, axis = 0)", "H,I"),
    smooth("sum($, axis = H)", "H,I"),
    smooth("$[0]", "H,I"),
    calls("rows", "rows[j]"),
    calls("weighed", "weighed($)", "I"),
  ],
  S: [
    smooth("($ @ $)", "S,H", "H"),
    smooth("softmax($)", "S"),
    smooth("log_softmax($)", "S"),
    smooth("sum($, axis = 1)", "S,H"),
    smooth("$[:, 0]", "S,H"),
  ],
  "H,I": [
    smooth("outer($, $)", "H", "I"),
    smooth("($[:, new] * $[new])", "H", "I"),
    smooth("fill($, [H])", "I"),
    calls("pairs", "pairs($, $)", "H", "I"),
    smooth("($ @ $)", "H,H", "H,I"),
    smooth("conv($, outer($, stack($, $, axis = 1)), pad = [1, 0])", "H,I", "I", "I", "I"),
    smooth("conv($, reshape(transpose($), [I, 1, H]), pad = causal, groups = I)", "H,I", "H,I"),
    smooth("($ + $)", "H,I", "I"),
    smooth("softmax($, axis = 0)", "H,I"),
    smooth("softmax($, axis = [0, 1])", "H,I"),
    smooth("cumsum($, axis = 1, reverse = true)", "H,I"),
    smooth("cumprod(cos($), axis = H)", "H,I"),
    smooth("reshape(reshape($, [H * I]), [H, I])", "H,I"),
    smooth("transpose(stack($, $), [1, 0, 2])[:, 1]", "H,I", "H,I"),
    smooth("concat($, $, axis = 1)[:, I:2 * I]", "H,I", "H,I"),
  ],
  "H,H": [
    smooth("outer($, $)", "H", "H"),
    smooth("transpose($)", "H,H"),
    smooth("conv($[:, :, new], [[[[$, $], [$, 0.5]]]], pad = [[1, 0], [0, 1]])[:, :, 0]", "H,H", "", "", ""),
    smooth("($ @ transpose($))", "H,I", "H,I"),
    smooth("log_softmax($, axis = 1)", "H,H"),
  ],
  "S,H": [
    smooth("($ @ $)", "S,H", "H,H"),
    smooth("softmax($, axis = 0)", "S,H"),
    smooth("($ + $)", "S,H", "H"),
    smooth("outer($, $)", "S", "H"),
  ],
};
