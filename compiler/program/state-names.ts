/** What the states of a network are called. */

/** States that would have one name, as where one of an array is called twice, are told apart by numbers. */
export class StateNames {
  private readonly taken = new Set<string>();
  /** Begun and not yet ended, by the name that was wanted. */
  private readonly open = new Map<string, string[]>();

  begin(wanted: string): string {
    let name = wanted;
    for (let number = 2; this.taken.has(name); number++) name = `${wanted} ${number}`;
    this.taken.add(name);
    this.open.set(wanted, [...(this.open.get(wanted) ?? []), name]);
    return name;
  }

  end(wanted: string): string {
    const [name = wanted, ...others] = this.open.get(wanted) ?? [];
    this.open.set(wanted, others);
    return name;
  }
}
