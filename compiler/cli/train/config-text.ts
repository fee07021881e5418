/** A configuration in JSON, with the place of each name and value, so that messages point into it. */

export interface ConfigEntry {
  readonly name: string;
  readonly value: unknown;
  /** `run.json:3:5`, of the name and of the value. */
  readonly nameAt: string;
  readonly valueAt: string;
  /** Where the value is an object: what is in it. */
  readonly entries: readonly ConfigEntry[];
}

/** What is wrong with a configuration; the message begins with the place. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** @throws ConfigError where it is no JSON, or no object. */
export function parseConfig(file: string, text: string): readonly ConfigEntry[] {
  const placeOf = (at: number): string => {
    const before = text.slice(0, at).split("\n");
    return `${file}:${before.length}:${before.at(-1)!.length + 1}`;
  };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    const at = /position (\d+)/u.exec(message)?.[1];
    throw new ConfigError(`${placeOf(at === undefined ? text.length : Number(at))}: this is no JSON: ${message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ConfigError(`${placeOf(0)}: a configuration is an object with names of options`);
  }
  return new EntryScanner(text, placeOf).object();
}

/** Goes through what `JSON.parse` has found right. */
class EntryScanner {
  private readonly text: string;
  private readonly placeOf: (at: number) => string;
  private at = 0;

  constructor(text: string, placeOf: (at: number) => string) {
    this.text = text;
    this.placeOf = placeOf;
  }

  object(): ConfigEntry[] {
    const entries: ConfigEntry[] = [];
    this.past("{");
    while (!this.isAt("}")) {
      const nameStart = this.at;
      this.string();
      const name = JSON.parse(this.text.slice(nameStart, this.at)) as string;
      this.past(":");
      this.blank();
      const start = this.at;
      const inner = this.isAt("{") ? this.object() : (this.skip(), []);
      const value: unknown = JSON.parse(this.text.slice(start, this.at));
      entries.push({ name, value, nameAt: this.placeOf(nameStart), valueAt: this.placeOf(start), entries: inner });
      if (this.isAt(",")) this.past(",");
      this.blank();
    }
    this.past("}");
    return entries;
  }

  private blank(): void {
    while (/\s/u.test(this.text[this.at] ?? "")) this.at++;
  }

  private isAt(sign: string): boolean {
    this.blank();
    return this.text[this.at] === sign;
  }

  private past(sign: string): void {
    this.blank();
    this.at += sign.length;
    this.blank();
  }

  private string(): void {
    for (this.at++; this.text[this.at] !== '"'; this.at++) if (this.text[this.at] === "\\") this.at++;
    this.at++;
  }

  /** A list, a text, a number or a word. */
  private skip(): void {
    let depth = 0;
    do {
      const sign = this.text[this.at];
      if (sign === '"') {
        this.string();
        continue;
      }
      if (sign === "[" || sign === "{") depth++;
      if (sign === "]" || sign === "}") depth--;
      this.at++;
    } while (depth > 0 || /[^\s,\]}]/u.test(this.text[this.at] ?? " "));
  }
}
