/** `npm run hosts`: the same bits in every engine that is here; `--help` explains. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackages } from "../bench/install-packages.js";
import { type Engine, engines, packageFolder } from "./engines.js";
import { type Outcome, type Report, targets } from "./program.js";

const help = `npm run hosts: the same bits in every engine

usage: npm run hosts -- [engine…] [--no-install]

Runs forward, backward and a stream of some cells, in float32 and float64, for each target in
every engine that is found here, and prints a hash of all results: it is the same everywhere.
The first run installs engines from npm into test/hosts (about 900 MB); browsers are taken from
the PATH. Without names, engines that are missing are skipped; a missing one that is named fails.

engines: ${engines.map(({ name }) => name).join(", ")}

exit codes: 0 all hashes are the same, 1 some differ or an engine failed or is missing, 2 the
command line is wrong
`;

const say = (text: string): void => void process.stderr.write(text);

function install(): void {
  if (existsSync(join(packageFolder, "node_modules"))) return;
  say(`installing engines into ${packageFolder} (once, about 900 MB; --no-install does without) …\n`);
  const problem = installPackages(packageFolder);
  if (problem !== undefined) say(`they could not be installed: ${problem}\n`);
}

interface Row {
  readonly cells: readonly string[];
  readonly hashes: readonly string[];
  /** What is wrong with it. */
  readonly problems: readonly string[];
}

/** What should be run where: that modules fall back and say what is missing is looked at as well as their bits. */
function problemOf({ compiles }: Engine, target: (typeof targets)[number], outcome: Outcome): string | undefined {
  const hasWasm = compiles === "wasm and auto" || (compiles === "wasm" && target === "wasm");
  if (outcome.hash === undefined) {
    const isExpected = target === "wasm" && !hasWasm && /no WebAssembly|CompileError/u.test(outcome.error);
    return isExpected ? undefined : `${target}: ${outcome.error}`;
  }
  const expected = target !== "js" && hasWasm ? "wasm" : "js";
  return outcome.variant === expected ? undefined : `${target} ran ${outcome.variant}, not ${expected}`;
}

async function rowOf(engine: Engine, file: string): Promise<Row> {
  const folder = mkdtempSync(join(tmpdir(), "recell-hosts-"));
  try {
    const version = await engine.version(file);
    const report = JSON.parse(await engine.run(file, folder)) as Report;
    const shown = targets.map((target) => {
      const { hash, ...more } = report[target];
      return hash === undefined
        ? "refused"
        : target === "auto"
          ? `${hash} (${"variant" in more ? more.variant : ""})`
          : hash;
    });
    return {
      cells: [engine.title, version, ...shown],
      hashes: targets.flatMap((target) => report[target].hash ?? []),
      problems: targets.flatMap((target) => problemOf(engine, target, report[target]) ?? []),
    };
  } catch (error) {
    return { cells: [engine.title, "failed"], hashes: [], problems: [(error as Error).message] };
  } finally {
    // Browsers may still be writing.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

function printTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .map((line) => `${line}\n`)
    .join("");
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(help);
    return 0;
  }
  const named = args.filter((arg) => arg !== "--no-install");
  const unknown = named.find((name) => !engines.some((engine) => engine.name === name));
  if (unknown !== undefined) {
    say(`there is no engine ${JSON.stringify(unknown)}; see npm run hosts -- --help\n`);
    return 2;
  }
  if (!args.includes("--no-install")) install();
  const rows: (readonly string[])[] = [["engine", "version", ...targets]];
  const hashes = new Set<string>();
  const [problems, skipped]: [string[], string[]] = [[], []];
  for (const engine of engines.filter(({ name }) => named.length === 0 || named.includes(name))) {
    const file = engine.find();
    if (file === undefined) {
      if (named.length === 0) skipped.push(`${engine.name}: ${engine.install}`);
      else problems.push(`${engine.name} is not here: ${engine.install}`);
      continue;
    }
    say(`${engine.name} …\n`);
    const row = await rowOf(engine, file);
    rows.push(row.cells);
    for (const hash of row.hashes) hashes.add(hash);
    problems.push(...row.problems.map((problem) => `${engine.name}: ${problem}`));
  }
  process.stdout.write(`\n${printTable(rows)}\n`);
  if (skipped.length > 0) process.stdout.write(`skipped, as it is not here:\n  ${skipped.join("\n  ")}\n`);
  if (hashes.size > 1) problems.push(`${hashes.size} different hashes: ${[...hashes].join(", ")}`);
  if (problems.length > 0) process.stdout.write(`wrong:\n  ${problems.join("\n  ")}\n`);
  else process.stdout.write(`the same bits everywhere: ${[...hashes].join("")}\n`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
