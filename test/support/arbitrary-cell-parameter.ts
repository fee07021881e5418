/** Random parameters that are cells, with all that the grammar can say of them. Their places are all zero. */
import fc from "fast-check";
import type {
  CellNode,
  CellParameterNode,
  Expression,
  InterfaceNode,
  Name,
  TypeNode,
} from "../../compiler/language/syntax/ast.js";

const span = { file: "test.cell", start: 0, end: 0 };

interface Parts {
  readonly name: fc.Arbitrary<Name>;
  readonly type: fc.Arbitrary<TypeNode>;
  readonly expression: fc.Arbitrary<Expression>;
  readonly runtime: fc.Arbitrary<CellNode["runtime"]>;
}

export function arbitraryCellParameter({ name, type, expression, runtime }: Parts): fc.Arbitrary<CellParameterNode> {
  const cellInterface: fc.Arbitrary<InterfaceNode> = fc
    .record({
      form: fc.constantFrom("cell", "network"),
      dimensions: fc.array(name, { minLength: 1, maxLength: 2 }),
      runtime,
      items: fc.array(
        fc
          .record({
            kind: fc.constantFrom("input", "context", "state", "output"),
            names: fc.array(name, { minLength: 1, maxLength: 2 }),
            type,
          })
          .map((fields) => ({ ...fields, span })),
        { maxLength: 3 },
      ),
      isAlone: fc.boolean(),
    })
    .map(({ isAlone, form, dimensions, ...own }) =>
      isAlone ? { form: "cell", dimensions, runtime: [], span } : { form, dimensions, ...own, span },
    );

  return fc
    .tuple(name, cellInterface, fc.option(expression, { nil: undefined }))
    .map(([text, interfaceNode, value]) => ({
      name: text,
      type: "cell",
      cell: interfaceNode,
      ...(value && { defaultValue: value }),
      span,
    }));
}
