/** The process of one compilation: prints its processor time as JSON, or the message of the first error. */
import { compile, type CompileOptions } from "../../compiler/index.js";
import { programShapes } from "./programs.js";

export interface CompileTask {
  /** A name of `programShapes`. */
  readonly shape: string;
  readonly operations: number;
  readonly options: Pick<CompileOptions, "gradient" | "jvp" | "hvp" | "target">;
}

const { shape, operations, options } = JSON.parse(process.argv[2] ?? "") as CompileTask;
const source = programShapes.find(({ name }) => name === shape)!.source(operations);
const start = process.cpuUsage();
const { diagnostics } = compile(source, { ...options, cell: "Program", dimensions: { H: 4 } });
const { user, system } = process.cpuUsage(start);
const error = diagnostics.find(({ severity }) => severity === "error");
process.stdout.write(JSON.stringify(error === undefined ? (user + system) / 1e6 : error.message));
