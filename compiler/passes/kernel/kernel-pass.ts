/** Passes on kernels, before and after their buffers have places. */
import type { KernelProgram, Statement, RegionStatement } from "../../ir/kernel/kernel-program.js";
import type { UnplannedKernels } from "../../ir/kernel/unplanned.js";
import { collectNames } from "../../ir/kernel/bound-names.js";
import { mapParts } from "../../ir/kernel/visit.js";
import type { Pass } from "../pass.js";

/** What kernels are scheduled for. */
interface KernelTarget<Machine> {
  readonly dtype: "f32" | "f64";
  readonly machine: Machine;
}

/** Before memory is planned: may add buffers and leave some out. */
export type KernelPass<Machine = unknown> = Pass<UnplannedKernels, KernelTarget<Machine>>;

/** After it: changes statements only. */
export type PlannedPass<Machine = unknown> = Pass<KernelProgram, KernelTarget<Machine>>;

/** `statements` with the body of every region as `change` makes it; regions do not hold regions. */
export function mapRegions(
  statements: readonly Statement[],
  change: (body: readonly Statement[]) => Statement[],
): Statement[] {
  return statements.map((statement): Statement => {
    if (statement.kind === "region") return { ...statement, body: change(statement.body) } satisfies RegionStatement;
    if (statement.kind === "pieces") return mapParts(statement, (part) => mapRegions(part, change));
    if (statement.kind === "for" || statement.kind === "windows") {
      return { ...statement, body: mapRegions(statement.body, change) };
    }
    return statement;
  });
}

/** The program with `change` made in every region, which is told which names are bound in it and around it. */
export function inRegions<Program extends Pick<KernelProgram, "functions">>(
  program: Program,
  change: (body: readonly Statement[], taken: ReadonlySet<string>) => Statement[],
): Program {
  const functions = program.functions.map((fn) => {
    const around = new Set<string>();
    collectNames(fn.body, around);
    const changed = (body: readonly Statement[]): Statement[] => {
      const taken = new Set(around);
      collectNames(body, taken);
      return change(body, taken);
    };
    return { ...fn, body: mapRegions(fn.body, changed) };
  });
  return { ...program, functions };
}
