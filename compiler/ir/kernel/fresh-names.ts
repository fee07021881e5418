/**
 * Names that are not taken yet: `x`, then `x2`, `x3`. How far each hint has come is remembered, so that the thousandth `x` does not
 * ask about the 999 before it; names must therefore stay taken.
 */
export class FreshNames {
  private readonly next = new Map<string, number>();
  private readonly isTaken: (name: string) => boolean;
  private readonly separator: string;

  constructor(isTaken: (name: string) => boolean, separator = "") {
    this.isTaken = isTaken;
    this.separator = separator;
  }

  /** The caller must take the name before it asks for another one. */
  pick(hint: string): string {
    let count = this.next.get(hint) ?? 1;
    let name = this.spell(hint, count);
    while (this.isTaken(name)) name = this.spell(hint, ++count);
    this.next.set(hint, count + 1);
    return name;
  }

  private spell(hint: string, count: number): string {
    return count === 1 ? hint : `${hint}${this.separator}${count}`;
  }
}

/** Names in use, and more of them. */
export class TakenNames {
  private readonly taken: Set<string>;
  private readonly names = new FreshNames((name) => this.taken.has(name));

  constructor(taken: Iterable<string>) {
    this.taken = new Set(taken);
  }

  has(name: string): boolean {
    return this.taken.has(name);
  }

  all(): Iterable<string> {
    return this.taken;
  }

  /** Takes a name that is free. */
  pick(hint: string): string {
    const name = this.names.pick(hint);
    this.taken.add(name);
    return name;
  }
}

/** Names that are made of others: of one always the same, and none that is taken. */
export class MadeNames {
  private readonly taken: TakenNames;
  private readonly made = new Map<string, string>();

  constructor(taken: Iterable<string>) {
    this.taken = new TakenNames(taken);
  }

  of(hint: string): string {
    let name = this.made.get(hint);
    if (name === undefined) this.made.set(hint, (name = this.taken.pick(hint)));
    return name;
  }
}

/** A name for one more buffer: what authors name and what the compiler adds share their names. */
export function freshBuffer(buffers: ReadonlyMap<string, unknown>, hint: string): string {
  return new FreshNames((name) => buffers.has(name)).pick(hint);
}
