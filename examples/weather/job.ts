/** The whole job, from the equations to a forecast by a file that stands alone. `main.ts` runs it at full size. */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { cell } from "../../compiler/driver/in-process.js";
import { embedParams } from "../../runtime/index.js";
import { saveParamsFile, writeFiles } from "../../runtime/node/index.js";
import { checkGradient } from "./check-gradient.js";
import { inputsOf, loadWeather, persistence, seasonalMeans, type Day } from "./data.js";
import { forecastAll, score, table, type Score } from "./evaluate.js";
import { drawForecast } from "./picture.js";
import { createProgress, type Terminal } from "./progress.js";
import { trainForecast } from "./train.js";

export interface JobOptions {
  /** The folder with forecast.cell, and the one for what is written. */
  readonly source: string;
  readonly out: string;
  readonly hidden: number;
  readonly batch: number;
  readonly window: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly seed: number;
  readonly terminal: Terminal;
}

export interface JobResult {
  readonly scores: Readonly<Record<"forecast" | "persistence" | "season", Score>>;
  /** Of the forecasts by the written file in a process of its own to those made here, °C. */
  readonly difference: number;
  readonly worstGradient: number;
  readonly beatsBoth: boolean;
}

/** Up to 2014 for training; 2015, a whole year that training never sees, for the test. */
const testYear = 2015;
/** Days before the test year that the state may warm up on. */
const warmUp = 90;
/** Largest relative error that rounding leaves in a central difference of float64 numbers of this size. */
const gradientTolerance = 1e-5;

export async function runJob(options: JobOptions): Promise<JobResult> {
  const { source, out, terminal, seed, hidden, batch, window } = options;
  const say = (text: string): unknown => terminal.write(`${text}\n`);
  const days = await loadWeather();
  const training = days.filter((day) => day.year < testYear);
  say(
    `Seattle's weather: ${training.length} days to learn from, ${days.length - training.length} of ${testYear} to test on`,
  );

  say("\nCompile examples/weather/forecast.cell");
  const text = await readFile(join(source, "forecast.cell"), "utf8");
  const small = await cell(text, { cell: "Forecast", dimensions: { H: 3 }, dtype: "f64", gradient: true });
  const start = performance.now();
  const module = await cell(text, { cell: "Forecast", dimensions: { H: hidden }, dtype: "f32", gradient: true });
  const { params } = module.manifest;
  const weights = params.reduce((sum, { shape }) => sum + shape.reduce<number>((n, size) => n * Number(size), 1), 0);
  const took = Math.round(performance.now() - start);
  say(
    `  ${hidden} units, ${weights} parameters, ${(module.text.length / 1024).toFixed(0)} KB of JavaScript in ${took} ms`,
  );

  const checks = checkGradient(small, 12, seed);
  const worst = checks.reduce((a, b) => (b.worst > a.worst ? b : a));
  say(`  gradient against differences: worst relative error ${worst.worst.toExponential(1)} (${worst.name})`);
  if (!(worst.worst < gradientTolerance)) throw new Error(`the gradient of ${worst.name} is wrong`);

  say("\nTrain");
  const progress = createProgress("step", terminal);
  const trainingStart = performance.now();
  let error = NaN;
  const run = trainForecast(module, training, options);
  let squares: number | undefined;
  for await (const event of run) {
    if (event.kind !== "update") continue;
    squares = squares === undefined ? event.loss : 0.95 * squares + 0.05 * event.loss;
    error = Math.sqrt(squares);
    progress.update(event.update, options.steps, `error ${error.toFixed(2)} °C`);
  }
  const learner = run.instance;
  const seconds = (performance.now() - trainingStart) / 1000;
  progress.finish(
    `${options.steps} steps of ${batch} x ${window} days in ${seconds.toFixed(1)} s, error in training ${error.toFixed(2)} °C`,
  );

  const firstTest = days.findIndex((day) => day.year === testYear);
  const seen = days.slice(firstTest - warmUp, -1);
  const tested = days.slice(firstTest);
  const truth = tested.map((day) => day.high);
  const forecast = forecastAll(module, learner, seen).slice(warmUp - 1);
  const scores = {
    forecast: score(forecast, truth),
    persistence: score(persistence(days.slice(firstTest - 1)), truth),
    season: score(seasonalMeans(training, tested), truth),
  };
  const beatsBoth = scores.forecast.root < Math.min(scores.persistence.root, scores.season.root);
  say(`\nForecast each day of ${testYear} a day ahead (highest temperature)`);
  say(report(scores));
  say(beatsBoth ? "  The network beats both." : "  The network does not beat both.");

  say("\nWrite");
  await mkdir(out, { recursive: true });
  // The module with its weights inside, as one file; the weights alone too, for other programs.
  const files = [join(out, "forecast.mjs"), join(out, "forecast.safetensors")] as const;
  writeFiles([{ path: files[0], contents: embedParams(module.text, { ...learner.params, ...learner.fixed }) }]);
  await saveParamsFile(module, learner, files[1]);
  const picture = join(out, "forecast.svg");
  const subtitle = `error ${scores.forecast.root.toFixed(2)} °C (root of the mean square); tomorrow as today ${scores.persistence.root.toFixed(2)} °C, mean of the season ${scores.season.root.toFixed(2)} °C`;
  const dates = tested.map((day) => day.date);
  await writeFile(
    picture,
    drawForecast({ dates, truth, forecast }, `Seattle ${testYear}: a GRU forecasts tomorrow`, subtitle),
  );
  for (const file of [...files, picture]) say(`  ${relative(".", file)}`);

  say("\nForecast with the written module in a fresh process");
  const fresh = (await runFresh(files[0], seen)).slice(warmUp - 1);
  const difference = fresh.reduce((most, value, i) => Math.max(most, Math.abs(value - forecast[i]!)), 0);
  if (fresh.length !== forecast.length) throw new Error(`${fresh.length} forecasts instead of ${forecast.length}`);
  say(`  ${fresh.length} forecasts, largest difference to those made here: ${difference} °C`);
  const last = tested.length - 1;
  say(`  ${dates[last]}: ${fresh[last]!.toFixed(1)} °C forecast, ${truth[last]!.toFixed(1)} °C measured`);
  return { scores, difference, worstGradient: worst.worst, beatsBoth };
}

function report({ forecast, persistence, season }: JobResult["scores"]): string {
  const row = (name: string, { root, mean }: Score): string[] => [
    `  ${name}`,
    `${root.toFixed(2)} °C`,
    `${mean.toFixed(2)} °C`,
    root === forecast.root ? "" : `${(100 * (1 - forecast.root / root)).toFixed(0)} %`,
  ];
  return table([
    ["", "root of mean square", "mean size of error", "network is better by"],
    row("this network", forecast),
    row("tomorrow as today", persistence),
    row("mean of the season", season),
  ]);
}

/** All that is needed to use the file: no compiler, no runtime, no package. Steps through the days one by one. */
const freshProgram = `
const { instantiate } = await import(process.argv[1]);
const days = JSON.parse(process.argv[2]);
const network = instantiate({ sizes: { T: 1 } });
console.log(JSON.stringify(days.map((weather) => network.step({ weather }).tomorrow[0])));
`;

function runFresh(file: string, days: readonly Day[]): Promise<number[]> {
  const rows = days.map((day) => [...inputsOf([day])]);
  const forbid = "--disallow-code-generation-from-strings";
  const given = ["--input-type=module", forbid, "-e", freshProgram, pathToFileURL(file).href, JSON.stringify(rows)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, given, { maxBuffer: 1 << 24 }, (error, stdout) => {
      if (error === null) resolve(JSON.parse(stdout) as number[]);
      else reject(error);
    });
  });
}
