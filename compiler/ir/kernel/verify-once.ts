/** Checks of regions that run only where parameters may have changed. */
import type { KernelBuffer, KernelFunction, KernelProgram, RegionStatement, Statement } from "./kernel-program.js";
import { freeVariables } from "./free-variables.js";
import { HeldBuffers } from "./held-buffers.js";
import { forEachAccess } from "./visit.js";

/**
 * What such a region computes keeps its contents, and nothing else of the program writes it. It reads nothing but that, values that the
 * caller holds from call to call, and what other regions of this kind have computed before it in the same function, or packed where it has changed: not what
 * another function has, which may be of parameters of before.
 */
export function verifyOnce({ functions }: KernelProgram, buffers: ReadonlyMap<string, KernelBuffer>): string[] {
  const writers = new Map<string, Set<Statement>>();
  const note = (buffer: string, statement: Statement): unknown => {
    const whole = buffers.get(buffer)?.within ?? buffer;
    return writers.set(whole, (writers.get(whole) ?? new Set()).add(statement));
  };
  for (const { body } of functions) {
    for (const statement of body) {
      forEachAccess(statement, ({ buffer }, use) => {
        if (use !== "read") note(buffer, statement);
      });
    }
  }
  return functions.flatMap((fn) => problemsOf(fn, buffers, writers));
}

function problemsOf(
  fn: KernelFunction,
  buffers: ReadonlyMap<string, KernelBuffer>,
  writers: ReadonlyMap<string, ReadonlySet<Statement>>,
): string[] {
  const held = new HeldBuffers(buffers.values(), (name) => buffers.get(name)?.within ?? name);
  const settled = new Set<string>();
  const problems = new Set<string>();
  const told = (region: string, problem: string): unknown =>
    problems.add(`${fn.name}: ${region} runs where parameters have changed, and ${problem}`);
  const isSettled = (buffer: string): boolean => {
    const whole = buffers.get(buffer)?.within ?? buffer;
    return settled.has(whole) || (held.has(buffer) && writers.get(whole) === undefined);
  };
  for (const statement of fn.body) {
    for (const { name } of onceInLoops(statement)) told(name, "stands in a loop");
    for (const panels of packedOnChange(statement, isSettled)) settled.add(panels);
    if (!isOnce(statement)) continue;
    const { name } = statement;
    const { variables, symbols } = freeVariables(statement.body);
    for (const own of [...variables, ...symbols]) told(name, `goes by ${own}, which changes in other ways`);
    const own = new Set<string>();
    forEachAccess(statement, ({ buffer }, use) => {
      const whole = buffers.get(buffer)?.within ?? buffer;
      if (use === "read") {
        if (!isSettled(buffer) && !own.has(whole)) told(name, `${buffer} changes in other ways`);
        return;
      }
      own.add(whole);
      if (buffers.get(whole)?.persistent !== true) told(name, `${buffer} keeps nothing`);
      if ((writers.get(whole)?.size ?? 0) > 1) told(name, `${buffer} is written elsewhere too`);
    });
    for (const buffer of own) settled.add(buffer);
  }
  return [...problems];
}

/** Regions of this kind at any depth of a statement that runs what it holds more than once, or not at all. */
function onceInLoops(statement: Statement): RegionStatement[] {
  const inside: readonly Statement[] =
    statement.kind === "for" || statement.kind === "windows"
      ? statement.body
      : statement.kind === "pieces"
        ? [...statement.body, ...statement.carry, ...statement.finish]
        : [];
  return inside.flatMap((inner) => (isOnce(inner) ? [inner] : onceInLoops(inner)));
}

/** Panels that hold, from this statement on, what their matrix is now: packs look themselves for what has changed in it. */
function packedOnChange(statement: Statement, isSettled: (buffer: string) => boolean): string[] {
  if (statement.kind !== "region") return [];
  return statement.body.flatMap((inner) =>
    inner.kind === "pack" && inner.onChange && isSettled(inner.from.buffer) ? [inner.to] : [],
  );
}

function isOnce(statement: Statement): statement is RegionStatement {
  return statement.kind === "region" && statement.onChange === true;
}
