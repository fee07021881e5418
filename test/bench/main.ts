/** `npm run bench`: recell beside other ways to run recurrent cells; `--help` explains. */
import { writeFileSync } from "node:fs";
import { compileTimes } from "./compile-time.js";
import { installPeers } from "./install.js";
import { describeMachine, machineTitle } from "./machine.js";
import { BenchUsageError, type BenchOptions, helpText, readOptions } from "./options.js";
import { failuresOf, printMarkdown, printReport, type Report, type WorkloadReport } from "./report.js";
import { makeRows } from "./rows/index.js";
import type { Row } from "./rows/row.js";
import { runInProcess } from "./run-in-process.js";
import { runScaling } from "./scaling.js";
import { runSoak } from "./soak.js";
import { titleOf } from "./workloads.js";

const say = (text: string): void => void process.stderr.write(text);

/** A line that the next one replaces, on a terminal. */
function progress(text: string): void {
  if (process.stderr.isTTY) say(`\r\u001b[K${text}`);
}

/** Node 20 has relaxed SIMD with a flag only, later versions by themselves. */
const relaxedSimd = "--experimental-wasm-relaxed-simd";

async function compareAll(options: BenchOptions): Promise<number> {
  const { peers, seconds } = options;
  const others = peers.some((name) => !name.startsWith("recell") && name !== "naive");
  const problem = others && options.install && options.workloads.length > 0 ? installPeers(say) : undefined;
  if (problem !== undefined) say(`the peers could not be installed, so most are missing below: ${problem}\n`);
  const nodeOptions = options.fma && Number(process.versions.node.split(".")[0]) < 22 ? [relaxedSimd] : [];
  const workloads: WorkloadReport[] = [];
  for (const workload of options.workloads) {
    const title = titleOf(workload);
    const start = performance.now();
    try {
      const task = { workload, peers, seconds };
      const results = await runInProcess(task, nodeOptions, (text) => progress(`${title}: ${text} …`));
      workloads.push({ workload, results });
    } catch (error) {
      workloads.push({ workload, results: [], failure: (error as Error).message });
    }
    progress("");
    say(`${title}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  }
  const rows: Row[] = [];
  for (const name of options.rows) {
    progress(`${name} …`);
    rows.push(...(await makeRows(name, Math.min(seconds, 4), say)));
    progress("");
    say(`${name}: done\n`);
  }
  const report: Report = { machine: describeMachine(), seconds, workloads, rows };
  process.stdout.write(`\n${printReport(report)}`);
  if (options.markdown !== undefined) writeFileSync(options.markdown, printMarkdown(report));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  const failures = failuresOf(report);
  if (failures.length > 0)
    process.stdout.write(`\n${failures.length} below expectations:\n  ${failures.join("\n  ")}\n`);
  return failures.length === 0 ? 0 : 1;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  switch (options.mode) {
    case "help":
      process.stdout.write(helpText());
      return 0;
    case "scaling": {
      const text = await runScaling(options.seconds, say);
      process.stdout.write(`\n${text}`);
      if (options.markdown !== undefined) {
        writeFileSync(options.markdown, `# Time by size\n\n${machineTitle(describeMachine())}\n\n${text}`);
      }
      return 0;
    }
    case "compile": {
      const text = compileTimes(say);
      process.stdout.write(`\n${text}`);
      if (options.markdown !== undefined) {
        writeFileSync(options.markdown, `# Time to compile\n\n${machineTitle(describeMachine())}\n\n${text}`);
      }
      return 0;
    }
    case "soak":
      return (await runSoak(say)) ? 0 : 1;
    case "compare":
      return compareAll(options);
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof BenchUsageError)) throw error;
  say(`${error.message}\nsee npm run bench -- --help\n`);
  process.exitCode = 2;
}
