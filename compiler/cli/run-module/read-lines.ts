/** Lines of text, and steps or examples out of them, as they come: no more is kept than a line. */
import { describe, isRecord } from "../../../runtime/base/options.js";
import { showText } from "../../../runtime/base/show.js";
import { SourceError } from "../../../runtime/base/errors.js";
import { fieldsOf } from "../../../runtime/training/data/table.js";
import { suggest } from "../../base/diagnostics/suggest.js";
import { InputError } from "./input-error.js";

/** Longer ones are no lines of numbers, but a file of another kind. */
const longestLine = 2 ** 26;

interface InputLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** The lines that each block of the input completes; empty ones are left out. */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<readonly InputLine[]> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let [rest, number] = ["", 0];
  const take = (lines: readonly string[]): InputLine[] =>
    lines.flatMap((line) => {
      number++;
      const text = line.endsWith("\r") ? line.slice(0, -1) : line;
      return text.trim() === "" ? [] : [{ text, number }];
    });
  const decode = (bytes?: Uint8Array): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
    } catch {
      throw new InputError(`line ${number + 1} or one after it is not UTF-8`);
    }
  };
  for await (const bytes of source) {
    const parts = (rest + decode(bytes)).split("\n");
    rest = parts.pop()!;
    if (rest.length > longestLine) throw new InputError(`line ${number + parts.length + 1} has more than ${longestLine} characters`); // prettier-ignore
    const lines = take(parts);
    if (lines.length > 0) yield lines;
  }
  const last = take([rest + decode()]);
  if (last.length > 0) yield last;
}

/** What a line has of an input: so many numbers. */
export interface InputColumns {
  readonly name: string;
  readonly width: number;
}

export type LineValues = Readonly<Record<string, readonly number[]>>;

/** Of a table: where in a line the numbers of each input stand, by its headings. */
export class TableReader {
  private readonly separator: string;
  private readonly inputs: readonly InputColumns[];
  private readonly named: ReadonlyMap<string, readonly string[]>;
  private headings: readonly string[] | undefined;
  private places: readonly (readonly [name: string, places: readonly number[]])[] = [];

  /** @param named Headings of inputs that have others than their names. */
  constructor(separator: string, inputs: readonly InputColumns[], named: ReadonlyMap<string, readonly string[]>) {
    this.separator = separator;
    this.inputs = inputs;
    this.named = named;
  }

  /** Undefined of the first line, which has the headings. */
  read({ text, number }: InputLine): LineValues | undefined {
    let fields: string[];
    try {
      fields = fieldsOf(text, this.separator, number).map((field) => field.trim());
    } catch (error) {
      throw error instanceof SourceError ? new InputError(error.detail) : error;
    }
    const { headings } = this;
    if (headings === undefined) {
      this.headings = fields;
      this.places = this.inputs.map((input) => [input.name, this.placesOf(input, fields)]);
      return undefined;
    }
    if (fields.length !== headings.length) {
      throw new InputError(`line ${number} has ${fields.length} fields, the headings are ${headings.length}`);
    }
    const numberAt = (place: number): number => {
      const field = fields[place]!;
      const value = field === "" ? undefined : Number(field);
      if (value !== undefined && (!Number.isNaN(value) || field === "NaN")) return value;
      const got = field === "" ? "nothing" : showText(field);
      throw new InputError(`line ${number}, column ${showText(headings[place]!)}: expected a number, got ${got}`);
    };
    return Object.fromEntries(this.places.map(([name, places]) => [name, places.map(numberAt)]));
  }

  private placesOf({ name, width }: InputColumns, headings: readonly string[]): number[] {
    const own = this.named.get(name) ?? namesOf(name, width);
    if (own.length !== width) {
      throw new InputError(`${name} takes ${width} numbers in each step, and --columns gives it ${own.length} columns`);
    }
    return own.map((heading) => {
      const place = headings.indexOf(heading);
      if (place >= 0) return place;
      const told = headings.slice(0, 20).map(showText).join(", ");
      const help = this.named.has(name) ? "" : `; --columns ${name}=HEADING,… says which columns are ${name}`;
      throw new InputError(`there is no column ${showText(heading)} for ${name}; line 1 has ${told}${help}`);
    });
  }
}

/** `x` for one number, else `x[0]`, `x[1]`, … */
export const namesOf = (name: string, width: number): string[] =>
  width === 1 ? [name] : Array.from({ length: width }, (_, i) => `${name}[${i}]`);

/**
 * An object with a list, nested or not, or a number for each name.
 *
 * @param known Names that there may be.
 */
export function readJsonLine({ text, number }: InputLine, known: readonly string[]): LineValues {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InputError(`line ${number} is no JSON: ${(error as Error).message}`);
  }
  if (!isRecord(value)) throw new InputError(`line ${number}: expected an object with ${known.join(", ")}, got ${describe(value)}`); // prettier-ignore
  return Object.fromEntries(
    Object.entries(value).map(([name, own]) => {
      if (!known.includes(name)) {
        const similar = suggest(name, known);
        const help = similar === undefined ? `the names are ${known.join(", ")}` : `did you mean ${similar}?`;
        throw new InputError(`line ${number}: there is no input ${showText(name)}; ${help}`);
      }
      const list: readonly unknown[] = Array.isArray(own) ? own.flat(Infinity) : [own];
      const wrong = list.find((item) => typeof item !== "number");
      if (wrong !== undefined) throw new InputError(`line ${number}: ${name} must be a list of numbers, got ${describe(wrong)} in it`); // prettier-ignore
      return [name, list as number[]];
    }),
  );
}
