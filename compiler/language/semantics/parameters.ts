/** What functions are given: by position or by name. */
export interface Parameter {
  readonly name: string;
  readonly optional?: boolean;
  /** Given by its name only. */
  readonly named?: boolean;
}

/** Parameters that every call gives; `…` stands for more of the one before. */
export const needed = (...names: string[]): Parameter[] => names.map((name) => ({ name }));

/** Parameters that a call may leave out. */
export const optional = (...names: string[]): Parameter[] => names.map((name) => ({ name, optional: true }));

/** Parameters that a call may leave out, and gives by their name only. */
export const byName = (...names: string[]): Parameter[] => names.map((name) => ({ name, optional: true, named: true }));
