/** From where to where in a kernel function each buffer is in use. */
import type { ForStatement, KernelFunction, Statement, WindowsStatement } from "./types.js";
import { forEachAccess } from "./visit.js";

export interface Lifetime {
  readonly name: string;
  /** Positions of statements, first to last use, both included; whole loops where a value may cross an iteration. */
  readonly first: number;
  readonly last: number;
}

/** A loop around statements at the level of regions: its positions, and the loop around it. */
interface BlockLoop {
  readonly start: number;
  end: number;
  readonly outer: BlockLoop | undefined;
}

/** In order of first use. */
export function lifetimes(fn: KernelFunction): Lifetime[] {
  const found = new Map<string, { first: number; last: number }>();
  /** The innermost loop at each position; its own first and last are in it. */
  const loopAt: (BlockLoop | undefined)[] = [];
  const take = (loop: BlockLoop | undefined): number => loopAt.push(loop) - 1;
  /** Returns the buffers used inside, each with the range of its uses. */
  const walk = (
    statements: readonly Statement[],
    around: BlockLoop | undefined,
  ): Map<string, { first: number; last: number; written: boolean }> => {
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
        const loop: BlockLoop = { start: loopAt.length, end: loopAt.length, outer: around };
        const start = take(loop);
        const inner = walk(statement.body, loop);
        const end = take(loop);
        loop.end = end;
        // Where the first use in an iteration is not a write, the value comes from outside or from the step before.
        for (const [name, use] of inner) {
          if (use.written) touch(name, use.first, use.last, true);
          else touch(name, start, end, false);
        }
      } else {
        const here = take(around);
        const uses = new Map<string, boolean>();
        forEachAccess(statement, ({ buffer }, use) => {
          uses.set(buffer, (uses.get(buffer) ?? true) && use === "write");
        });
        for (const [name, written] of uses) touch(name, here, here, written);
      }
    }
    return own;
  };
  for (const [name, { first, last }] of walk(fn.body, undefined)) found.set(name, { first, last });
  // A buffer that is used both inside and outside of a loop lives through all of it.
  const result = [...found].map(([name, range]) => {
    let { first, last } = range;
    for (let changed = true; changed;) {
      changed = false;
      for (const at of [first, last]) {
        for (let loop = loopAt[at]; loop !== undefined; loop = loop.outer) {
          const { start, end } = loop;
          const inside = first > start && last < end;
          if (inside || (first <= start && last >= end)) continue;
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
