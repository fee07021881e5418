/** The steps of a stream, in blocks, as they come. */
import { parseNpyHeader, widthOf } from "../../../runtime/io/arrays/npy-header.js";
import { decodeElements } from "../../../runtime/io/arrays/npy.js";
import {
  bytesOfSample,
  longestWavHead,
  parseWavHeader,
  type WavHeader,
} from "../../../runtime/io/arrays/wav-header.js";
import { decodeSamples } from "../../../runtime/io/arrays/wav.js";
import { showShape } from "../../../runtime/base/show.js";
import { InputError } from "./input-error.js";
import { type InputColumns, linesOf, readJsonLine, type LineValues, TableReader } from "./read-lines.js";

export const dataFormats = ["csv", "tsv", "jsonl", "npy", "wav"] as const;
export type DataFormat = (typeof dataFormats)[number];

/** Numbers of `count` steps, for each input `[count, width]`. */
export interface StepBlock {
  readonly count: number;
  readonly values: Readonly<Record<string, ArrayLike<number>>>;
}

export interface StepInput {
  readonly format: DataFormat;
  readonly source: AsyncIterable<Uint8Array>;
  readonly inputs: readonly InputColumns[];
  readonly columns: ReadonlyMap<string, readonly string[]>;
  /** Is told once what a WAV file is. */
  onSound?(header: WavHeader): void;
}

/** Most steps in a block. */
export const blockSteps = 256;

export const stepsOf = (input: StepInput): AsyncGenerator<StepBlock> => readers[input.format](input);

const readers: Readonly<Record<DataFormat, (input: StepInput) => AsyncGenerator<StepBlock>>> = {
  csv: (input) => tableSteps(input, ","),
  tsv: (input) => tableSteps(input, "\t"),
  jsonl: jsonSteps,
  npy: npySteps,
  wav: wavSteps,
};

function* blocksOf(steps: readonly LineValues[], inputs: readonly InputColumns[]): Generator<StepBlock> {
  for (let from = 0; from < steps.length; from += blockSteps) {
    const part = steps.slice(from, from + blockSteps);
    const values = inputs.map(({ name }) => [name, part.flatMap((step) => step[name]!)]);
    yield { count: part.length, values: Object.fromEntries(values) as StepBlock["values"] };
  }
}

async function* tableSteps({ source, inputs, columns }: StepInput, separator: string): AsyncGenerator<StepBlock> {
  const reader = new TableReader(separator, inputs, columns);
  for await (const lines of linesOf(source)) {
    const steps = lines.map((line) => reader.read(line)).filter((step) => step !== undefined);
    yield* blocksOf(steps, inputs);
  }
}

async function* jsonSteps({ source, inputs }: StepInput): AsyncGenerator<StepBlock> {
  const known = inputs.map(({ name }) => name);
  for await (const lines of linesOf(source)) {
    const steps = lines.map((line) => {
      const step = readJsonLine(line, known);
      for (const { name, width } of inputs) {
        const length = step[name]?.length;
        if (length === width) continue;
        const got = length === undefined ? "nothing" : String(length);
        throw new InputError(`line ${line.number}: ${name} takes ${width} ${width === 1 ? "number" : "numbers"} in each step, got ${got}`); // prettier-ignore
      }
      return step;
    });
    yield* blocksOf(steps, inputs);
  }
}

function onlyOne(inputs: readonly InputColumns[], what: string): InputColumns {
  const [input, ...others] = inputs;
  if (input !== undefined && others.length === 0) return input;
  const names = inputs.map(({ name }) => name).join(", ") || "none";
  throw new InputError(`${what} has numbers of one input, and the module has ${names}; CSV and JSON lines have names`);
}

/** A header, and after it rows of so many bytes: in blocks of whole rows. */
async function* rowsAfter<Header extends { readonly begin: number }>(
  source: AsyncIterable<Uint8Array>,
  parse: (bytes: Uint8Array) => Header | undefined,
  rowBytes: (header: Header) => number,
): AsyncGenerator<{ readonly header: Header; readonly rows: Uint8Array; readonly rest: number }> {
  let held = new Uint8Array();
  let header: Header | undefined;
  for await (const bytes of source) {
    const all = new Uint8Array(held.length + bytes.length);
    all.set(held);
    all.set(bytes, held.length);
    held = all;
    if (header === undefined) {
      header = parse(held);
      if (header === undefined) {
        if (held.length > longestWavHead) throw new InputError(`its header has more than ${longestWavHead} bytes`);
        continue;
      }
      held = held.slice(header.begin);
    }
    const whole = held.length - (held.length % rowBytes(header));
    yield { header, rows: held.subarray(0, whole), rest: held.length - whole };
    held = held.slice(whole);
  }
  if (header === undefined) throw new InputError(`it ends in its header, after ${held.length} bytes`);
}

async function* npySteps({ source, inputs }: StepInput): AsyncGenerator<StepBlock> {
  const { name, width } = onlyOne(inputs, "an array");
  let [seen, announced, over] = [0, 0, 0];
  const parts = rowsAfter(source, parseNpyHeader, ({ element }) => width * widthOf(element));
  for await (const { header, rows, rest } of parts) {
    const { element, shape, fortranOrder } = header;
    announced = shape[0] ?? 1;
    const own = shape.slice(1).reduce((product, size) => product * size, 1);
    if (shape.length === 0 || own !== width) throw new InputError(`its shape is ${showShape(shape)}; ${name} takes [steps, ${width}]`); // prettier-ignore
    if (fortranOrder && shape.length > 1) throw new InputError("it is in Fortran's order, steps last: save it with np.ascontiguousarray"); // prettier-ignore
    const values = decodeElements(rows, element);
    seen += values.length / width;
    over = rest;
    yield* cut(name, values, width);
  }
  if (seen !== announced || over > 0) throw new InputError(`it announces ${announced} steps, and has ${seen}${over > 0 ? " and a part of one" : ""}`); // prettier-ignore
}

function* cut(
  name: string,
  values: ArrayLike<number> & { subarray(from: number, to: number): ArrayLike<number> },
  width: number,
): Generator<StepBlock> {
  const steps = values.length / width;
  for (let from = 0; from < steps; from += blockSteps) {
    const count = Math.min(blockSteps, steps - from);
    yield { count, values: { [name]: values.subarray(from * width, (from + count) * width) } };
  }
}

/** A step takes as many frames as fill the input: one for each channel, or a stretch of sound. */
async function* wavSteps({ source, inputs, onSound }: StepInput): AsyncGenerator<StepBlock> {
  const { name, width } = onlyOne(inputs, "sound");
  let isTold = false;
  let [seen, length]: [number, number | undefined] = [0, undefined];
  const parse = (bytes: Uint8Array): WavHeader | undefined => {
    const header = parseWavHeader(bytes);
    if (header !== undefined && width % header.channels !== 0) {
      throw new InputError(`it has ${header.channels} channels; ${name} takes ${width} ${width === 1 ? "number" : "numbers"} in each step`); // prettier-ignore
    }
    return header;
  };
  for await (const { header, rows } of rowsAfter(source, parse, ({ format }) => width * bytesOfSample(format))) {
    if (!isTold) onSound?.(header);
    isTold = true;
    const rowBytes = width * bytesOfSample(header.format);
    ({ length } = header);
    // What comes after the samples is something else.
    const room = length === undefined ? rows.length : Math.max(0, length - (length % rowBytes) - seen);
    const own = rows.subarray(0, Math.min(rows.length, room));
    seen += own.length;
    yield* cut(name, decodeSamples(own, header.format, header.littleEndian), width);
    if (length !== undefined && length - seen < rowBytes) return;
  }
  if (length !== undefined) throw new InputError(`its samples take ${length} bytes, there are ${seen}`);
}
