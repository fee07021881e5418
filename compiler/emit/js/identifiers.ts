/** Safe, unique JavaScript identifiers for names that may hold anything. */

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
export function sanitize(name: string): string {
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
  private readonly taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.taken = new Set([...reserved, ...taken]);
  }

  of(key: string, name: string = key): string {
    let identifier = this.byKey.get(key);
    if (identifier === undefined) {
      const wanted = sanitize(name);
      identifier = wanted;
      for (let n = 2; this.taken.has(identifier); n++) identifier = `${wanted}_${n}`;
      this.taken.add(identifier);
      this.byKey.set(key, identifier);
    }
    return identifier;
  }

  all(): Iterable<string> {
    return this.taken;
  }
}
