/** Safe, unique JavaScript identifiers for names that may hold anything. */
import { FreshNames } from "../../ir/kernel/fresh-names.js";

const reserved = new Set(
  (
    "arguments await break case catch class const continue debugger default delete do else enum eval export extends " +
    "false finally for function if implements import in instanceof interface let new null package private protected " +
    "public return static super switch this throw true try typeof undefined var void while with yield NaN Infinity " +
    "Math Object Array ArrayBuffer Float32Array Float64Array Int32Array fround capacity buffers manifest " +
    "createKernels workspaceBytes createInstance instantiate instantiateAsync"
  ).split(" "),
);

/** ASCII letters, digits and `_`; other characters become their code point, `σ` `u3c3`. Never begins with `$`. */
function sanitize(name: string): string {
  const text = name.replace(/[^A-Za-z0-9_]+/gu, (run) =>
    /^[\s.:[\]()%-]+$/u.test(run)
      ? "_"
      : [...run].map((c) => (/[\s.:[\]()%-]/u.test(c) ? "_" : `u${(c.codePointAt(0) ?? 0).toString(16)}`)).join(""),
  );
  const short = text.slice(0, 60);
  return /^[A-Za-z]/.test(short) ? short : `_${short}`;
}

/** Hands out identifiers, the same for the same key. */
export class Identifiers {
  private readonly byKey = new Map<string, string>();
  /** Each with how many came before it. */
  private readonly taken = new Map<string, number>();
  private readonly outer: Identifiers | undefined;
  private readonly outerCount: number;
  private readonly names = new FreshNames((name) => this.isTaken(name), "_");

  /** @param outer Identifiers around: what they have by now is taken. Looked up there, as a copy for each function would cost the square of their number. */
  constructor(taken: Iterable<string> = [], outer?: Identifiers) {
    for (const name of taken) this.taken.set(name, this.taken.size);
    this.outer = outer;
    this.outerCount = outer?.taken.size ?? 0;
  }

  of(key: string, name: string = key): string {
    let identifier = this.byKey.get(key);
    if (identifier === undefined) {
      identifier = this.names.pick(sanitize(name));
      this.taken.set(identifier, this.taken.size);
      this.byKey.set(key, identifier);
    }
    return identifier;
  }

  private isTaken(name: string): boolean {
    if (reserved.has(name) || this.taken.has(name)) return true;
    const before = this.outer?.taken.get(name);
    return before !== undefined && before < this.outerCount;
  }
}
