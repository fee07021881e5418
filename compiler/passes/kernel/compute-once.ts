/**
 * Computes what params alone tell, coefficients of a filter or a matrix that is made of another, only where params may have changed since
 * the entry ran last. Such values keep their place from call to call, also in panels.
 *
 * Needs: a region at the top of an entry that reads what the caller holds and what regions of this kind have computed in the same entry, and
 * fills places that nothing else writes; or what another region computes of params alone and at some cost (`params-alone.ts`). Leaves alone: what is made of values of another entry, as these may be of params of before.
 */
import { lookUp } from "../../base/at.js";
import { dimConstant } from "../../base/types/dim.js";
import { freeVariables } from "../../ir/kernel/free-variables.js";
import { freshBuffer } from "../../ir/kernel/fresh-names.js";
import type { KernelFunction, RegionStatement, Statement } from "../../ir/kernel/kernel-program.js";
import { type UnplacedBuffer, type UnplannedKernels, wholeOf } from "../../ir/kernel/unplanned.js";
import { forEachAccess, writtenBuffers } from "../../ir/kernel/visit.js";
import { HeldBuffers } from "../../ir/kernel/held-buffers.js";
import { type KernelPass, mapRegions } from "./kernel-pass.js";
import { takeParamsAlone } from "./params-alone.js";

export const computeOnce: KernelPass = {
  name: "compute-once",
  summary: "compute what params alone tell only where they may have changed",
  run: (kernels) => {
    const once = new Once(kernels);
    const functions = kernels.functions.map((fn) => once.inFunction(fn));
    return { ...kernels, functions, buffers: once.buffers };
  },
};

class Once {
  readonly buffers: Map<string, UnplacedBuffer>;
  private readonly held: HeldBuffers;
  /** How many statements of all entries write a buffer. */
  private readonly writers = new Map<string, number>();

  constructor({ functions, buffers }: UnplannedKernels) {
    this.buffers = new Map(buffers);
    this.held = new HeldBuffers(buffers.values(), (name) => wholeOf(name, buffers));
    for (const { body } of functions) {
      for (const statement of body) for (const name of writtenBy(statement)) this.count(name);
    }
    // A buffer and its parts are written where one of them is.
    for (const { name, within } of buffers.values()) {
      if (within === undefined) continue;
      for (const one of [name, within.buffer]) this.writers.set(one, Infinity);
    }
  }

  private count(buffer: string): void {
    this.writers.set(buffer, (this.writers.get(buffer) ?? 0) + 1);
  }

  inFunction(fn: KernelFunction): KernelFunction {
    const settled = new Set<string>();
    const isKept = (buffer: string): boolean => this.held.has(buffer) || settled.has(buffer);
    const open = (elements: number): string => this.open(`${fn.name}.once`, elements);
    const body = fn.body.flatMap((statement): Statement[] => {
      if (statement.kind === "region" && this.isOfParams(statement, settled)) return [this.once(statement, settled)];
      // Names are told apart within their region only.
      const made: RegionStatement[] = [];
      const rest = mapRegions([statement], (inner) => {
        const taken = takeParamsAlone(inner, isKept, open);
        const region = {
          kind: "region",
          name: `${fn.name} once`,
          comment: "of params alone",
          body: taken.kept,
        } as const;
        if (taken.kept.length > 0) made.push(this.once(region, settled));
        return taken.body;
      });
      return made.length === 0 ? [statement] : [...made, ...rest];
    });
    return { ...fn, body };
  }

  /** A region that computes what nothing but params changes. */
  private once(region: RegionStatement, settled: Set<string>): RegionStatement {
    for (const name of writtenBy(region)) {
      this.buffers.set(name, { ...lookUp(this.buffers, name), persistent: true });
      settled.add(name);
    }
    // Panels of params look themselves for what has changed.
    const looks = region.body.some((inner) => inner.kind === "pack" && inner.onChange);
    return looks ? region : { ...region, onChange: true };
  }

  private open(hint: string, elements: number): string {
    const name = freshBuffer(this.buffers, hint);
    this.buffers.set(name, { name, external: false, dtype: "real", size: dimConstant(elements), persistent: true });
    return name;
  }

  private isOfParams(region: RegionStatement, settled: ReadonlySet<string>): boolean {
    const { variables, symbols } = freeVariables(region.body);
    if (variables.length > 0 || symbols.size > 0) return false;
    const own = writtenBy(region);
    let isOfParams = true;
    forEachAccess(region, ({ buffer }, use) => {
      if (use === "read") isOfParams &&= this.held.has(buffer) || settled.has(buffer) || own.has(buffer);
    });
    return isOfParams && [...own].every((name) => this.isOnlyIts(name));
  }

  private isOnlyIts(name: string): boolean {
    const buffer = this.buffers.get(name);
    return buffer?.external === false && buffer.zeros !== true && this.writers.get(name) === 1;
  }
}

/** By their own names: what is a part of another, or has parts, is left alone. */
function writtenBy(statement: Statement): Set<string> {
  return writtenBuffers([statement], (buffer) => buffer);
}
