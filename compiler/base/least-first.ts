/** A queue that gives the least of its entries first: a binary heap. */
export class LeastFirst<T> {
  private readonly entries: T[] = [];
  private readonly isBefore: (a: T, b: T) => boolean;

  constructor(isBefore: (a: T, b: T) => boolean) {
    this.isBefore = isBefore;
  }

  /** The least entry, which stays. */
  get first(): T | undefined {
    return this.entries[0];
  }

  push(entry: T): void {
    const { entries } = this;
    let at = entries.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.isBefore(entry, entries[parent] as T)) break;
      entries[at] = entries[parent] as T;
      at = parent;
    }
    entries[at] = entry;
  }

  /** Takes the least entry out. */
  pop(): T | undefined {
    const { entries } = this;
    const least = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && this.isBefore(entries[child + 1] as T, entries[child] as T)) child++;
      if (!this.isBefore(entries[child] as T, last)) break;
      entries[at] = entries[child] as T;
      at = child;
    }
    entries[at] = last;
    return least;
  }
}
