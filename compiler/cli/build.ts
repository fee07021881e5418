/** `recell build`: from a cell to files. */
import { join } from "node:path";
import {
  compile,
  type CompileOptions,
  type CompileResult,
  declarations,
  type OutputFile,
  type WasmOutputFile,
} from "../driver/compile.js";
import { formats, targets } from "../driver/compile-options.js";
import { choiceOption, dtypeOption, type ParsedArguments, sizesOption, UsageError } from "./arguments.js";
import { ParamsError, SafetensorsError } from "../../runtime/base/errors.js";
import { elementCount } from "../../runtime/module/compiled-module.js";
import type { Manifest } from "../../runtime/module/manifest.js";
import { readBytes, writeTogether } from "./files.js";
import { misreadModule } from "./module-type.js";
import { readLimits } from "./read-limits.js";
import { exitCodes, type ExitCode, type Run } from "./command.js";
import { allInputs, showFindings } from "./sources.js";
import { withOptionErrors } from "./option-errors.js";

export const run: Run = async (args, terminal) => {
  const options = buildOptions(args);
  const inputs = allInputs("build", args);
  const params = args.text("params");
  if (inputs.length > 1 && (args.text("cell") ?? args.text("name") ?? params) !== undefined) {
    throw new UsageError("--cell, --name and --params are for one FILE");
  }
  const directory = args.text("out") ?? ".";
  const outputs: Output[] = [];
  let code: ExitCode = exitCodes.ok;
  for (const { file, text, readFile } of inputs) {
    let result: CompileResult;
    try {
      result = withOptionErrors(file, () => compile(text, { ...options, file, readFile }));
    } catch (error) {
      if (!(error instanceof ParamsError || error instanceof SafetensorsError)) throw error;
      terminal.error(`recell: ${params ?? ""}: ${error.message}\n`);
      return exitCodes.failed;
    }
    showFindings(result, terminal);
    if (result.manifest === undefined) {
      code = exitCodes.failed;
      continue;
    }
    const files: (OutputFile | WasmOutputFile)[] = [...result.files, ...result.wasmFiles];
    if (args.flag("types") !== false) {
      files.push(await declarations(result));
    }
    for (const output of files) {
      const path = join(directory, output.path);
      const contents = "text" in output ? Buffer.from(output.text) : output.bytes;
      const embedded = output === files[0] && params !== undefined ? embeddedBytes(result.manifest) : 0;
      outputs.push({ path, file, contents, embedded });
    }
  }
  refuseSameFiles(outputs);
  writeTogether(outputs);
  for (const { path, contents, embedded } of outputs) {
    const share = embedded === 0 ? "" : `, ${kibibytes(embedded)} of it parameters in base64`;
    terminal.out(`${path}  ${kibibytes(contents.byteLength)}${share}\n`);
    const misread = misreadModule(path);
    if (misread !== undefined) terminal.error(`note: ${misread}\n`);
  }
  return code;
};

interface Output {
  readonly path: string;
  /** The source. */
  readonly file: string;
  readonly contents: Uint8Array;
  /** Bytes of parameters in it. */
  readonly embedded: number;
}

/** Before anything is written. Names of files are in small letters: what differs in case only is one file on many systems. */
function refuseSameFiles(outputs: readonly Output[]): void {
  const makers = new Map<string, Output>();
  for (const output of outputs) {
    const key = output.path.toLowerCase();
    const other = makers.get(key);
    if (other !== undefined) {
      const both = `${other.file} and ${output.file} both make ${output.path}`;
      throw new UsageError(`${both}; build them one at a time, with --name or --out`);
    }
    makers.set(key, output);
  }
}

const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KiB`;

/** What the parameters of a module take in its text. */
function embeddedBytes({ params, dtype }: Manifest): number {
  const width = dtype === "f32" ? 4 : 8;
  return params.reduce((sum, { shape }) => sum + Math.ceil((elementCount(shape) * width) / 3) * 4, 0);
}

function buildOptions(args: ParsedArguments): CompileOptions {
  const cell = args.text("cell");
  const name = args.text("name");
  const format = args.text("format");
  const hvp = args.flag("hvp") === true;
  const gradient = args.text("gradient") === "params" ? "params" : (args.flag("gradient") ?? true);
  if (hvp && gradient !== true)
    throw new UsageError(
      `--hvp includes the gradient: leave out --${gradient === false ? "no-gradient" : "gradient params"}`,
    );
  const target = choiceOption("target", args.text("target"), targets, "wasm");
  const [fma, wasmFile] = [args.flag("fma") === true, args.flag("wasm-file") === true];
  if (target !== "wasm" && (fma || wasmFile))
    throw new UsageError(`--${fma ? "fma" : "wasm-file"} needs --target wasm`);
  const segments = args.flag("segments") === true;
  if (segments && gradient === false) throw new UsageError("--segments are of the gradient: leave out --no-gradient");
  const params = args.text("params");
  return {
    ...(cell === undefined ? {} : { cell }),
    ...(params === undefined ? {} : { params: readBytes(params, readLimits.params) }),
    ...(name === undefined ? {} : { name }),
    ...(format === undefined ? {} : { format: choiceOption("format", format, formats, "js") }),
    dimensions: sizesOption("dim", args.list("dim")),
    target,
    fma,
    wasmFile,
    dtype: dtypeOption(args),
    gradient,
    jvp: args.flag("jvp") === true,
    hvp,
    segments,
  };
}
