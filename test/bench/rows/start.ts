/** From the start of a process to the first result of F1: a built module beside a script of plain loops. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile, type CompileOptions } from "../../../compiler/index.js";
import { cells, partSize } from "../cells.js";
import { workloads } from "../workloads.js";
import { medianOf, ratioRow, type Row, timeRow } from "./row.js";

const turns = 25;
const targets = ["js", "wasm"] as const;

/** Prints when the result was there, in milliseconds since 1970. */
const report = "console.log(performance.timeOrigin + performance.now(), y[y.length - 1]);\n";

export function startRows(): Row[] {
  const workload = workloads.find(({ id }) => id === "F1")!;
  const { I, H, B, T } = workload;
  const fill = `const fill = (n, scale) => Float32Array.from({ length: n }, (_, i) => scale * Math.sin(i));\n`;
  const x = `const x = fill(${B * T * I}, 1);\n`;
  const folder = mkdtempSync(join(tmpdir(), "recell-bench-"));
  const bound = 1 / Math.sqrt(H);
  try {
    const scripts = new Map([["bare", "const y = [0];\n"]]);
    const naive = new URL("../naive-cells.js", import.meta.url).href;
    const weights = cells.lstm.weights.map(
      (entry) => `${entry.name}: fill(${entry.params.length * partSize(entry, workload)}, ${bound})`,
    );
    scripts.set(
      "naive",
      [
        `import { naiveForward } from "${naive}";\n${fill}${x}`,
        `const y = new Float32Array(${B * T * H}), h = new Float32Array(${B * H}), c = new Float32Array(${B * H});\n`,
        `naiveForward("lstm", { ${weights.join(", ")} }, x, { I: ${I}, H: ${H}, B: ${B}, T: ${T} }, { y, h, c });\n`,
      ].join(""),
    );
    for (const target of targets) {
      const options = {
        cell: "LSTM",
        dimensions: { I, H },
        gradient: false,
        target,
        name: target,
      } satisfies CompileOptions;
      const result = compile(`import { LSTM } from "std/lstm"\n`, options);
      for (const file of result.files) {
        writeFileSync(join(folder, file.path.replace(/\.js$/u, ".mjs")), file.text);
      }
      scripts.set(
        target,
        [
          `import { instantiate, manifest } from "./${target}.mjs";\n${fill}${x}`,
          `const instance = instantiate({ batch: ${B}, steps: ${T} });\n`,
          `const filled = ({ name, shape }) => [name, fill(shape.reduce((n, size) => n * size, 1), ${bound})];\n`,
          "instance.setParams(Object.fromEntries(manifest.params.map(filled)));\n",
          "const { y } = instance.forward({ x });\n",
        ].join(""),
      );
    }
    return rowsOf(timeScripts(folder, scripts));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Milliseconds by script, all scripts in turn. */
function timeScripts(folder: string, scripts: ReadonlyMap<string, string>): Map<string, number> {
  const times = new Map<string, number[]>();
  for (const [name, text] of scripts) writeFileSync(join(folder, `run-${name}.mjs`), text + report);
  for (let turn = 0; turn < turns; turn++) {
    for (const name of scripts.keys()) {
      const start = performance.timeOrigin + performance.now();
      const [end = ""] = execFileSync(process.execPath, [join(folder, `run-${name}.mjs`)], { encoding: "utf8" }).split(
        " ",
      );
      times.set(name, [...(times.get(name) ?? []), Number(end) - start]);
    }
  }
  return new Map([...times].map(([name, list]) => [name, medianOf(list)]));
}

function rowsOf(times: ReadonlyMap<string, number>): Row[] {
  const naive = times.get("naive")!;
  const modules = [...times].filter(([name]) => name !== "bare" && name !== "naive");
  return [
    timeRow("process start to nothing", times.get("bare")!),
    timeRow("process start to the first F1 result, script of plain loops", naive),
    ...modules.flatMap(([target, time]) => [
      timeRow(`process start to the first F1 result, ${target} module`, time),
      // Plain JavaScript begins in the interpreter: what it is to be is said for the default target.
      ratioRow(
        `  and as a share of the script of plain loops`,
        time / naive,
        "at most",
        target === "wasm" ? 1.4 : undefined,
      ),
    ]),
  ];
}
