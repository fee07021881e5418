/** From where to where in a kernel function each buffer is in use. */
import type { ForStatement, KernelFunction, Statement, WindowsStatement } from "./types.js";
import { forEachAccess } from "./visit.js";

export interface Lifetime {
  readonly name: string;
  /** Positions of statements, first to last use, both included; whole loops where a value may cross an iteration. */
  readonly first: number;
  readonly last: number;
}

/** In order of first use. */
export function lifetimes(fn: KernelFunction): Lifetime[] {
  const found = new Map<string, { first: number; last: number }>();
  let position = 0;
  /** Returns the buffers used inside, each with the range of its uses. */
  const walk = (statements: readonly Statement[]): Map<string, { first: number; last: number; written: boolean }> => {
    const own = new Map<string, { first: number; last: number; written: boolean }>();
    const touch = (name: string, first: number, last: number, written: boolean): void => {
      const known = own.get(name);
      if (known === undefined) own.set(name, { first, last, written });
      else
        own.set(name, {
          first: Math.min(known.first, first),
          last: Math.max(known.last, last),
          written: known.written,
        });
    };
    for (const statement of statements) {
      if (isLoop(statement) && statement.body.some(isBlockStatement)) {
        const start = position++;
        const inner = walk(statement.body);
        const end = position++;
        // Where the first use in an iteration is not a write, the value comes from outside or from the step before.
        for (const [name, use] of inner) {
          if (use.written) touch(name, use.first, use.last, true);
          else touch(name, start, end, false);
        }
        loops.push({ start, end });
      } else {
        const here = position++;
        const uses = new Map<string, boolean>();
        forEachAccess(statement, ({ buffer }, use) => {
          uses.set(buffer, (uses.get(buffer) ?? true) && use === "write");
        });
        for (const [name, written] of uses) touch(name, here, here, written);
      }
    }
    return own;
  };
  const loops: { start: number; end: number }[] = [];
  for (const [name, { first, last }] of walk(fn.body)) found.set(name, { first, last });
  // A buffer that is used both inside and outside of a loop lives through all of it.
  const result = [...found].map(([name, range]) => {
    let { first, last } = range;
    for (let changed = true; changed;) {
      changed = false;
      for (const { start, end } of loops) {
        const inside = first > start && last < end;
        const overlaps = first <= end && last >= start;
        if (inside || !overlaps) continue;
        if (first > start || last < end) {
          first = Math.min(first, start);
          last = Math.max(last, end);
          changed = true;
        }
      }
    }
    return { name, first, last };
  });
  return result.sort((a, b) => a.first - b.first || (a.name < b.name ? -1 : 1));
}

/** Statements at the level of regions, as in the loop of a scan. */
function isBlockStatement(statement: Statement): boolean {
  if (statement.kind === "region" || statement.kind === "select_examples") return true;
  return isLoop(statement) && statement.body.some(isBlockStatement);
}

function isLoop(statement: Statement): statement is ForStatement | WindowsStatement {
  return statement.kind === "for" || statement.kind === "windows";
}
