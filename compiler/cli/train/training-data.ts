/** What there is to learn from a file: which case it is, and its examples, some of which are held out. */
import { SourceError } from "../../../runtime/base/errors.js";
import { randomStream } from "../../../runtime/base/random.js";
import { isRecord, ownValue } from "../../../runtime/base/options.js";
import { inputsOfExample } from "../../../runtime/module/axes.js";
import type { InputEntry, Manifest } from "../../../runtime/module/manifest.js";
import type { DataSource } from "../../../runtime/training/data/source.js";
import { splitByTime, windows } from "../../../runtime/training/data/series.js";
import { csv, jsonLines, numberAt, parseRows } from "../../../runtime/training/data/table.js";
import { text as textSource } from "../../../runtime/training/data/text.js";
import { UsageError } from "../arguments.js";
import { baselineOfCharacters, baselineOfClasses, baselineOfValues } from "./baseline.js";
import type { TrainCommandSettings } from "./train-settings.js";

export interface TrainingData {
  /** What is learned, and why that. */
  readonly told: string;
  readonly learn: DataSource;
  /** Left out where nothing is held out. */
  readonly heldOut?: DataSource;
  /** What could be said of that without learning, or of all where nothing is held out; undefined where it depends on the network. */
  baseline?(): Promise<string> | string;
  /** What a number of the module means, to write beside it. */
  readonly files: readonly { readonly name: string; readonly contents: string }[];
}

/** How many there are of what the data name: a size that the network has and nobody gave. */
export interface DataCount {
  readonly count: number;
  readonly of: string;
}

interface TrainingCase {
  /** Undefined where data of this kind tell no size. */
  count(content: string, settings: TrainCommandSettings): DataCount | undefined;
  examples(content: string, manifest: Manifest, settings: TrainCommandSettings): TrainingData;
}

const share = ({ heldOut = 0.1 }: TrainCommandSettings): number => heldOut;

const characters: TrainingCase = {
  count(content) {
    const { vocabulary } = textSource(content, { unit: "character" });
    return { count: vocabulary.size, of: "characters of the text, and one for those that are not known" };
  },
  examples(content, manifest, settings) {
    const input = onlyInput(manifest, "text", (entry) => entry.dtype === "index" && isSequence(entry));
    const { vocabulary } = textSource(content, { unit: "character" });
    const all = [...content];
    const cut = all.length - Math.floor(all.length * share(settings));
    const { length = 64 } = settings;
    const source = (part: readonly string[]): DataSource =>
      textSource(part.join(""), { unit: "character", length, vocabulary, input });
    return {
      told: `the next character: the data are text, and ${manifest.cell} reads ${input}, a sequence of numbers below ${vocabulary.size}`, // prettier-ignore
      learn: source(all.slice(0, cut)),
      ...(cut < all.length && { heldOut: source(all.slice(cut)) }),
      baseline: () => baselineOfCharacters(all.slice(0, cut), cut < all.length ? all.slice(cut) : all, vocabulary.size),
      files: [{ name: "vocabulary.json", contents: `${vocabulary.save()}\n` }],
    };
  },
};

const isSequence = ({ shape }: InputEntry): boolean => typeof shape[0] === "string";

function onlyInput(manifest: Manifest, what: string, fits: (entry: InputEntry) => boolean): string {
  const inputs = inputsOfExample(manifest);
  const [input, ...others] = inputs;
  if (input !== undefined && others.length === 0 && fits(input)) return input.name;
  const told = inputs.map(({ name, shape, dtype }) => `${name}: ${dtype}[${shape.join(", ")}]`).join(", ") || "none";
  throw new UsageError(`${what} is for a network with one input, a sequence of indices; ${manifest.cell} has ${told}`);
}

/** A window of moments, and what comes after each. */
function tableCase(separator: string): TrainingCase {
  return {
    count: (content, settings) =>
      settings.group === undefined ? undefined : lines.count(groupedLines(content, separator, settings), settings),
    examples(content, manifest, settings) {
      const inputs = inputsOfExample(manifest);
      const label = inputs.find((input) => !isSequence(input));
      if (settings.group !== undefined) {
        const { told, ...data } = lines.examples(groupedLines(content, separator, settings), manifest, settings);
        const kind = told.slice(0, told.indexOf(":"));
        return { ...data, told: `${kind}: lines of the table with the same ${settings.group} are a sequence` };
      }
      if (label !== undefined) {
        throw new UsageError(
          `${manifest.cell} takes ${label.name} once for each sequence: --group HEADING says which lines of the table are one`,
        );
      }
      const headings = content.replace(/^\uFEFF/u, "").split(/\r\n|\n|\r/u)[0]!.split(separator).map((heading) => heading.trim().replace(/^"(.*)"$/u, "$1")); // prettier-ignore
      const targets = inputs.filter((input) => input.forLosses === true && inputs.length > 1);
      const columns = Object.fromEntries(
        inputs
          .filter((input) => !targets.includes(input))
          .map(({ name }) => [name, settings.columns?.[name] ?? headings]),
      );
      const first = settings.target ?? Object.values(columns)[0]?.[0] ?? "";
      const ahead = Object.fromEntries(targets.map(({ name }) => [name, [settings.columns?.[name]?.[0] ?? first, 1] as const])); // prettier-ignore
      const series = csv(content, { columns, ahead, separator });
      const last = Math.floor(series.length * share(settings));
      const { length = Math.min(64, Math.max(1, last === 0 ? series.length : last)) } = settings;
      const [before, after] = last === 0 ? [series] : splitByTime(series, last);
      const read = Object.entries(columns).map(([name, own]) => `${name} is ${own.join(", ")}`);
      const isHeldOut = after !== undefined && after.length >= length;
      const looked = isHeldOut ? after : before;
      const said = Object.entries(ahead).map(([name, [heading]]) => `${name} is ${heading} a line later`);
      return {
        told: `the next value: the data are a table of numbers, a line for each moment; ${[...read, ...said].join("; ")}`,
        learn: windows(before, { length }),
        ...(isHeldOut && { heldOut: windows(after, { length, stride: Math.max(1, Math.floor(length / 2)) }) }), // prettier-ignore
        ...(targets.length > 0 && looked.length > 1 && { baseline: () => baselineOfValues(Object.fromEntries(Object.entries(ahead).map(([name, [heading]]) => [heading, looked.columns[name]?.values ?? []]))) }), // prettier-ignore
        files: [],
      };
    },
  };
}

const lines: TrainingCase = {
  count(content) {
    const { labels } = withoutTexts(content);
    return labels.size === 0 ? undefined : { count: labels.size, of: "labels" };
  },
  examples(content, manifest, settings) {
    const { text, labels } = withoutTexts(content);
    const all = jsonLines(text);
    const order = randomStream(settings.seed ?? 0, "held out").shuffle(Uint32Array.from({ length: all.count }, (_, i) => i)); // prettier-ignore
    const cut = all.count - Math.floor(all.count * share(settings));
    const label = inputsOfExample(manifest).find((input) => input.dtype === "index" && !isSequence(input));
    const what = label === undefined ? "what each line has" : `the class of a sequence, ${label.name}`;
    // In the order of the lines, so that messages say of which they are where nothing is held out.
    const [learn, rest] = [order.subarray(0, cut).sort(), order.subarray(cut).sort()];
    const classesOf = async (places: Uint32Array): Promise<number[]> => {
      const examples = await Promise.all(Array.from(places, (place) => all.read(place, randomStream(0, "baseline"))));
      return examples.flatMap((example) => [ownValue(example, label?.name ?? "")].flat().map(Number));
    };
    const nameOf = (own: number): string => [...labels.keys()][own] ?? String(own);
    const baseline = async (): Promise<string> => baselineOfClasses(await classesOf(learn), await classesOf(rest.length > 0 ? rest : learn), nameOf); // prettier-ignore
    return {
      told: `${what}: the data are JSON lines, an example in each`,
      learn: partOf(all, learn),
      ...(rest.length > 0 && { heldOut: partOf(all, rest) }),
      ...(label !== undefined && label.shape.length === 0 && { baseline }),
      files: labels.size === 0 ? [] : [{ name: "labels.json", contents: `${JSON.stringify([...labels.keys()])}\n` }],
    };
  },
};

/** A table as JSON lines: lines that have the same in one column are an example, with lists by input, and what is once for each. */
function groupedLines(content: string, separator: string, settings: TrainCommandSettings): string {
  const { group = "", target, columns } = settings;
  if (columns === undefined || target === undefined) {
    throw new UsageError(
      "--group needs --columns x=HEADING,… and --target, INPUT=HEADING, which say what sequences have",
    );
  }
  const [, label = "", heading = ""] = /^([^=]+)=(.+)$/su.exec(target) ?? [];
  if (label === "")
    throw new UsageError(`--target must be INPUT=HEADING beside --group, got ${JSON.stringify(target)}`);
  const [head, ...rows] = parseRows(content, separator);
  const placeOf = (own: string): number => {
    const place = head?.fields.indexOf(own) ?? -1;
    if (place >= 0) return place;
    throw new SourceError("missing-column", `there is no column ${JSON.stringify(own)}; there are ${head?.fields.join(", ") ?? "none"}`, 1, "csv"); // prettier-ignore
  };
  const [key, kind] = [placeOf(group), placeOf(heading)];
  const inputs = Object.entries(columns).map(([name, own]) => [name, own.map((each) => [each, placeOf(each)] as const)] as const); // prettier-ignore
  const examples = new Map<string, Record<string, unknown>>();
  for (const row of rows) {
    const { fields, line } = row;
    if (fields.length !== head!.fields.length) throw new SourceError("bad-row", `line ${line} has ${fields.length} fields, the headings are ${head!.fields.length}`, line, "csv"); // prettier-ignore
    const text = fields[kind]!.trim();
    const example = examples.get(fields[key]!) ?? { [label]: /^\d+$/u.test(text) ? Number(text) : text };
    examples.set(fields[key]!, example);
    for (const [name, own] of inputs) {
      const list = (example[name] ??= []) as number[];
      for (const [each, place] of own) list.push(numberAt(row, place, each));
    }
  }
  return [...examples.values()].map((example) => JSON.stringify(example)).join("\n");
}

/** Labels that are texts become numbers, in the order of the alphabet. */
function withoutTexts(content: string): { readonly text: string; readonly labels: ReadonlyMap<string, number> } {
  const rows = content.split(/\r\n|\n/u).map((line, i): unknown => {
    if (line.trim() === "") return undefined;
    try {
      return JSON.parse(line);
    } catch {
      throw new SourceError("bad-row", `line ${i + 1}: this is no JSON`, i + 1);
    }
  });
  const found = rows.flatMap((row) =>
    isRecord(row) ? Object.values(row).filter((own) => typeof own === "string") : [],
  );
  const labels = new Map([...new Set(found)].sort().map((label, i) => [label, i]));
  if (labels.size === 0) return { text: content, labels };
  const text = rows
    .map((row) =>
      row === undefined
        ? ""
        : JSON.stringify(row, (_, own: unknown) => (typeof own === "string" ? labels.get(own) : own)),
    ) // prettier-ignore
    .join("\n");
  return { text, labels };
}

const partOf = (source: DataSource, places: Uint32Array): DataSource => ({
  count: places.length,
  fingerprint: `${places.length} of ${source.fingerprint}`,
  lengthOf: (index) => source.lengthOf!(places[index]!),
  read: (index, random) => source.read(places[index]!, random),
});

const cases: Readonly<Record<string, TrainingCase>> = {
  txt: characters,
  csv: tableCase(","),
  tsv: tableCase("\t"),
  jsonl: lines,
  ndjson: lines,
};

/** @throws UsageError where the name of the file tells no case. */
export function caseOf(path: string): TrainingCase {
  const ending = /\.([^./\\]+)$/u.exec(path)?.[1]?.toLowerCase() ?? "";
  const found = Object.hasOwn(cases, ending) ? cases[ending] : undefined;
  if (found !== undefined) return found;
  throw new UsageError(`${path}: data are .txt, for the next character, .csv or .tsv, for the next value, or .jsonl, examples such as sequences with their class`); // prettier-ignore
}
