/** Random equations of several names: rounds, and results of calls. */
import fc from "fast-check";
import type {
  ArgumentNode,
  BinderNode,
  CellItem,
  EquationNode,
  Expression,
  Name,
  ResultName,
} from "../../compiler/language/syntax/ast.js";

const span = { file: "test.cell", start: 0, end: 0 };

interface Parts {
  readonly name: fc.Arbitrary<Name>;
  readonly documentation: fc.Arbitrary<string | undefined>;
  readonly expression: fc.Arbitrary<Expression>;
  readonly binder: fc.Arbitrary<BinderNode>;
}

type Equations = fc.Arbitrary<readonly EquationNode[]>;

/** Rounds of one to three names: an equation for each, with the same rounds. */
const roundsOf = ({ name, documentation, expression, binder }: Parts): fc.Arbitrary<readonly EquationNode[]> =>
  fc
    .integer({ min: 1, max: 3 })
    .chain((count) => {
      const each = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(of, { minLength: count, maxLength: count });
      return fc.record({
        documentation,
        names: each(name),
        first: each(expression),
        next: each(expression),
        // How many there are is no comparison.
        binder: binder.filter(({ size }) => size !== undefined),
        isCounted: fc.boolean(),
        until: fc.option(expression, { nil: undefined }),
        implicit: fc.boolean(),
      });
    })
    .map(({ documentation: own, binder: { name: index, size }, isCounted, until, implicit, ...values }) => {
      const count = size as Expression;
      const isCountedBy = isCounted || (count.kind === "reference" && count.next);
      const end = { ...(until && { until }), implicit: implicit && until !== undefined && !isCountedBy };
      const all = { ...values, ...(isCountedBy && { index }), count, ...end, span };
      return values.names.map((text, position) => {
        const value = { kind: "rounds", rounds: all, position, span } as const;
        return {
          kind: "equation",
          documentation: position === 0 ? own : undefined,
          name: text,
          next: false,
          value,
          span,
        };
      });
    });

/** Two or three names for the results of a call. */
const resultsOf = ({ name, documentation, expression }: Parts): fc.Arbitrary<readonly EquationNode[]> =>
  fc
    .record({
      documentation,
      names: fc.array(name, { minLength: 2, maxLength: 3 }),
      callee: name,
      values: fc.array(expression, { maxLength: 2 }),
      by: fc.array(expression, { maxLength: 3 }),
    })
    .map(({ documentation: own, names: all, callee, values, by }) => {
      const given = values.map((value): ArgumentNode => ({ value, span }));
      const group: ArgumentNode = { name: { text: "by", span }, value: { kind: "group", items: by, span }, span };
      const call = { kind: "call", callee, arguments: by.length < 2 ? given : [...given, group], span } as const;
      return all.map((text, position) => ({
        kind: "equation",
        documentation: position === 0 ? own : undefined,
        name: text,
        next: false,
        value: { kind: "result", names: all, call, position, span },
        span,
      }));
    });

/** In a cell also of outputs, of next values of states, and in rounds. */
const varied = (rounds: Equations, results: Equations): fc.Arbitrary<readonly CellItem[]> =>
  fc.tuple(fc.oneof(rounds, results), fc.constantFrom("output", "state", "then")).map(([equations, how]) => {
    const values = equations.map(({ value }) => value);
    if (how === "output") return equations.map(({ next: _, ...own }): CellItem => ({ ...own, kind: "output" }));
    const [first] = values;
    if (first?.kind !== "result") return equations;
    if (how === "state") {
      const names = first.names.map((own, i): ResultName => (i > 0 ? own : { ...own, next: true }));
      return equations.map((own, i): CellItem => ({ ...own, next: i === 0, value: { ...first, names, position: i } }));
    }
    const { names } = first;
    const count: Expression = { kind: "reference", name: "N", next: false, span };
    const next = names.map((_, position): Expression => ({ ...first, position }));
    const all = { names, first: next, next, count, implicit: false, span };
    return equations.map((own, position) => ({
      ...own,
      value: { kind: "rounds" as const, rounds: all, position, span },
    }));
  });

export function arbitraryGroups(parts: Parts) {
  const rounds = roundsOf(parts);
  const results = resultsOf(parts);
  return { rounds, results, groupsOfCell: fc.oneof(rounds, results, varied(rounds, results)) };
}
