/** Random syntax trees: everything the grammar can say, not only what makes sense. Their places are all zero. */
import fc from "fast-check";
import type {
  ArgumentNode,
  BinderNode,
  BinaryOperator,
  CellItem,
  CellNode,
  DeclarationNode,
  EntryNode,
  EquationNode,
  Expression,
  FunctionNode,
  FunctionTypeNode,
  IndexNode,
  LossNode,
  Name,
  SourceFileNode,
  TypeNode,
} from "../../compiler/language/syntax/ast.js";
import { reservedWords } from "../../compiler/language/syntax/tokens.js";
import { arbitraryCellParameter } from "./arbitrary-cell-parameter.js";
import { arbitraryGroups } from "./arbitrary-groups.js";

const span = { file: "test.cell", start: 0, end: 0 };

const hostileNames = [
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "prototype",
  "NaN",
  "undefined",
];
const contextualNames =
  "cell network loss per input context state output derivative from as index real mod for until implicit t".split(" ");

export const arbitraryName: fc.Arbitrary<string> = fc
  .oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom("x", "h", "H", "I", "W_r", "b_1", "alpha", "_", "a_rather_long_name_for_a_gate"),
    },
    { weight: 1, arbitrary: fc.constantFrom(...hostileNames, ...contextualNames) },
    { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,6}$/) },
  )
  .filter((name) => !reservedWords.has(name));

const name: fc.Arbitrary<Name> = arbitraryName.map((text) => ({ text, span }));

const numberText = fc.oneof(
  fc.nat(1000).map(String),
  fc.constantFrom("0.5", ".5", "1e-5", "1E+3", "2.50e0", "00", "9007199254740993"),
);

const binaryOperator = fc.constantFrom<BinaryOperator>(
  ...(["+", "-", "*", "/", "mod", "^", "@", "<", "<=", ">", ">=", "==", "!=", "and", "or"] as const),
);

const { expression, argument, binder } = fc.letrec<{
  binder: BinderNode;
  expression: Expression;
  leaf: Expression;
  argument: ArgumentNode;
  index: IndexNode["indices"][number];
}>((tie) => {
  const optional = fc.option(tie("expression"), { nil: undefined });
  const list = fc.array(tie("expression"), { maxLength: 3 });
  return {
    leaf: fc.oneof(
      numberText.map((text): Expression => ({ kind: "number", value: Number(text), text, span })),
      numberText.map((text): Expression => ({ kind: "imaginary", value: Number(text), text: `${text}i`, span })),
      fc
        .tuple(arbitraryName, fc.boolean())
        .map(([text, next]): Expression => ({ kind: "reference", name: text, next, span })),
    ),
    // A range is no comparison, which would chain.
    binder: fc
      .tuple(name, fc.option(tie("leaf"), { nil: undefined }))
      .map(([own, size]): BinderNode => ({ name: own, ...(size && { size }), span })),
    argument: fc
      .tuple(fc.option(name, { nil: undefined }), tie("expression"))
      .map(([label, value]): ArgumentNode => ({ ...(label && { name: label }), value, span })),
    index: fc.oneof(
      tie("expression").map((value) => ({ kind: "at", value, span }) as const),
      fc
        .tuple(optional, optional)
        .map(([start, end]) => ({ kind: "range", ...(start && { start }), ...(end && { end }), span }) as const),
    ),
    expression: fc.oneof(
      { depthSize: "small", maxDepth: 6, withCrossShrink: true },
      tie("leaf"),
      list.map((items): Expression => ({ kind: "tuple", items, span })),
      fc
        .tuple(fc.constantFrom("-", "not"), tie("expression"))
        .map(([operator, operand]): Expression => ({ kind: "unary", operator, operand, span })),
      fc.tuple(binaryOperator, tie("expression"), tie("expression")).map(([operator, left, right]): Expression => ({
        kind: "binary",
        operator,
        operatorSpan: span,
        left,
        right,
        span,
      })),
      fc
        .tuple(tie("expression"), tie("expression"), tie("expression"))
        .map(([condition, whenTrue, whenFalse]): Expression => ({ kind: "if", condition, whenTrue, whenFalse, span })),
      fc
        .tuple(
          name,
          fc.array(tie("argument"), { maxLength: 3 }),
          fc.option(tie("expression"), { nil: undefined, freq: 3 }),
        )
        .map(([callee, values, place]): Expression => {
          return { kind: "call", callee, ...(place && { place }), arguments: values, span };
        }),
      fc
        .tuple(name, tie("expression"), fc.array(tie("binder"), { minLength: 1, maxLength: 2 }))
        .map(([callee, body, indices]): Expression => {
          const value = { kind: "indexed", indices, value: body, span } as const;
          return { kind: "call", callee, arguments: [{ value, span }], span };
        }),
      fc
        .tuple(tie("expression"), name, fc.boolean())
        .map(([object, member, next]): Expression => ({ kind: "member", object, member, next, span })),
      fc
        .tuple(tie("expression"), fc.array(tie("index"), { minLength: 1, maxLength: 3 }))
        .map(([object, indices]): Expression => ({ kind: "index", object, indices, span })),
    ),
  };
});

export const arbitraryExpression: fc.Arbitrary<Expression> = expression;

const names = fc.array(name, { minLength: 1, maxLength: 3 });

const type: fc.Arbitrary<TypeNode> = fc.oneof(
  fc.array(expression, { maxLength: 3 }).map((dimensions): TypeNode => ({ kind: "tensor-type", dimensions, span })),
  fc.array(expression, { maxLength: 2 }).map((dimensions): TypeNode => ({ kind: "complex-type", dimensions, span })),
  fc.constant<TypeNode>({ kind: "real-type", span }),
  fc
    .tuple(expression, fc.array(expression, { maxLength: 2 }))
    .map(([bound, dimensions]): TypeNode => ({ kind: "index-type", bound, dimensions, span })),
);

const documentationLine = fc.oneof(
  fc.constantFrom("", "a gate", "  indented", "/ slash", "`code` // not a comment", "σ ⊙ \u2028 x", "*/"),
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[\n\r]/g, "").trimEnd()),
);
const documentation = fc.option(
  fc.array(documentationLine, { minLength: 1, maxLength: 3 }).map((lines) => lines.join("\n")),
  { nil: undefined, freq: 3 },
);

const declaration: fc.Arbitrary<DeclarationNode> = fc
  .record({
    kind: fc.constantFrom("input", "context", "state", "param"),
    documentation,
    names,
    type,
    initial: fc.option(expression, { nil: undefined }),
    initializer: fc.option(expression, { nil: undefined }),
  })
  .map(({ initial, initializer, ...rest }) => ({
    ...rest,
    ...(rest.kind === "state" && initial && { initial }),
    ...(rest.kind === "param" && initializer && { initializer }),
    span,
  }));

/** On the left `a[t]` is a time subscript, which there are none of. */
const leftBinder = binder.filter(({ name: index, size }) => size !== undefined || index.text !== "t");

/** The value of an equation, which may have indices. */
const equationValue: fc.Arbitrary<Expression> = fc.oneof(
  { weight: 3, arbitrary: expression },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.array(leftBinder, { minLength: 1, maxLength: 2 }), expression)
      .map(([indices, value]): Expression => ({ kind: "indexed", indices, value, span })),
  },
);

const equation: fc.Arbitrary<EquationNode> = fc
  .record({ documentation, name, next: fc.boolean(), value: equationValue })
  .map((fields) => ({ kind: "equation", ...fields, span }));

const { rounds, results, groupsOfCell } = arbitraryGroups({ name, documentation, expression, binder });
const groups = fc.oneof(rounds, results);
const equations = fc.array(fc.oneof({ weight: 4, arbitrary: equation.map((one) => [one]) }, groups), { maxLength: 3 });

const functionType: fc.Arbitrary<FunctionTypeNode> = fc
  .record({ parameters: fc.array(type, { minLength: 1, maxLength: 2 }), result: type })
  .map((fields) => ({ kind: "function-type", ...fields, span }));

const functionNode: fc.Arbitrary<FunctionNode> = fc
  .record({
    documentation,
    name,
    all: fc.array(fc.record({ name, type: fc.option(fc.oneof(type, functionType), { nil: undefined, freq: 3 }) }), {
      maxLength: 3,
    }),
    several: fc.array(fc.record({ name, type, value: expression, tangent: expression }), {
      minLength: 1,
      maxLength: 3,
    }),
    equations: equations.map((all) => all.flat().map((node) => ({ ...node, next: false }))),
    tangents: fc.option(fc.array(name, { maxLength: 3 }), { nil: undefined }),
  })
  .map(({ tangents, all, several, ...fields }) => ({
    kind: "function",
    ...fields,
    results: several.map(({ name: own, type: of, value }) => ({
      ...(several.length > 1 && { name: own }),
      type: of,
      value,
    })),
    parameters: all.flatMap(({ name: own, type: of }) =>
      of === undefined || of.kind === "function-type" ? [] : [{ name: own, type: of }],
    ),
    functions: all.flatMap(({ name: own, type: of }, position) =>
      of?.kind === "function-type" ? [{ name: own, position, type: of }] : [],
    ),
    dimensions: all.flatMap(({ name: own, type: of }, position) => (of === undefined ? [{ name: own, position }] : [])),
    ...(tangents && {
      derivative: { kind: "derivative", tangents, values: several.map(({ tangent }) => tangent), span } as const,
    }),
    span,
  }));

const startIndices = fc.option(
  fc.array(
    name.filter(({ text }) => text !== "t").map((index) => ({ name: index, span })),
    { minLength: 1, maxLength: 2 },
  ),
  { nil: undefined },
);

const item: fc.Arbitrary<CellItem> = fc.oneof(
  declaration,
  equation,
  fc
    .record({ documentation, name, value: equationValue })
    .map((fields) => ({ kind: "output", ...fields, span }) as const),
  fc
    .record({
      documentation,
      names,
      counts: fc.array(fc.option(expression, { nil: undefined, freq: 2 }), { minLength: 3, maxLength: 3 }),
      cell: name,
      arguments: fc.option(fc.array(argument, { maxLength: 3 }), { nil: undefined, freq: 4 }),
      starts: fc.array(fc.record({ path: names, initializer: expression, indices: startIndices }), { maxLength: 2 }),
    })
    .map(({ starts, names: all, counts, ...fields }) => {
      const used = all.map((one, i) => ({ ...one, ...(counts[i] && { count: counts[i] }) }));
      const begun = starts.map(({ indices, ...start }) => ({ ...start, ...(indices && { indices }), span }));
      return {
        kind: "use",
        names: used,
        ...fields,
        starts: fields.arguments === undefined ? [] : begun,
        span,
      } as const;
    }),
  functionNode,
);

const loss: fc.Arbitrary<LossNode> = fc
  .record({
    documentation,
    name: fc.oneof(name, fc.constant({ text: "loss", span })),
    value: expression,
    per: fc.option(expression, { nil: undefined }),
  })
  .map(({ per, ...fields }) => ({ kind: "loss", ...fields, ...(per && { per }), span }));

/** In a network an equation of this name is a loss. */
const isNoLoss = (node: CellItem): boolean => {
  if (node.kind !== "equation" || node.next || node.name.text !== "loss") return true;
  const { value } = node;
  return value.kind === "indexed" || value.kind === "result" || (value.kind === "rounds" && value.rounds.names.length > 1); // prettier-ignore
};

/** `y`, `d.alpha`, `d.h'`. */
const path: fc.Arbitrary<Expression> = fc
  .tuple(name, fc.array(fc.record({ member: name, next: fc.boolean() }), { maxLength: 2 }))
  .map(([root, members]) =>
    members.reduce<Expression>(
      (object, own) => ({ kind: "member", object, ...own, span }),
      { kind: "reference", name: root.text, next: false, span }, // prettier-ignore
    ),
  );

const entry: fc.Arbitrary<EntryNode> = fc
  .record({
    name,
    documentation,
    results: fc.array(path, { minLength: 1, maxLength: 3 }),
    given: fc.array(name, { maxLength: 2 }),
  })
  .map((fields) => ({ kind: "entry", ...fields, span }));

const runtime = fc.array(
  fc.record({ name, least: fc.nat(9) }).map((own) => ({ ...own, span })),
  { maxLength: 2 },
);

/** Dimensions of calls, and losses: a network, where there are some. */
const ofNetwork = fc.option(
  fc.record({
    runtime,
    losses: fc.array(loss, { maxLength: 2 }),
    entries: fc.array(entry, { maxLength: 2 }),
  }),
  { nil: undefined, freq: 3 },
);

const cellParameter = arbitraryCellParameter({ name, type, expression, runtime });

const cell: fc.Arbitrary<CellNode> = fc
  .record({
    network: ofNetwork,
    name,
    documentation,
    parameters: fc.array(
      fc.oneof(
        { weight: 1, arbitrary: cellParameter },
        {
          weight: 4,
          arbitrary: fc
            .tuple(name, fc.constantFrom("dimension", "real"), fc.option(expression, { nil: undefined }))
            .map(([text, kind, value]) => ({
              name: text,
              type: kind,
              ...(value && (kind === "real" || value.kind !== "number") && { defaultValue: value }),
              span,
            })),
        },
      ),
      { maxLength: 4 },
    ),
    items: fc
      .array(fc.oneof({ weight: 6, arbitrary: item.map((one) => [one]) }, groupsOfCell), { maxLength: 6 })
      .map((all) => all.flat()),
  })
  .map(({ network, items, ...fields }) => ({
    kind: "cell",
    form: network === undefined ? "cell" : "network",
    ...fields,
    runtime: network?.runtime ?? [],
    entries: network?.entries ?? [],
    items: [...(network === undefined ? items : items.filter(isNoLoss)), ...(network?.losses ?? [])],
    span,
  }));

const importNode = fc
  .record({
    names: fc.array(
      fc
        .tuple(name, fc.option(name, { nil: undefined }))
        .map(([text, alias]) => ({ name: text, ...(alias && { alias }) })),
      { minLength: 1, maxLength: 3 },
    ),
    path: fc.oneof(fc.constantFrom("./lstm.cell", "std/lstm"), fc.stringMatching(/^[^"\n\r]{0,8}$/)),
  })
  .map((fields) => ({ kind: "import", ...fields, pathSpan: span, span }) as const);

export const arbitrarySourceFile: fc.Arbitrary<SourceFileNode> = fc
  .record({
    imports: fc.array(importNode, { maxLength: 2 }),
    declarations: fc.array(
      fc.oneof(
        cell,
        functionNode,
        equation.map((node) => ({ ...node, next: false })),
      ),
      { maxLength: 3 },
    ),
  })
  .map((fields) => ({ ...fields, comments: [], blankLines: [], span }));
