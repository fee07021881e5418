/** Functions that functions are given, while they are written out. */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { TypedCall } from "../../language/semantics/typed-program.js";
import { broughtIn, dimIn, type Frame, type FunctionInFrame } from "./frame.js";

/** One that the function at hand was given. What it reads of the cell is brought through both builders between. */
export function functionIn(frame: Frame, name: string): FunctionInFrame {
  const found = frame.functions?.get(name);
  invariant(found !== undefined, `no function was given for ${name}`);
  const { frame: named } = found;
  return { ...found, frame: { ...named, bring: (value) => broughtIn(frame, broughtIn(named, value)) } };
}

/** What a call gives for arguments that are functions. */
export function functionsOfCall(
  frame: Frame,
  { functions }: TypedCall,
): ReadonlyMap<string, FunctionInFrame> | undefined {
  if (functions.size === 0) return undefined;
  return new Map(
    [...functions].map(([name, given]) => {
      if (given.fn === undefined) return [name, functionIn(frame, given.name)];
      const own = [...given.dimensions].map(([symbol, dim]) => [symbol, dimIn(frame, dim)] as const);
      return [name, { fn: given.fn, dimensions: new Map([...frame.dimensions, ...own]), frame }];
    }),
  );
}
