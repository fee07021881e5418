/** The check that stands between kernels for any target and a printer of loops alone. */
import { invariant } from "../../base/diagnostics/invariant.js";
import type { KernelFunction, KernelProgram, LoopStatement, Statement } from "./kernel-program.js";

/** The program itself, where it is known to have neither products nor what is scheduled for vectors. */
export function loopsOnly(program: KernelProgram): KernelProgram<LoopStatement> {
  return { ...program, functions: program.functions.map(loopsOf) };
}

function loopsOf(fn: KernelFunction): KernelFunction<LoopStatement> {
  const found = firstOther(fn.body);
  invariant(found === undefined, `${fn.name} has a ${found?.kind}, which a target of loops does not know`);
  return { ...fn, body: fn.body as readonly LoopStatement[] };
}

/** The first statement that is none of loops, at any depth. */
function firstOther(statements: readonly Statement[]): Statement | undefined {
  for (const statement of statements) {
    switch (statement.kind) {
      case "product":
      case "pack":
      case "windows":
        return statement;
      case "for":
      case "region": {
        const found = firstOther(statement.body);
        if (found !== undefined) return found;
        break;
      }
      case "pieces": {
        const found = firstOther([...statement.body, ...statement.carry, ...statement.finish]);
        if (found !== undefined) return found;
        break;
      }
      default:
    }
  }
  return undefined;
}
