/** The main job at a smaller size: everything it promises, in a few seconds. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadWeather, persistence, seasonalMeans } from "../../examples/weather/data.js";
import { runJob, type JobResult } from "../../examples/weather/job.js";
import { drawForecast } from "../../examples/weather/picture.js";
import { createProgress } from "../../examples/weather/progress.js";
import { readSafetensors } from "../../runtime/index.js";

describe("the weather job", () => {
  let out: string;
  let result: JobResult;
  let printed = "";
  beforeAll(async () => {
    out = await mkdtemp(join(tmpdir(), "recell-weather-"));
    result = await runJob({
      source: fileURLToPath(new URL("../../examples/weather/", import.meta.url)),
      out,
      hidden: 8,
      batch: 16,
      window: 48,
      steps: 200,
      learningRate: 0.01,
      weightDecay: 3,
      seed: 1,
      terminal: { write: (text: string) => (printed += text) },
    });
  });
  afterAll(() => rm(out, { recursive: true }));

  it("beats the forecasts that everybody can make", () => {
    expect(result.worstGradient).toBeLessThan(1e-6);
    expect(result.scores.forecast.root).toBeLessThan(result.scores.persistence.root);
    expect(result.scores.forecast.root).toBeLessThan(result.scores.season.root);
    expect(result.beatsBoth).toBe(true);
    expect(printed).toContain("The network beats both.");
  });

  it("writes a module that stands alone and gives the same forecasts elsewhere", async () => {
    expect(result.difference).toBe(0);
    const text = await readFile(join(out, "forecast.mjs"), "utf8");
    expect(text).not.toMatch(/^\s*import\b|\bimport\(|\brequire\(/m);
    const { tensors } = readSafetensors(await readFile(join(out, "forecast.safetensors")));
    expect([...tensors.keys()].sort()).toContain("memory.W_r");
  });

  it("draws a picture", async () => {
    const svg = await readFile(join(out, "forecast.svg"), "utf8");
    expect(svg).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg.match(/<circle/g)!.length).toBe(365 + 1);
  });
});

describe("its parts", () => {
  it("read four years without a gap", async () => {
    const days = await loadWeather();
    expect(days.length).toBe(1461);
    expect(days[0]).toEqual({ date: "2012-01-01", year: 2012, dayOfYear: 1, high: 12.8, low: 5, rain: 0, wind: 4.7 });
    expect(days.at(-1)!.dayOfYear).toBe(365);
    expect(persistence(days.slice(0, 3))).toEqual([12.8, 10.6]);
    expect(seasonalMeans(days, days.slice(0, 1))[0]).toBeGreaterThan(3);
  });

  it("escape what they draw", () => {
    const one = { dates: ["2015-01-01", "2015-01-02"], truth: [1, 2], forecast: [2, 1] };
    expect(drawForecast(one, '<script>"&', "")).not.toContain("<script>");
  });

  it("show progress in one line on a terminal, in a few lines elsewhere", () => {
    const shown = (isTTY: boolean): string => {
      let text = "";
      const progress = createProgress("step", { isTTY, write: (part) => (text += part) });
      for (let step = 1; step <= 100; step++) progress.update(step, 100, "note");
      progress.finish("done");
      return text;
    };
    expect(shown(false).split("\n")).toEqual(
      [20, 40, 60, 80, 100].map((n) => `  step ${n}/100  note`).concat("  done", ""),
    );
    expect(shown(true).split("\n")).toHaveLength(2);
  });
});
