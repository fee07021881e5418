/**
 * Takes out of a region what it computes of params alone and at some cost, for a region of its own that keeps it: functions, quotients and
 * roots of numbers that stand beside those of examples. The same operations on the same numbers, so that no bit changes.
 *
 * Leaves alone: sides of choices between pieces, of which one alone may be in bounds, products and sums.
 */
import { lookUp } from "../../base/at.js";
import { isSameData } from "../../base/same-data.js";
import { mathNames } from "../../base/math/functions.js";
import { plainExtent } from "../../ir/kernel/affine.js";
import { dtypeOf } from "../../ir/kernel/dtypes.js";
import { TakenNames } from "../../ir/kernel/fresh-names.js";
import { loopsAround } from "../../ir/kernel/loops-around.js";
import { countTerms, termIndex } from "../../ir/kernel/terms.js";
import type {
  Access,
  Affine,
  ForStatement,
  KernelExpression,
  LoopAxis,
  Statement,
  StatementOf,
} from "../../ir/kernel/kernel-program.js";
import { mapExpression, mapStatement } from "../../ir/kernel/visit.js";
import type { ScalarOp } from "../../ir/ops/scalar-ops.js";

/** What takes longer than to load a number. */
const functions: ReadonlySet<ScalarOp> = new Set<ScalarOp>(mathNames);
const dear: ReadonlySet<ScalarOp> = new Set<ScalarOp>([...mathNames, "div", "strong_div", "sqrt"]);

interface ParamsAlone {
  /** What keeps the values; none where the region computes nothing of this kind. */
  readonly kept: Statement[];
  /** The others. */
  readonly body: Statement[];
}

/**
 * @param statements the body of a region
 * @param isKept Does a buffer change with params alone?
 * @param open a buffer of so many numbers
 */
export function takeParamsAlone(
  statements: readonly Statement[],
  isKept: (buffer: string) => boolean,
  open: (elements: number) => string,
): ParamsAlone {
  const taker = new Taker(isKept, open);
  const body = withoutUnused(taker.statements(statements, []), taker);
  return { kept: taker.kept(), body };
}

/** What is computed in loops over the same axes. */
interface KeptGroup {
  readonly axes: readonly LoopAxis[];
  readonly names: Set<string>;
  readonly stores: StatementOf<"store">[];
}

class Taker {
  /** Those of params alone, in their order. */
  readonly lets = new Map<string, StatementOf<"let">>();
  /** Those of `lets` that cost something. */
  private readonly dearNames = new Set<string>();
  /** Those of `lets` that are made of literals. */
  private readonly numbers = new Set<string>();
  private readonly loads = new Map<string, KernelExpression>();
  private readonly groups: KeptGroup[] = [];
  private readonly isKept: (buffer: string) => boolean;
  private readonly open: (elements: number) => string;

  constructor(isKept: (buffer: string) => boolean, open: (elements: number) => string) {
    this.isKept = isKept;
    this.open = open;
  }

  kept(): Statement[] {
    const taken = new TakenNames([
      ...this.lets.keys(),
      ...this.groups.flatMap(({ axes }) => axes.map(({ variable }) => variable)),
    ]);
    const bound = new Set<string>();
    return this.groups.flatMap(({ axes, names, stores }) => {
      // What several groups need is computed in each, under a name of its own: scalars have one in their region.
      const again = new Map([...names].flatMap((name) => (bound.has(name) ? [[name, taken.pick(name)] as const] : [])));
      for (const name of names) bound.add(name);
      const variable = (name: string): string => again.get(name) ?? name;
      const renamed = <T extends StatementOf<"let" | "store">>(own: T): T => ({
        ...own,
        value: mapExpression(own.value, { variable }),
      });
      const lets = [...this.lets.values()].filter(({ name }) => names.has(name));
      const own = lets.map((one) => ({ ...renamed(one), name: variable(one.name) }));
      return loopsAround(axes, [...own, ...stores.map(renamed)]);
    });
  }

  /** @param axes the loops of plain extent around */
  statements(list: readonly Statement[], axes: readonly LoopAxis[]): Statement[] {
    return list.map((statement): Statement => {
      switch (statement.kind) {
        case "for":
          return {
            ...statement,
            body: this.statements(
              statement.body,
              isPlain(statement) ? [...axes, { variable: statement.variable, extent: statement.extent }] : axes,
            ),
          };
        case "let":
          if (this.isPure(statement.value, axes)) {
            this.lets.set(statement.name, statement);
            if (this.isDear(statement.value)) this.dearNames.add(statement.name);
            if (this.isNumber(statement.value)) this.numbers.add(statement.name);
            return statement;
          }
          return { ...statement, value: this.expression(statement.value, axes) };
        case "store":
        case "assign":
        case "accumulate":
          return { ...statement, value: this.expression(statement.value, axes) };
        default:
          return statement;
      }
    });
  }

  private isPure(value: KernelExpression, axes: readonly LoopAxis[]): boolean {
    const isPlace = ({ terms }: Affine): boolean =>
      terms.every((term) => axes.some(({ variable }) => variable === term.variable));
    switch (value.kind) {
      case "literal":
        return true;
      case "variable":
        return this.lets.has(value.name);
      case "load":
        return this.isKept(value.access.buffer) && isPlace(value.access.offset);
      case "integer":
        return isPlace(value.value);
      case "operation":
        return value.operands.every((operand) => this.isPure(operand, axes));
      case "choice":
        return (
          isPlace(value.left) &&
          isPlace(value.right) &&
          this.isPure(value.below, axes) &&
          this.isPure(value.otherwise, axes)
        );
    }
  }

  /** What a name stands for in the region: itself, or a load of what is kept. */
  named(statement: StatementOf<"let">): StatementOf<"let"> {
    const load = this.loads.get(statement.name);
    return load === undefined ? statement : { ...statement, value: load };
  }

  /** With what is kept of it as loads. */
  private expression(value: KernelExpression, axes: readonly LoopAxis[]): KernelExpression {
    if (this.isPure(value, axes)) return this.isDear(value) && !isTruth(value) ? this.keep(value, axes) : value;
    if (value.kind !== "operation") return value;
    return { ...value, operands: value.operands.map((operand) => this.expression(operand, axes)) };
  }

  private isDear(value: KernelExpression): boolean {
    if (value.kind === "variable") return this.dearNames.has(value.name);
    if (value.kind === "choice") return this.isDear(value.below) || this.isDear(value.otherwise);
    if (value.kind !== "operation") return false;
    const { op, operands } = value;
    // Who compiles the module makes a number of a quotient of two.
    const isOwn = dear.has(op) && (functions.has(op) || !operands.every((operand) => this.isNumber(operand)));
    return isOwn || operands.some((operand) => this.isDear(operand));
  }

  private isNumber(value: KernelExpression): boolean {
    if (value.kind === "variable") return this.numbers.has(value.name);
    if (value.kind !== "operation") return value.kind === "literal";
    return !functions.has(value.op) && value.operands.every((operand) => this.isNumber(operand));
  }

  private keep(value: KernelExpression, around: readonly LoopAxis[]): KernelExpression {
    const names = new Set<string>();
    const moving = new Set<string>();
    this.needs(value, names, moving);
    const axes = around.filter(({ variable }) => moving.has(variable));
    const group = this.groupOf(axes);
    for (const name of names) group.names.add(name);
    let store = group.stores.find((kept) => isSameData(kept.value, value));
    if (store === undefined) {
      const access: Access = { buffer: this.open(countTerms(axes) ?? 0), offset: termIndex(axes) };
      group.stores.push((store = { kind: "store", access, value, mode: "set" }));
    }
    const load: KernelExpression = { kind: "load", access: store.access, dtype: "real" };
    if (value.kind !== "variable") return load;
    this.loads.set(value.name, load);
    return value;
  }

  private groupOf(axes: readonly LoopAxis[]): KeptGroup {
    // Loops beside each other may have variables of one name.
    let group = this.groups.find((own) => isSameData(own.axes, axes));
    if (group === undefined) this.groups.push((group = { axes, names: new Set(), stores: [] }));
    return group;
  }

  /** Adds the names that a value needs, also through others, and the variables with which it moves. */
  private needs(value: KernelExpression, names: Set<string>, moving: Set<string>): void {
    const place = ({ terms }: Affine): void => {
      for (const { variable } of terms) moving.add(variable);
    };
    if (value.kind === "load") place(value.access.offset);
    else if (value.kind === "integer") place(value.value);
    else if (value.kind === "operation") for (const operand of value.operands) this.needs(operand, names, moving);
    else if (value.kind === "choice") {
      place(value.left);
      place(value.right);
      this.needs(value.below, names, moving);
      this.needs(value.otherwise, names, moving);
    } else if (value.kind === "variable" && !names.has(value.name)) {
      names.add(value.name);
      this.needs(this.valueOf(value.name), names, moving);
    }
  }

  private valueOf(name: string): KernelExpression {
    return lookUp(this.lets, name).value;
  }
}

function isTruth(value: KernelExpression): boolean {
  return dtypeOf(value) === "bool";
}

/** Each of its numbers is counted from 0 up to a plain one. */
function isPlain({ extent, from, step, reverse }: ForStatement): boolean {
  return plainExtent(extent) !== undefined && from === undefined && step === 1 && !reverse;
}

/** Without those that nothing needs any more, from the last to the first. */
function withoutUnused(body: readonly Statement[], taker: Taker): Statement[] {
  const used = new Set<string>();
  const variable = (name: string): string => {
    used.add(name);
    return name;
  };
  const backwards = (statements: readonly Statement[]): Statement[] =>
    statements
      .toReversed()
      .flatMap((statement): Statement[] => {
        if (statement.kind === "for") return [{ ...statement, body: backwards(statement.body) }];
        if (statement.kind !== "let") {
          mapStatement(statement, { variable });
          return [statement];
        }
        if (taker.lets.has(statement.name) && !used.has(statement.name)) return [];
        const left = taker.named(statement);
        mapExpression(left.value, { variable });
        return [left];
      })
      .toReversed();
  return backwards(body);
}
