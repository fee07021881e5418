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

/** A name for one more buffer: what authors name and what the compiler adds share their names. */
export function freshBuffer(buffers: ReadonlyMap<string, unknown>, hint: string): string {
  return new FreshNames((name) => buffers.has(name)).pick(hint);
}
