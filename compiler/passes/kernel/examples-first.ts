/**
 * Runs loops over steps inside of the loop over examples, where a step of an example is a few numbers: a cell of scalars. The steps of
 * one example follow each other then in one function, without a list of the examples that are still running, and what they hand
 * on can stay in registers (`keep-states`). Examples never meet in such a loop, and each takes its steps in the same order.
 *
 * Leaves alone: products, loops over units, sums over examples, and loops that end where a value says so.
 */
import { type Dim, equalDims } from "../../base/types/dim.js";
import { affineVariable, substituteAffine } from "../../ir/kernel/affine.js";
import { TakenNames } from "../../ir/kernel/fresh-names.js";
import type {
  Affine,
  ForStatement,
  LoopExtent,
  RegionStatement,
  Statement,
  StatementOf,
} from "../../ir/kernel/kernel-program.js";
import { type UnplannedKernels, wholeOf } from "../../ir/kernel/unplanned.js";
import { forEachAccess, mapStatement, writtenBuffers } from "../../ir/kernel/visit.js";
import type { KernelPass } from "./kernel-pass.js";

export const examplesFirst: KernelPass = {
  name: "examples-first",
  summary: "go through all steps of an example before the next one, where a step is a few numbers",
  run: (kernels) => {
    const lists = new Set<string>();
    const functions = kernels.functions.map((fn) => ({
      ...fn,
      body: fn.body.map((statement) => {
        const region = statement.kind === "for" ? new Interchange(statement, kernels.buffers).run() : undefined;
        if (region === undefined) return statement;
        forEachAccess(statement, ({ buffer }) => lists.add(buffer));
        return region;
      }),
    }));
    for (const { body } of functions) {
      for (const statement of body) forEachAccess(statement, ({ buffer }) => lists.delete(buffer));
    }
    return { ...kernels, functions, buffers: new Map([...kernels.buffers].filter(([name]) => !lists.has(name))) };
  },
};

/** What a step of one example does, in the order of its regions. */
interface StepBody {
  /** What no step and no example changes. */
  readonly shared: Statement[];
  readonly each: Statement[];
}

class Interchange {
  private readonly loop: ForStatement;
  private readonly buffers: UnplannedKernels["buffers"];
  private readonly selection: StatementOf<"select_examples"> | undefined;
  private readonly inner: readonly Statement[];
  private readonly written: ReadonlySet<string>;
  private readonly names: TakenNames;

  constructor(loop: ForStatement, buffers: UnplannedKernels["buffers"]) {
    this.loop = loop;
    this.buffers = buffers;
    const [first, ...others] = loop.body;
    this.selection = first?.kind === "select_examples" ? first : undefined;
    this.inner = this.selection === undefined ? loop.body : others;
    this.names = new TakenNames([loop.variable]);
    this.written = writtenBuffers([loop], (buffer) => wholeOf(buffer, buffers));
  }

  run(): RegionStatement | undefined {
    const { loop } = this;
    const length = this.lengthOfCall();
    if (length === undefined || !this.selects(length)) return undefined;
    const example = this.names.pick("b");
    const regions = this.inner.flatMap((statement) => (statement.kind === "region" ? [statement] : []));
    const last = regions.at(-1);
    const step: StepBody = { shared: [], each: [] };
    if (last === undefined || regions.length < this.inner.length) return undefined;
    if (!regions.every((region) => this.read(region, example, step))) return undefined;
    if (step.each.length === 0 || !this.isApart(step.each, example)) return undefined;
    const extent: LoopExtent = this.selection === undefined ? loop.extent : { kind: "size", dim: length, example };
    const examples: LoopExtent = { kind: "examples", examples: { kind: "all" } };
    const steps: ForStatement = { ...loop, extent, body: step.each };
    return {
      ...last,
      comment: regions.map(({ comment }) => comment).join(", then "),
      body: [
        ...step.shared,
        { kind: "for", variable: example, extent: examples, step: 1, reverse: false, body: [steps] },
      ],
    };
  }

  /** How many steps the loop has, where it begins at the first one. */
  private lengthOfCall(): Dim | undefined {
    const { extent, from, step } = this.loop;
    if (extent.kind !== "affine" || extent.value.terms.length > 0 || from !== undefined || step !== 1) return undefined;
    return extent.value.constant;
  }

  private selects(all: Dim): boolean {
    if (this.selection === undefined) return true;
    const { from, going, step, length } = this.selection;
    return from.kind === "all" && going === undefined && step === this.loop.variable && equalDims(length, all);
  }

  /** Adds what a region does to the step; false where that is more than a few numbers of each example. */
  private read({ body }: RegionStatement, example: string, step: StepBody): boolean {
    const renamed = this.rename(body, example);
    for (const statement of renamed) {
      if (statement.kind === "let") (this.isShared(statement, step) ? step.shared : step.each).push(statement);
      else if (statement.kind !== "for" || !this.runsOverAll(statement) || !statement.body.every(isNumberStatement))
        return false;
      else step.each.push(...statement.body);
    }
    return true;
  }

  private runsOverAll({ extent, step, from, reverse }: ForStatement): boolean {
    if (extent.kind !== "examples" || step !== 1 || from !== undefined || reverse) return false;
    const { examples } = extent;
    if (this.selection === undefined || examples.kind === "all")
      return this.selection === undefined && examples.kind === "all";
    return examples.list === this.selection.list && examples.count === this.selection.count;
  }

  /** Names are those of one region: each region has its own. */
  private rename(body: readonly Statement[], example: string): Statement[] {
    const scalars = new Map<string, string>();
    const integers = new Map<string, Affine>();
    const take = (name: string): string => this.names.pick(name);
    const look = (statements: readonly Statement[]): void => {
      for (const statement of statements) {
        if (statement.kind === "let") scalars.set(statement.name, take(statement.name));
        else if (statement.kind === "let_index") integers.set(statement.name, affineVariable(take(statement.name)));
        else if (statement.kind === "for") {
          integers.set(statement.variable, affineVariable(example));
          look(statement.body);
        }
      }
    };
    look(body);
    const mapper = {
      affine: (value: Affine) => substituteAffine(value, integers),
      variable: (name: string) => scalars.get(name) ?? name,
    };
    const change = (statement: Statement): Statement => {
      if (statement.kind === "for") return { ...statement, variable: example, body: statement.body.map(change) };
      const changed = mapStatement(statement, mapper);
      if (changed.kind !== "let_index") return changed;
      const { value } = changed;
      return {
        ...changed,
        name: integers.get(changed.name)?.terms[0]?.variable ?? changed.name,
        value:
          value.kind === "size" || (value.kind === "part" && value.example !== undefined)
            ? { ...value, example }
            : value,
      };
    };
    return body.map(change);
  }

  /** Is it the same in every step of every example? */
  private isShared(statement: Statement, { each }: StepBody): boolean {
    const own = new Set<string>([this.loop.variable]);
    for (const other of each) if ("name" in other) own.add(other.name);
    let shared = true;
    const affine = (value: Affine): Affine => {
      shared &&= !value.terms.some(({ variable }) => own.has(variable));
      return value;
    };
    const variable = (name: string): string => {
      shared &&= !own.has(name);
      return name;
    };
    mapStatement(statement, { affine, variable });
    forEachAccess(statement, ({ buffer }) => {
      shared &&= !this.written.has(wholeOf(buffer, this.buffers));
    });
    return shared;
  }

  /** Has each example a part of its own of what the loop writes? */
  private isApart(statements: readonly Statement[], example: string): boolean {
    const strides = new Map<string, string>();
    let apart = true;
    for (const statement of statements) {
      forEachAccess(statement, ({ buffer, offset }) => {
        const whole = wholeOf(buffer, this.buffers);
        if (!this.written.has(whole)) return;
        const stride = offset.terms.find(({ variable }) => variable === example)?.coefficient.key;
        apart &&= stride !== undefined && stride === (strides.get(whole) ?? stride);
        strides.set(whole, stride ?? "");
      });
    }
    return apart;
  }
}

/** Does it compute or store one number? */
export function isNumberStatement({ kind }: Statement): boolean {
  return kind === "let" || kind === "let_index" || kind === "store" || kind === "store_index";
}
