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
    let place = entries.push(entry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!this.isBefore(entry, at(entries, parent))) break;
      entries[place] = at(entries, parent);
      place = parent;
    }
    entries[place] = entry;
  }

  /** Takes the least entry out. */
  pop(): T | undefined {
    const { entries } = this;
    const least = entries[0];
    const last = entries.pop();
    if (last === undefined || entries.length === 0) return least;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= entries.length) break;
      if (child + 1 < entries.length && this.isBefore(at(entries, child + 1), at(entries, child))) child++;
      if (!this.isBefore(at(entries, child), last)) break;
      entries[place] = at(entries, child);
      place = child;
    }
    entries[place] = last;
    return least;
  }
}
import { at } from "./at.js";
