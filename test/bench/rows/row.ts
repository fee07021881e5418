/** Figures that are not times of workloads, each with what it should be. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: "x" | "ms" | "ns" | "B" | "/s";
  readonly digits: number;
  /** Undefined where it is shown for comparison. */
  readonly goal: { readonly kind: "at most" | "at least"; readonly value: number } | undefined;
}

export function ratioRow(what: string, value: number, kind?: "at most" | "at least", goal?: number): Row {
  return { what, value, unit: "x", digits: 2, goal: kind && goal !== undefined ? { kind, value: goal } : undefined };
}

export function timeRow(what: string, milliseconds: number, goal?: number): Row {
  const digits = milliseconds < 20 ? 2 : 0;
  return {
    what,
    value: milliseconds,
    unit: "ms",
    digits,
    goal: goal === undefined ? undefined : { kind: "at most", value: goal },
  };
}

/** @param goal To two digits, as it is shown. */
export function nanosecondsRow(what: string, nanoseconds: number, goal?: number): Row {
  const most = goal === undefined ? undefined : ({ kind: "at most", value: Math.round(goal * 100) / 100 } as const);
  return { what, value: nanoseconds, unit: "ns", digits: 2, goal: most };
}

/** So many of something, for comparison. */
export function countRow(what: string, value: number, unit: "B" | "/s"): Row {
  return { what, value, unit, digits: 0, goal: undefined };
}

export function isMet({ value, goal }: Row): boolean | undefined {
  if (goal === undefined) return undefined;
  return goal.kind === "at most" ? value <= goal.value : value >= goal.value;
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1]!;
}
