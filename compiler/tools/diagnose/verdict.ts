/** A diagnosis in words. */
import { significant } from "../../base/diagnostics/significant.js";
import type { Diagnosis, GradientFlow, NormCurve, SourcePlace, Verdict } from "./diagnosis.js";

/** By how much the gradient must change over the run to be called vanishing or exploding. */
const factorThatMatters = 1000;

type Facts = Omit<Diagnosis, "verdict">;

export function judge(facts: Facts): Verdict {
  const { gradient, overflow } = facts;
  const overflowWords = overflow === undefined ? [] : [overflowSentence(facts)];
  if (gradient === undefined) {
    const why = facts.stateSize === 0 ? ["The cell has no state, so nothing travels through time."] : [];
    return { flow: "no steps", perStep: undefined, atStep: undefined, words: [...overflowWords, ...why] };
  }
  const flow = judgeCurve(gradient.total, gradient.notFinite);
  return {
    ...flow,
    words: [
      ...overflowWords,
      flowSentence(flow, gradient),
      ...endedSentences(flow, gradient),
      ...stateSentences(gradient),
      ...waySentences(flow, facts, gradient),
      ...lyapunovSentences(facts),
      ...saturationSentences(facts),
    ],
  };
}

type FlowJudgement = Omit<Verdict, "words">;

function judgeCurve({ mean }: NormCurve, notFinite: number | undefined): FlowJudgement {
  const perStep = rateOf(mean);
  if (notFinite !== undefined) return { flow: "not finite", perStep, atStep: notFinite };
  if (mean[mean.length - 1] === -Infinity) {
    const last = mean.findLastIndex((value) => value !== -Infinity);
    return { flow: "zero", perStep, atStep: last + 1 };
  }
  const limit = Math.log(factorThatMatters);
  const end = mean[mean.length - 1] ?? 0;
  if (end < -limit) return { flow: "vanishes", perStep, atStep: mean.findIndex((value) => value < -limit) };
  if (end > limit) return { flow: "explodes", perStep, atStep: mean.findIndex((value) => value > limit) };
  return { flow: "carried", perStep, atStep: undefined };
}

/** The factor per step, by least squares on the logarithms after the first tenth; undefined where there is too little. */
function rateOf(mean: readonly number[]): number | undefined {
  const end = mean.findIndex((value) => !Number.isFinite(value));
  const finite = end < 0 ? mean : mean.slice(0, end);
  const from = Math.floor(finite.length / 10);
  const count = finite.length - from;
  if (count < 2) return undefined;
  const middle = (count - 1) / 2;
  let rise = 0;
  let run = 0;
  for (let i = 0; i < count; i++) {
    rise += (i - middle) * (finite[from + i] as number);
    run += (i - middle) ** 2;
  }
  return Math.exp(rise / run);
}

const times = (factor: number | undefined): string => (factor === undefined ? "" : `×${short(factor)} per step back`);

/** Three digits, more near 1, where they make the difference. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const distance = Math.abs(value - 1);
  if (distance > 0 && distance < 0.05) return value.toFixed(4);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e4)) return value.toExponential(1);
  return significant(value, 3);
}

const steps = (count: number): string => `${count} ${count === 1 ? "step" : "steps"}`;

function flowSentence({ flow, perStep, atStep }: FlowJudgement, { total }: GradientFlow): string {
  const { mean } = total;
  const back = mean.length - 1;
  const at = steps(atStep ?? 0);
  switch (flow) {
    case "vanishes":
      return `The gradient vanishes: ${times(perStep)}, below a thousandth after ${at}.`;
    case "explodes":
      return `The gradient explodes: ${times(perStep)}, above a thousandfold after ${at}.`;
    case "zero":
      return atStep === 0
        ? "No gradient reaches the state."
        : `The gradient ends: it is exactly zero from ${at} back on.`;
    case "not finite":
      return `The gradient is no longer a finite number from ${at} back on.`;
    case "no steps":
      return "";
    case "carried": {
      const [least, most] = [Math.min(...mean), Math.max(...mean)].map((value) => short(Math.exp(value)));
      const rate = perStep === undefined ? "" : `, ${times(perStep)}`;
      return `The gradient is carried over ${steps(back)}: between ×${least} and ×${most} of its start${rate}.`;
    }
  }
}

/** Examples whose gradient ends where that of others goes on. */
function endedSentences({ flow }: FlowJudgement, { total }: GradientFlow): string[] {
  const last = total.zeros.length - 1;
  const ended = total.zeros[last] ?? 0;
  if (ended === 0 || flow === "zero") return [];
  const from = total.zeros.findIndex((count) => count > 0);
  return [
    `In ${ended} ${ended === 1 ? "example" : "examples"} it ends: it is exactly zero, for the first time after ${steps(from)}.`,
  ];
}

/** States that fare otherwise than the whole. */
function stateSentences({ states, total, notFinite }: GradientFlow): string[] {
  if (states.length < 2) return [];
  const whole = judgeCurve(total, notFinite);
  return states.flatMap((curve) => {
    const own = judgeCurve(curve, undefined);
    if (own.flow === whole.flow) return [];
    const words: Partial<Record<FlowJudgement["flow"], string>> = {
      vanishes: `vanishes, below a thousandth after ${steps(own.atStep ?? 0)}`,
      explodes: `explodes, above a thousandfold after ${steps(own.atStep ?? 0)}`,
      zero: own.atStep === 0 ? "does not travel at all" : `is exactly zero from ${steps(own.atStep ?? 0)} back on`,
      carried: "is carried",
    };
    return [`By ${curve.state} alone it ${words[own.flow] ?? own.flow}.`];
  });
}

/** The file too, where it is not the one that is diagnosed. */
export const lineOf = ({ file, line }: SourcePlace, own: string): string =>
  file === own ? `line ${line}` : `${file}, line ${line}`;

const where = (place: SourcePlace | undefined, { file }: Pick<Facts, "file">): string =>
  place === undefined ? "" : ` (${lineOf(place, file)})`;

export const percent = (part: number): string =>
  part > 0 && part < 0.005 ? "less than 1 %" : `${Math.round(100 * part)} %`;

function waySentences({ flow }: FlowJudgement, facts: Facts, { passedOn, mainWay, mainShare }: GradientFlow): string[] {
  const way = mainWay.map((index) => passedOn[index]).filter((edge) => edge !== undefined);
  const [first, ...rest] = way;
  if (first === undefined) return [];
  const path = way.map(({ equation }) => equation);
  const end = way[way.length - 1]?.reads ?? "";
  const part = mainShare >= 0.5 ? "Most of it" : `The largest part of it, about ${percent(mainShare)},`;
  const sentence = `${part} goes ${[...path, end].join(" → ")}`;
  const steepest = rest.reduce(
    (found, edge) => ((flow === "explodes" ? edge.factor > found.factor : edge.factor < found.factor) ? edge : found),
    first,
  );
  const verb = steepest.factor > 1.05 ? "amplifies" : steepest.factor < 0.95 ? "contracts" : "keeps";
  const text = steepest.place?.text ?? steepest.equation;
  return [
    `${sentence}; on this way ${text}${where(steepest.place, facts)} ${verb} it: ×${short(steepest.factor)} to ${steepest.reads}.`,
  ];
}

function lyapunovSentences({ lyapunov }: Facts): string[] {
  const [first] = lyapunov?.exponents ?? [];
  const [error = 0] = lyapunov?.errors ?? [];
  if (first === undefined) return [];
  const value = `${signed(first)}${error === 0 ? "" : ` ± ${short(error)}`} per step`;
  const clear = Math.abs(first) > Math.max(2 * error, 1e-3);
  if (!clear)
    return [
      `The run is at the edge: the largest Lyapunov exponent is ${value}, neighbouring runs neither meet nor part.`,
    ];
  if (first === -Infinity) return ["The run is stable: what distinguishes neighbouring runs is lost altogether."];
  if (first < 0) return [`The run is stable: the largest Lyapunov exponent is ${value}, neighbouring runs meet.`];
  return [`The run is chaotic: the largest Lyapunov exponent is ${value}, neighbouring runs part.`];
}

export const signed = (value: number): string =>
  Number.isFinite(value) ? `${value < 0 ? "-" : "+"}${significant(Math.abs(value), 3)}` : String(value);

function saturationSentences(facts: Facts): string[] {
  return facts.saturation.flatMap(({ kind, equation, place, low, high, stuckUnits, units }) => {
    const name = `${kind} in ${equation}${where(place, facts)}`;
    const words: string[] = [];
    if (low + high > 0.5) words.push(`The ${name} is at its limits for ${percent(low + high)} of its values.`);
    else if (stuckUnits > 0) words.push(`${stuckUnits} of ${units} units of the ${name} are at a limit in every step.`);
    return words;
  });
}

function overflowSentence(facts: Facts): string {
  const { overflow, data, params } = facts;
  if (overflow === undefined) return "";
  const { step, equation, place, example, value } = overflow;
  const from = step < 0 ? `the initial value of ${equation}` : `${place?.text ?? equation}${where(place, facts)}`;
  const when = step < 0 ? "Before the first step" : `At step ${step}`;
  const cause = data === "given" || params === "given" ? " The data and parameters given are finite." : "";
  return `${when} ${from} becomes ${value} in example ${example}: only what comes before was examined.${cause}`;
}
