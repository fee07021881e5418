/** From where to where in a kernel function each buffer is in use. */
import type { ForStatement, KernelFunction, Statement, WindowsStatement } from "./kernel-program.js";
import { forEachAccess } from "./visit.js";

interface Lifetime {
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

interface Use {
  readonly first: number;
  readonly last: number;
  /** Whether the first use is a write. */
  readonly written: boolean;
}

/** In order of first use. */
export function lifetimes(fn: KernelFunction): Lifetime[] {
  /** The innermost loop at each position; its own first and last are in it. */
  const loopAt: (BlockLoop | undefined)[] = [];
  const uses = usesIn(fn.body, undefined, loopAt);
  const result = [...uses].map(([name, use]) => ({ name, ...throughLoops(use, loopAt) }));
  return result.sort((a, b) => a.first - b.first || (a.name < b.name ? -1 : 1));
}

/** The buffers that statements use, each with the range of its uses. Gives the statements their positions. */
function usesIn(
  statements: readonly Statement[],
  around: BlockLoop | undefined,
  loopAt: (BlockLoop | undefined)[],
): Map<string, Use> {
  const uses = new Map<string, Use>();
  const touch = (name: string, first: number, last: number, written: boolean): void => {
    const known = uses.get(name) ?? { first, last, written };
    uses.set(name, { ...known, first: Math.min(known.first, first), last: Math.max(known.last, last) });
  };
  const take = (loop: BlockLoop | undefined): number => loopAt.push(loop) - 1;
  for (const statement of statements) {
    if (isLoop(statement) && statement.body.some(isBlockStatement)) {
      const loop: BlockLoop = { start: loopAt.length, end: loopAt.length, outer: around };
      const start = take(loop);
      const inner = usesIn(statement.body, loop, loopAt);
      const end = take(loop);
      loop.end = end;
      // Where the first use in an iteration is not a write, the value comes from outside or from the step before.
      for (const [name, use] of inner) {
        if (use.written) touch(name, use.first, use.last, true);
        else touch(name, start, end, false);
      }
    } else {
      const here = take(around);
      const writes = new Map<string, boolean>();
      forEachAccess(statement, ({ buffer }, use) => {
        writes.set(buffer, (writes.get(buffer) ?? true) && use === "write");
      });
      for (const [name, written] of writes) touch(name, here, here, written);
    }
  }
  return uses;
}

/** A buffer that is used both inside and outside of a loop lives through all of it. */
function throughLoops(
  use: Use,
  loopAt: readonly (BlockLoop | undefined)[],
): { readonly first: number; readonly last: number } {
  let { first, last } = use;
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
  return { first, last };
}

/** Statements at the level of regions, as in the loop of a scan. */
function isBlockStatement(statement: Statement): boolean {
  if (statement.kind === "region" || statement.kind === "select_examples") return true;
  return isLoop(statement) && statement.body.some(isBlockStatement);
}

function isLoop(statement: Statement): statement is ForStatement | WindowsStatement {
  return statement.kind === "for" || statement.kind === "windows";
}
