/**
 * Keeps numbers in registers that a loop would store in a round and load in the next one, or later in the same: states of few numbers
 * in a loop over the steps of one example (`examples-first`). They are loaded before the loop and stored after it, and what
 * nobody reads from memory any more is not stored at all.
 *
 * Leaves alone: loops with others inside, elements that are added to, integers, truth values, and buffers of which the loop also touches elements
 * that may be the same in another round.
 */
import { listAt } from "../../base/at.js";
import { accessKey, plainValue, subtractAffine } from "../../ir/kernel/affine.js";
import { dtypeOf } from "../../ir/kernel/dtypes.js";
import { freeVariables } from "../../ir/kernel/free-variables.js";
import { TakenNames } from "../../ir/kernel/fresh-names.js";
import type {
  Access,
  ForStatement,
  KernelExpression,
  RegionStatement,
  ScalarVariable,
  Statement,
} from "../../ir/kernel/kernel-program.js";
import { type UnplannedKernels, wholeOf } from "../../ir/kernel/unplanned.js";
import { forEachAccess, type LoadExpression, mapStatement } from "../../ir/kernel/visit.js";
import { isNumberStatement } from "./examples-first.js";
import { collectNames } from "../../ir/kernel/bound-names.js";
import { type KernelPass, mapRegions } from "./kernel-pass.js";
import type { ScalarTarget, VectorTarget } from "./target.js";

export const keepStates: KernelPass<ScalarTarget | VectorTarget> = {
  name: "keep-states",
  summary: "keep numbers that go from round to round of a loop in registers",
  run: (kernels, { machine: { kept } }) => {
    const functions = kernels.functions.map((fn) => ({
      ...fn,
      body: fn.body.map((statement) =>
        statement.kind === "region" ? new Keeper(statement, kernels.buffers, kept).run() : statement,
      ),
    }));
    return withoutUnread({ ...kernels, functions });
  },
};

interface LoopTouch {
  readonly access: Access;
  readonly isRead: boolean;
}

type Touched = ReadonlyMap<string, readonly LoopTouch[]>;

class Keeper {
  private readonly region: RegionStatement;
  private readonly buffers: UnplannedKernels["buffers"];
  private readonly kept: number;
  private readonly names: TakenNames;

  constructor(region: RegionStatement, buffers: UnplannedKernels["buffers"], kept: number) {
    this.region = region;
    this.buffers = buffers;
    this.kept = kept;
    const taken = new Set(freeVariables(region.body).variables);
    collectNames(region.body, taken);
    this.names = new TakenNames(taken);
  }

  run(): RegionStatement {
    return { ...this.region, body: this.body(this.region.body) };
  }

  private body(statements: readonly Statement[]): Statement[] {
    return statements.flatMap((statement): Statement[] => {
      if (statement.kind !== "for") return [statement];
      if (!statement.body.every(isNumberStatement)) return [{ ...statement, body: this.body(statement.body) }];
      return this.states({ ...statement, body: this.forwarded(statement.body) });
    });
  }

  /** With what a round has stored instead of loads of it. */
  private forwarded(body: readonly Statement[]): Statement[] {
    const again = this.loadedAgain(body);
    if (again.size === 0) return [...body];
    const stored = new Map<string, { readonly access: Access; readonly value: ScalarVariable }>();
    const same = new Map<string, string>();
    const mapper = {
      variable: (name: string) => same.get(name) ?? name,
      load: (load: LoadExpression) => stored.get(accessKey(load.access))?.value ?? load,
    };
    return body.flatMap((statement): Statement[] => {
      const changed = mapStatement(statement, mapper);
      if (statement.kind === "let" && statement.value.kind === "load" && changed.kind === "let") {
        if (changed.value.kind === "variable") {
          same.set(statement.name, changed.value.name);
          return [];
        }
      }
      if (changed.kind !== "store" || !again.has(changed.access.buffer)) return [changed];
      for (const [key, { access }] of stored) if (!areApart(access, changed.access)) stored.delete(key);
      const { before, value } = this.named(changed.value);
      stored.set(accessKey(changed.access), { access: changed.access, value });
      return [...before, { ...changed, value }];
    });
  }

  /** Buffers of which elements are loaded after they were stored in the same round. */
  private loadedAgain(body: readonly Statement[]): ReadonlySet<string> {
    const again = new Set<string>();
    for (const [buffer, touches] of this.touched(body)) {
      const stored = new Set<string>();
      for (const { access, isRead } of touches) {
        if (!isRead) stored.add(accessKey(access));
        else if (stored.has(accessKey(access))) again.add(buffer);
      }
    }
    return again;
  }

  /** A value as a variable, and what declares it. */
  private named(value: KernelExpression): { before: Statement[]; value: ScalarVariable } {
    if (value.kind === "variable") return { before: [], value };
    const name = this.names.pick("v");
    return { before: [{ kind: "let", name, value }], value: { kind: "variable", name, dtype: "real" } };
  }

  /** With variables instead of elements that stay in their place from round to round. */
  private states(loop: ForStatement): Statement[] {
    const moving = new Set([loop.variable]);
    collectNames(loop.body, moving);
    const variables = new Map<string, { readonly access: Access; readonly name: string }>();
    for (const [buffer, touches] of this.touched(loop.body)) {
      const firsts = new Map<string, LoopTouch>();
      for (const touch of touches) {
        const key = accessKey(touch.access);
        if (!firsts.has(key)) firsts.set(key, touch);
      }
      const places = [...firsts.values()];
      const stay = places.every(({ access }) => !access.offset.terms.some(({ variable }) => moving.has(variable)));
      const differ = places.every(({ access }, i) =>
        places.slice(0, i).every((other) => areApart(access, other.access)),
      );
      if (!stay || !differ) continue;
      const written = new Set(touches.flatMap(({ access, isRead }) => (isRead ? [] : [accessKey(access)])));
      for (const [key, { access, isRead }] of firsts) {
        if (isRead && written.has(key)) variables.set(key, { access, name: this.names.pick(buffer) });
      }
    }
    if (variables.size === 0 || variables.size > this.kept) return [loop];
    const variableOf = ({ name }: { readonly name: string }): ScalarVariable => ({
      kind: "variable",
      name,
      dtype: "real",
    });
    const load = (value: LoadExpression): KernelExpression => {
      const found = variables.get(accessKey(value.access));
      return found === undefined ? value : variableOf(found);
    };
    const body = loop.body.map((statement): Statement => {
      const changed = mapStatement(statement, { load });
      const found = changed.kind === "store" ? variables.get(accessKey(changed.access)) : undefined;
      return changed.kind === "store" && found !== undefined
        ? { kind: "assign", name: found.name, value: changed.value }
        : changed;
    });
    const all = [...variables.values()];
    return [
      ...all.map(({ access, name }): Statement => ({
        kind: "accumulator",
        name,
        initial: { kind: "load", access, dtype: "real" },
      })),
      { ...loop, body },
      ...all.map((found): Statement => ({
        kind: "store",
        access: found.access,
        value: variableOf(found),
        mode: "set",
      })),
    ];
  }

  /** Buffers of which the loop reads and stores nothing but numbers, each by one name. */
  private touched(body: readonly Statement[]): Touched {
    const touched = new Map<string, LoopTouch[]>();
    const others = new Set<string>();
    const names = new Map<string, string>();
    const leave = (buffer: string): unknown => others.add(wholeOf(buffer, this.buffers));
    const load = (value: LoadExpression): LoadExpression => {
      if (value.dtype !== "real") leave(value.access.buffer);
      return value;
    };
    for (const statement of body) {
      forEachAccess(statement, (access, use) => {
        const { buffer } = access;
        listAt(touched, buffer).push({ access, isRead: use === "read" });
        const whole = wholeOf(buffer, this.buffers);
        if ((names.get(whole) ?? buffer) !== buffer) leave(buffer);
        names.set(whole, buffer);
        if (use === "add" || statement.kind === "let_index" || statement.kind === "store_index") leave(buffer);
      });
      mapStatement(statement, { load });
      if (statement.kind === "store" && dtypeOf(statement.value) !== "real") leave(statement.access.buffer);
    }
    return new Map([...touched].filter(([buffer]) => !others.has(wholeOf(buffer, this.buffers))));
  }
}

/** Are these never the same element, where their variables have the same values? */
function areApart(a: Access, b: Access): boolean {
  return a.buffer !== b.buffer || (plainValue(subtractAffine(a.offset, b.offset)) ?? 0) !== 0;
}

/** Without numbers that were stored for later loads only, which are gone. */
function withoutUnread(kernels: UnplannedKernels): UnplannedKernels {
  const stored = new Set<string>();
  const used = new Set<string>();
  const look = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      if (statement.kind === "region" || statement.kind === "for" || statement.kind === "windows") look(statement.body);
      else {
        forEachAccess(statement, ({ buffer }, use) => {
          (statement.kind === "store" && use === "write" ? stored : used).add(buffer);
        });
      }
    }
  };
  for (const { body } of kernels.functions) look(body);
  for (const { name, within } of kernels.buffers.values()) if (within !== undefined) used.add(name).add(within.buffer);
  const isUnread = (name: string): boolean => {
    const { external = true, persistent = true } = kernels.buffers.get(name) ?? {};
    return stored.has(name) && !used.has(name) && !external && !persistent;
  };
  const remaining = (statements: readonly Statement[]): Statement[] =>
    statements.flatMap((statement): Statement[] => {
      if (statement.kind === "store" && isUnread(statement.access.buffer)) return [];
      return [statement.kind === "for" ? { ...statement, body: remaining(statement.body) } : statement];
    });
  const functions = kernels.functions.map((fn) => ({ ...fn, body: mapRegions(fn.body, remaining) }));
  return { ...kernels, functions, buffers: new Map([...kernels.buffers].filter(([name]) => !isUnread(name))) };
}
