/** Results as text or bytes, step by step. */
import { npyHead, npyTypeOf, littleEndian } from "../../../runtime/io/arrays/npy.js";
import { encodeSamples, wavHead } from "../../../runtime/io/arrays/wav.js";
import type { WavFormat } from "../../../runtime/io/arrays/wav-header.js";
import type { FloatArray } from "../../../runtime/module/compiled-module.js";
import { UsageError } from "../arguments.js";
import type { ResultDestination } from "./destination.js";
import type { DataFormat } from "./read-steps.js";
import { namesOf } from "./read-lines.js";

/** An output, and how one step of it, or the whole of an example, looks. */
export interface ResultColumns {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface ResultBlock {
  readonly count: number;
  /** `[count, ...shape]` of each. */
  readonly values: Readonly<Record<string, FloatArray>>;
}

export interface ResultWriter {
  write(block: ResultBlock): void;
  end(): void;
}

/** What a WAV file of results is. */
export interface SoundSettings {
  readonly sampleRate: number;
  readonly channels: number;
  readonly format: WavFormat;
}

/** `sound` is asked when there are results: what it is made of is known only when some input was read. */
export function createWriter(
  format: DataFormat,
  to: ResultDestination,
  outputs: readonly ResultColumns[],
  sound: (width: number) => SoundSettings,
): ResultWriter {
  if (format === "jsonl") return jsonWriter(to, outputs);
  if (format === "csv" || format === "tsv") return tableWriter(to, outputs, format === "csv" ? "," : "\t");
  const [output, ...others] = outputs;
  if (output === undefined || others.length > 0) {
    const names = outputs.map(({ name }) => name).join(", ");
    throw new UsageError(`a .${format} file has one output, and there are ${names}; --outputs NAME says which`);
  }
  return format === "npy" ? npyWriter(to, output) : wavWriter(to, output, sound);
}

const widthOf = ({ shape }: ResultColumns): number => shape.reduce((product, size) => product * size, 1);

/** As few digits as tell the number from its neighbours of its type. */
export function numberText(value: number, isSingle: boolean): string {
  if (!isSingle || !Number.isFinite(value)) return String(value);
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

function tableWriter(to: ResultDestination, outputs: readonly ResultColumns[], separator: string): ResultWriter {
  const columns = outputs.map((output) => ({ name: output.name, width: widthOf(output) }));
  const quoted = (text: string): string => (/[",\t]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  to.write(`${columns.flatMap(({ name, width }) => namesOf(name, width).map(quoted)).join(separator)}\n`);
  return {
    write({ count, values }) {
      let text = "";
      for (let step = 0; step < count; step++) {
        const fields = columns.flatMap(({ name, width }) => {
          const own = values[name]!;
          return Array.from(own.subarray(step * width, (step + 1) * width), (value) => numberText(value, own instanceof Float32Array)); // prettier-ignore
        });
        text += `${fields.join(separator)}\n`;
      }
      to.write(text);
    },
    end: () => undefined,
  };
}

/** Nested as the shape says; what is not finite is null, as JSON has no word for it. */
function jsonOf(values: FloatArray, shape: readonly number[]): string {
  const [size, ...rest] = shape;
  if (size === undefined) {
    const value = values[0]!;
    return Number.isFinite(value) ? numberText(value, values instanceof Float32Array) : "null";
  }
  const width = rest.reduce((product, own) => product * own, 1);
  return `[${Array.from({ length: size }, (_, i) => jsonOf(values.subarray(i * width, (i + 1) * width), rest)).join(",")}]`; // prettier-ignore
}

function jsonWriter(to: ResultDestination, outputs: readonly ResultColumns[]): ResultWriter {
  return {
    write({ count, values }) {
      let text = "";
      for (let step = 0; step < count; step++) {
        const fields = outputs.map((output) => {
          const width = widthOf(output);
          const own = values[output.name]!.subarray(step * width, (step + 1) * width);
          return `${JSON.stringify(output.name)}:${jsonOf(own, output.shape)}`;
        });
        text += `{${fields.join(",")}}\n`;
      }
      to.write(text);
    },
    end: () => undefined,
  };
}

/** The header tells how many steps there are: it is written again at the end, or, where that cannot be, all waits for it. */
function npyWriter(to: ResultDestination, { name, shape }: ResultColumns): ResultWriter {
  const waiting: Uint8Array[] = [];
  let [steps, type]: [number, "f4" | "f8"] = [0, "f4"];
  const head = (): Uint8Array => npyHead(type, [steps, ...shape]);
  return {
    write({ count, values }) {
      const own = values[name]!;
      type = npyTypeOf(own) as "f4" | "f8";
      if (steps === 0 && to.rewrite !== undefined) to.write(head());
      steps += count;
      const bytes = littleEndian(own, type);
      if (to.rewrite === undefined) waiting.push(bytes);
      else to.write(bytes);
    },
    end() {
      if (to.rewrite !== undefined && steps > 0) return to.rewrite(head());
      to.write(head());
      for (const bytes of waiting) to.write(bytes);
    },
  };
}

function wavWriter(
  to: ResultDestination,
  output: ResultColumns,
  sound: (width: number) => SoundSettings,
): ResultWriter {
  let settings: SoundSettings | undefined;
  let length = 0;
  return {
    write({ values }) {
      if (settings === undefined) {
        settings = sound(widthOf(output));
        to.write(wavHead(settings, undefined));
      }
      const bytes = encodeSamples(values[output.name]!, settings.format);
      length += bytes.length;
      to.write(bytes);
    },
    end() {
      if (settings === undefined) to.write(wavHead(sound(widthOf(output)), 0));
      else {
        // Chunks end at even places.
        if (length % 2 === 1) to.write(new Uint8Array(1));
        to.rewrite?.(wavHead(settings, length));
      }
    },
  };
}
