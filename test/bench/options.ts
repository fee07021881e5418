/** The command line of the benchmark. */
import { parseArgs } from "node:util";
import { peers } from "./peers/index.js";
import { networkWorks } from "./networks.js";
import { rowNames } from "./rows/index.js";
import { titleOf, type PeerName, type Workload, workloads } from "./workloads.js";

export interface BenchOptions {
  readonly mode: "compare" | "scaling" | "compile" | "soak" | "help";
  readonly workloads: readonly Workload[];
  readonly rows: readonly string[];
  readonly peers: readonly PeerName[];
  /** For each workload, its peers together. */
  readonly seconds: number;
  readonly fma: boolean;
  readonly install: boolean;
  readonly markdown: string | undefined;
  readonly json: string | undefined;
}

/** A mistake on the command line. */
export class BenchUsageError extends Error {
  override readonly name = "BenchUsageError";
}

const defaultSeconds = 8;

/** @throws BenchUsageError */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parse(args);
  const modes = (["help", "scaling", "compile", "soak"] as const).filter((mode) => values[mode] === true);
  if (modes.length > 1) throw new BenchUsageError(`--${modes.join(" and --")} are different things; give one of them`);
  const [mode = "compare"] = modes;
  const meaning: Readonly<Record<string, readonly string[]>> = {
    scaling: ["seconds", "markdown"],
    compile: ["markdown"],
    soak: [],
  };
  const unused = Object.keys(values).filter((name) => name !== mode && meaning[mode]?.includes(name) === false);
  if (unused.length > 0) throw new BenchUsageError(`--${unused[0]!} means nothing with --${mode}`);
  const all = [...workloads.map(({ id }) => id), ...rowNames];
  const only = choose("only", values.only, all);
  const known = peers.map(({ name }) => name);
  const chosen = choose("peers", values.peers, known) as PeerName[];
  const fma = values.fma === true || (values.peers !== undefined && chosen.includes("recell-fma"));
  const seconds = Number(values.seconds ?? defaultSeconds);
  if (!(seconds > 0 && seconds <= 3600)) {
    throw new BenchUsageError(`--seconds must be a number above 0, got ${JSON.stringify(values.seconds)}`);
  }
  return {
    mode,
    workloads: workloads.filter(({ id }) => only.includes(id)),
    rows: rowNames.filter((name) => only.includes(name)),
    peers: fma || chosen.includes("recell-fma") !== true ? chosen : chosen.filter((name) => name !== "recell-fma"),
    seconds,
    fma,
    install: values["no-install"] !== true,
    markdown: values.markdown,
    json: values.json,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string" },
        peers: { type: "string" },
        seconds: { type: "string" },
        fma: { type: "boolean" },
        scaling: { type: "boolean" },
        compile: { type: "boolean" },
        soak: { type: "boolean" },
        "no-install": { type: "boolean" },
        markdown: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new BenchUsageError((error as Error).message);
  }
}

/** A list of names, in any case; all where the option is left out. */
function choose(option: string, given: string | undefined, known: readonly string[]): string[] {
  if (given === undefined) return [...known];
  return given.split(",").map((part) => {
    const found = known.find((name) => name.toLowerCase() === part.trim().toLowerCase());
    if (found === undefined) {
      throw new BenchUsageError(`--${option} knows no ${JSON.stringify(part.trim())}; it knows ${known.join(", ")}`);
    }
    return found;
  });
}

export function helpText(): string {
  return `npm run bench: recell beside other ways to run recurrent cells

usage: npm run bench -- [options]

Each workload runs in a process of its own. All peers are set up on the same weights and
inputs, their results are checked against double precision, and those that are right are
timed in turn, round after round. Shown are the median and the minimum of the rounds, in
microseconds per call, recell's time as a share of the best peer that is not native, and
the speed in GFLOP/s beside what this machine reaches on numbers in registers. Absolute
times depend on the machine and its neighbours: quote ratios of one run.

The peers are not dependencies of recell. The first run installs them into test/bench
(about 750 MB).

options:
  --only LIST        workloads and rows, as in --only F1,T3 (see below); all where left out
  --peers LIST       peers, as in --peers recell-wasm,ort-web; all where left out
  --seconds N        time for each workload, its peers together; ${defaultSeconds} where left out
  --fma              also recell with fused multiply-add; on Node 20 this switches relaxed SIMD on
                     for the other peers too, of which jax-js uses it
  --no-install       do without peers that are not installed
  --markdown FILE    write the tables to FILE
  --json FILE        write all figures to FILE
  --scaling          instead: how the time of an LSTM grows with its sizes; --seconds for each table, and
                     --markdown
  --compile          instead: how compile time grows with a program, for 100, 1,000 and 10,000 operations;
                     --markdown
  --soak             instead: does memory grow over a million calls of each function?
  -h, --help         show this text

workloads: cell inputs/units, examples, steps; F forward, S one step, T with gradients
${workloads.map((workload) => `  ${titleOf(workload)}`).join("\n")}

networks: beside what peers took on another machine, as these are not run
${networkWorks.map(({ id, title }) => `  ${id} ${title}`).join("\n")}

further rows: ${rowNames.filter((name) => !networkWorks.some(({ id }) => id === name)).join(", ")}

peers:
${peers.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join("\n")}

examples:
  npm run bench -- --only F1,F2 --seconds 20
      two workloads, with more patience
  npm run bench -- --peers recell-js,naive --no-install
      without installing anything
  npm run bench -- --markdown test/bench/RESULTS.md
      the committed table

exit codes: 0 all went well and every goal was met, 1 a goal was missed, a result wrong, or
memory grew, 2 the command line is wrong
`;
}
