/** The tables of a run, in Markdown that also reads well on a terminal. */
import { productOperations } from "./cells.js";
import { type Machine, machineTitle } from "./machine.js";
import { peers } from "./peers/index.js";
import { isMet, type Row } from "./rows/row.js";
import { isTimed, type PeerResult, type TimedResult } from "./run-workload.js";
import { table } from "./table.js";
import { type PeerName, titleOf, type Workload } from "./workloads.js";

export interface WorkloadReport {
  readonly workload: Workload;
  readonly results: readonly PeerResult[];
  /** The process ended without results. */
  readonly failure?: string;
}

export interface Report {
  readonly machine: Machine;
  readonly seconds: number;
  readonly workloads: readonly WorkloadReport[];
  readonly rows: readonly Row[];
}

const isRecell = ({ peer }: PeerResult): boolean => peer.startsWith("recell");

/** One recell variant on one workload, held against the others. */
export interface Comparison {
  readonly workload: Workload;
  readonly result: TimedResult;
  /** Of matrix products alone, per second. */
  readonly speed: number;
  readonly share: number;
  /** The fastest peer that is neither native nor recell. */
  readonly best: { readonly result: TimedResult; readonly ratio: number } | undefined;
  /** The peer of the goal. Goals are those of WebAssembly without fused multiply-add. */
  readonly goal: { readonly ratio: number; readonly met: boolean | undefined } | undefined;
}

export function compare({ machine, workloads }: Report, variant: PeerName): Comparison[] {
  return workloads.flatMap(({ workload, results }) => {
    const timed = results.filter(isTimed);
    const result = timed.find(({ peer }) => peer === variant);
    if (result === undefined) return [];
    const [best] = timed.filter((r) => !r.native && !isRecell(r)).sort((a, b) => a.median - b.median);
    const against = timed.find(({ peer }) => peer === workload.goal.peer);
    const ratio = against && result.median / against.median;
    const met = variant === "recell-wasm" && ratio !== undefined ? ratio <= workload.goal.atMost : undefined;
    const speed = productOperations(workload) / (result.median * 1e-6);
    const { multiplyAdd, fused } = machine.ceiling;
    return [
      {
        workload,
        result,
        speed,
        share: speed / (variant === "recell-fma" ? (fused ?? multiplyAdd) : multiplyAdd),
        best: best && { result: best, ratio: result.median / best.median },
        goal: ratio === undefined ? undefined : { ratio, met },
      },
    ];
  });
}

/** What went wrong or missed its goal, one line each; nothing where all is well. */
export function failuresOf(report: Report): string[] {
  const wrong = report.workloads.flatMap(({ workload, results, failure }) => [
    ...(failure === undefined ? [] : [`${workload.id}: ${failure}`]),
    ...results.flatMap((r) => (!isTimed(r) && r.wrong ? [`${workload.id} ${r.title}: ${r.problem}`] : [])),
  ]);
  const missed = compare(report, "recell-wasm")
    .filter(({ goal }) => goal?.met === false)
    .map(({ workload, goal }) => `${workload.id}: ${ratio(goal!.ratio)}, goal ${ratio(workload.goal.atMost)}`);
  const rows = report.rows.filter((row) => isMet(row) === false).map(({ what }) => `${what}: missed its goal`);
  return [...wrong, ...missed, ...rows];
}

const microseconds = (value: number): string =>
  value.toLocaleString("en", value < 100 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 });
const ratio = (value: number): string => value.toFixed(2);

function timesTable(workloads: readonly WorkloadReport[]): string {
  const shown = new Set(workloads.flatMap(({ results }) => results.map(({ peer }) => peer)));
  const columns = peers.filter(({ name }) => shown.has(name));
  const body = workloads.map(({ workload, results }) => {
    const timed = results.filter(isTimed);
    const [best] = timed.filter((r) => !r.native && !isRecell(r)).sort((a, b) => a.median - b.median);
    const cells = columns.map(({ name }) => {
      const found = results.find(({ peer }) => peer === name);
      if (found === undefined) return "";
      if (!isTimed(found)) return found.wrong ? "wrong" : "-";
      const text = `${microseconds(found.median)} (${microseconds(found.minimum)})`;
      return found === best ? `**${text}**` : text;
    });
    return [titleOf(workload), ...cells];
  });
  return table(["µs per call: median (minimum)", ...columns.map(({ title }) => title)], body);
}

function comparisonTable(comparisons: readonly Comparison[], title: string): string {
  const body = comparisons.map(({ workload, result, speed, share, best, goal }) => [
    titleOf(workload),
    microseconds(result.median),
    (speed / 1e9).toFixed(1),
    `${(100 * share).toFixed(0)} %`,
    best?.result.title ?? "",
    best === undefined ? "" : ratio(best.ratio),
    workload.goal.peer,
    goal === undefined ? "" : ratio(goal.ratio),
    ratio(workload.goal.atMost),
    goal?.met === undefined ? "" : goal.met ? "met" : "MISSED",
  ]);
  const head = [
    title,
    "µs",
    "GFLOP/s",
    "of ceiling",
    "best peer",
    "time / its",
    "goal: of",
    "time / its",
    "at most",
    "",
  ];
  return table(head, body);
}

function rowsTable(rows: readonly Row[]): string {
  const show = (value: number, { unit, digits }: Row): string => `${value.toFixed(digits)} ${unit}`;
  const body = rows.map((row) => {
    const met = isMet(row);
    return [
      row.what,
      show(row.value, row),
      row.goal === undefined ? "" : `${row.goal.kind} ${row.goal.value} ${row.unit}`,
      met === undefined ? "" : met ? "met" : "MISSED",
    ];
  });
  return table(["besides", "figure", "goal", ""], body);
}

function problems(workloads: readonly WorkloadReport[]): string[] {
  const lines = new Map<string, string[]>();
  for (const { workload, results, failure } of workloads) {
    if (failure !== undefined) lines.set(failure, [...(lines.get(failure) ?? []), workload.id]);
    for (const result of results) {
      if (isTimed(result)) continue;
      const text = `${result.title}: ${result.problem}`;
      lines.set(text, [...(lines.get(text) ?? []), workload.id]);
    }
  }
  return [...lines].map(([text, ids]) => `- ${text} (${ids.join(", ")})`);
}

const gigaflops = (value: number): string => `${(value / 1e9).toFixed(1)} GFLOP/s`;

/** How each peer does it, and which version it is. */
function waysOf(workloads: readonly WorkloadReport[]): string[] {
  const found = new Map<string, Map<string, string[]>>();
  for (const { workload, results } of workloads) {
    for (const { title, version, variant } of results.filter(isTimed)) {
      const key = `${title} ${version}`;
      const variants = found.get(key) ?? new Map<string, string[]>();
      found.set(key, variants.set(variant, [...(variants.get(variant) ?? []), workload.id]));
    }
  }
  return [...found].map(([title, variants]) => {
    const list = [...variants].map(([variant, ids]) =>
      variants.size === 1 ? variant : `${variant} (${ids.join(", ")})`,
    );
    return `- ${title}: ${list.join("; ")}`;
  });
}

/** The whole report. */
export function printReport(report: Report): string {
  const { machine, workloads, rows, seconds } = report;
  const { multiplyAdd, fused } = machine.ceiling;
  const sections: string[] = [
    [
      `${machineTitle(machine)}; ${seconds} s for each workload.`,
      `Single precision in registers, one thread of WebAssembly: ${gigaflops(multiplyAdd)} multiplying and adding${fused === undefined ? "" : `, ${gigaflops(fused)} fused`}.`,
    ].join("\n"),
  ];
  if (workloads.length > 0) {
    sections.push(timesTable(workloads));
    const wasm = compare(report, "recell-wasm");
    const variants: PeerName[] = [wasm.length > 0 ? "recell-wasm" : "recell-js", "recell-fma"];
    for (const variant of variants) {
      const comparisons = compare(report, variant);
      if (comparisons.length > 0) sections.push(comparisonTable(comparisons, comparisons[0]!.result.title));
    }
  }
  if (rows.length > 0) sections.push(rowsTable(rows));
  const notes = problems(workloads);
  if (notes.length > 0) sections.push(["Left out:", "", ...notes].join("\n"));
  const ways = waysOf(workloads);
  if (ways.length > 0) sections.push(["How:", "", ...ways].join("\n"));
  return `${sections.map((text) => text.trimEnd()).join("\n\n")}\n`;
}

/** The report as a file of its own. */
export function printMarkdown(report: Report): string {
  return [
    "# recell beside other ways to run recurrent cells",
    "",
    "Written by `npm run bench -- --markdown FILE`; `npm run bench -- --help` says what is measured and how. Bold is the best",
    "peer that is not native code. Absolute times depend on the machine and its neighbours: quote ratios.",
    "",
    printReport(report),
  ].join("\n");
}
