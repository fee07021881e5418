/** Walks over kernel statements: accesses, variables, and rewriting from the leaves up. */
import type {
  Access,
  Affine,
  LoopAxis,
  Examples,
  KernelExpression,
  LoopExtent,
  IndexExpression,
  OperationExpression,
  PackedPart,
  PiecesStatement,
  PlainProduct,
  ProductStatement,
  ProductSchedule,
  ProductTerms,
  ScheduledTerms,
  Statement,
} from "./kernel-program.js";

export type AccessUse = "read" | "write" | "add";

/** `left < right` holds, or does not, where a side of a choice is evaluated. */
export interface Condition {
  readonly left: Affine;
  readonly right: Affine;
  readonly holds: boolean;
}

type AccessVisitor = (access: Access, use: AccessUse, conditions: readonly Condition[]) => void;

const always: readonly Condition[] = [];

/** Visits every element that an expression reads. */
function forEachLoad(value: KernelExpression, visit: AccessVisitor, conditions: readonly Condition[]): void {
  if (value.kind === "load") visit(value.access, "read", conditions);
  else if (value.kind === "operation") for (const operand of value.operands) forEachLoad(operand, visit, conditions);
  else if (value.kind === "choice") {
    const { left, right } = value;
    forEachLoad(value.below, visit, [...conditions, { left, right, holds: true }]);
    forEachLoad(value.otherwise, visit, [...conditions, { left, right, holds: false }]);
  }
}

/** Visits every buffer element a statement touches; lists of examples count as reads and writes of their start. */
export function forEachAccess(statement: Statement, visitAll: AccessVisitor): void {
  const visit = (access: Access, use: AccessUse): void => {
    visitAll(access, use, always);
  };
  const expression = (value: KernelExpression): void => {
    forEachLoad(value, visitAll, always);
  };
  const examples = (value: Examples): void => {
    if (value.kind === "list") visit({ buffer: value.list, offset: START }, "read");
  };
  const axis = (value: LoopAxis | undefined): void => {
    if (value?.extent.kind === "examples") examples(value.extent.examples);
  };
  switch (statement.kind) {
    case "for":
    case "region":
    case "windows":
      if (statement.kind === "for") axis(statement);
      statement.body.forEach((inner) => forEachAccess(inner, visitAll));
      return;
    case "pieces":
      forEachPart(statement, (inner) => forEachAccess(inner, visitAll));
      return;
    case "product":
      [statement.rows, statement.columns].forEach(axis);
      forEachProductAccess(statement, axis, visitAll);
      return;
    case "pack":
      visit(statement.from, "read");
      visit({ buffer: statement.to, offset: START }, "write");
      return;
    case "let_index":
      if (statement.value.kind === "load" || statement.value.kind === "whole") visit(statement.value.access, "read");
      return;
    case "let":
    case "accumulate":
    case "assign":
      expression(statement.value);
      return;
    case "accumulator":
      expression(statement.initial);
      return;
    case "store":
      expression(statement.value);
      visit(statement.access, statement.mode === "add" ? "add" : "write");
      return;
    case "store_index":
      visit(statement.access, "write");
      return;
    case "zero_padding":
      visit({ buffer: statement.buffer, offset: START }, "write");
      return;
    case "select_examples":
      examples(statement.from);
      if (statement.going !== undefined) visit({ buffer: statement.going, offset: START }, "read");
      visit({ buffer: statement.list, offset: START }, "write");
      return;
  }
}

/**
 * The buffers that statements write or add to.
 *
 * @param nameOf What a buffer counts as: the whole that it is a part of, where a part of it stands for all of them, or itself.
 */
export function writtenBuffers(statements: readonly Statement[], nameOf: (buffer: string) => string): Set<string> {
  const names = new Set<string>();
  for (const statement of statements) {
    forEachAccess(statement, ({ buffer }, use) => {
      if (use !== "read") names.add(nameOf(buffer));
    });
  }
  return names;
}

/** Visits the statements that hold no others, or only those of a tail, in their order. */
export function forEachSimple(statements: readonly Statement[], visit: (statement: Statement) => void): void {
  for (const statement of statements) {
    if (statement.kind === "pieces") forEachPart(statement, (inner) => forEachSimple([inner], visit));
    else if ("body" in statement) forEachSimple(statement.body, visit);
    else visit(statement);
  }
}

/** All but those of rows and columns. */
function forEachProductAccess(
  product: ProductStatement,
  axis: (value: LoopAxis) => void,
  visitAll: AccessVisitor,
): void {
  const visit = (access: Access, use: AccessUse): void => {
    visitAll(access, use, always);
  };
  const { initial, result, out, schedule: { copied, tail } = {} } = product;
  for (const { contracted, a, b, packed } of termsOf(product)) {
    contracted.forEach(axis);
    visit(a, "read");
    visit(b, "read");
    if (packed !== undefined) visit({ buffer: packed.buffer, offset: START }, "read");
  }
  if (initial !== undefined) forEachLoad(initial, visitAll, always);
  if (result !== undefined) forEachLoad(result, visitAll, always);
  if (copied !== undefined) visit({ buffer: copied.to, offset: START }, "write");
  if (out !== undefined) visit(out, "write");
  tail?.body.forEach((inner) => forEachAccess(inner, visitAll));
}

function forEachPart({ body, carry, finish }: PiecesStatement, visit: (inner: Statement) => void): void {
  for (const part of [body, carry, finish]) part.forEach(visit);
}

/** A statement of pieces with each of its bodies replaced. */
export function mapParts(
  statement: PiecesStatement,
  change: (statements: readonly Statement[]) => readonly Statement[],
): PiecesStatement {
  const { body, carry, finish } = statement;
  return { ...statement, body: change(body), carry: change(carry), finish: change(finish) };
}

export function isPlain(product: ProductStatement): product is PlainProduct {
  return product.schedule === undefined && product.out !== undefined;
}

/** The terms of the sums of a product, in the order in which they are added. */
export function termsOf({ contracted, a, b, schedule: { earlier, packed } = {} }: ProductStatement): ScheduledTerms[] {
  const last = { contracted, a, b, ...(packed !== undefined && { packed }) };
  return earlier === undefined ? [last] : [earlier, last];
}

const START: Affine = { constant: { terms: [], key: "" }, terms: [] };

export interface StatementMapper {
  readonly access?: (access: Access) => Access;
  /** Applied to every affine expression, those inside accesses included. */
  readonly affine?: (value: Affine) => Affine;
  readonly variable?: (name: string) => string;
  /** Applied to what reads an element as a number. */
  readonly load?: (value: LoadExpression) => KernelExpression;
  /** Applied to operations on single numbers, the inner ones first. */
  readonly operation?: (value: OperationExpression) => KernelExpression;
  /** Applied to products, their parts first. */
  readonly product?: (value: ProductStatement) => ProductStatement;
}

export type LoadExpression = Extract<KernelExpression, { kind: "load" }>;

/** What a mapper makes of the parts of statements. */
interface PartMappers {
  readonly affine: (value: Affine) => Affine;
  readonly access: (access: Access) => Access;
  readonly axis: (value: LoopAxis) => LoopAxis;
  /** Of a buffer that is named as a whole. */
  readonly named: (buffer: string) => string;
}

function partMappers(mapper: StatementMapper): PartMappers {
  const affine = mapper.affine ?? ((value: Affine) => value);
  const access = (value: Access): Access => {
    const moved = { buffer: value.buffer, offset: affine(value.offset) };
    return mapper.access?.(moved) ?? moved;
  };
  const named = (buffer: string): string => access({ buffer, offset: START }).buffer;
  const extent = (value: LoopExtent): LoopExtent => {
    if (value.kind === "affine") return { kind: "affine", value: affine(value.value) };
    if (value.kind === "part") return { ...value, from: affine(value.from) };
    if (value.kind === "examples" && value.examples.kind === "list") {
      return { kind: "examples", examples: { ...value.examples, list: named(value.examples.list) } };
    }
    return value;
  };
  const axis = (value: LoopAxis): LoopAxis => ({
    variable: value.variable,
    extent: extent(value.extent),
    ...(value.from === undefined ? {} : { from: affine(value.from) }),
  });
  return { affine, access, axis, named };
}

function mapProduct(product: ProductStatement, mapper: StatementMapper): ProductStatement {
  const { affine, access, axis, named } = partMappers(mapper);
  const terms = ({ contracted, a, b }: ProductTerms): ProductTerms => ({
    contracted: contracted.map(axis),
    a: access(a),
    b: access(b),
  });
  const panels = (packed: PackedPart | undefined): { packed?: PackedPart } =>
    packed === undefined
      ? {}
      : {
          packed: {
            buffer: named(packed.buffer),
            part: packed.part.map((own) => ({ ...own, index: affine(own.index) })),
          },
        };
  const schedule = ({ earlier, packed, copied, tail, ...marks }: ProductSchedule): ProductSchedule => ({
    ...(earlier && { earlier: { ...terms(earlier), ...panels(earlier.packed) } }),
    ...panels(packed),
    ...(copied && { copied: { ...copied, to: named(copied.to) } }),
    ...(tail && { tail: { ...tail, body: tail.body.map((inner) => mapStatement(inner, mapper)) } }),
    ...marks,
  });
  const mapped: ProductStatement = {
    ...product,
    rows: product.rows && axis(product.rows),
    columns: product.columns && axis(product.columns),
    ...terms(product),
    initial: product.initial && mapExpression(product.initial, mapper),
    ...(product.result === undefined ? {} : { result: mapExpression(product.result, mapper) }),
    out: product.out && access(product.out),
    ...(product.schedule && { schedule: schedule(product.schedule) }),
  };
  return mapper.product?.(mapped) ?? mapped;
}

/** Rebuilds a statement with accesses, affine expressions and names of scalars replaced. */
export function mapStatement(statement: Statement, mapper: StatementMapper): Statement {
  const { affine, access, axis, named } = partMappers(mapper);
  const expression = (value: KernelExpression): KernelExpression => mapExpression(value, mapper);
  const name = mapper.variable ?? ((value: string) => value);
  switch (statement.kind) {
    case "for":
      return { ...statement, ...axis(statement), body: statement.body.map((s) => mapStatement(s, mapper)) };
    case "pieces":
      return mapParts(statement, (part) => part.map((s) => mapStatement(s, mapper)));
    case "region":
    case "windows":
      return { ...statement, body: statement.body.map((s) => mapStatement(s, mapper)) };
    case "product":
      return mapProduct(statement, mapper);
    case "pack":
      return {
        ...statement,
        from: access(statement.from),
        to: named(statement.to),
        columns: axis(statement.columns),
        contracted: statement.contracted.map(axis),
        parts: statement.parts.map(axis),
      };
    case "let_index":
      return { ...statement, value: mapIndexExpression(statement.value, affine, access) };
    case "let":
      return { ...statement, name: name(statement.name), value: expression(statement.value) };
    case "accumulate":
    case "assign":
      return { ...statement, name: name(statement.name), value: expression(statement.value) };
    case "accumulator":
      return { ...statement, name: name(statement.name), initial: expression(statement.initial) };
    case "store":
      return { ...statement, access: access(statement.access), value: expression(statement.value) };
    case "store_index":
      return { ...statement, access: access(statement.access), value: affine(statement.value) };
    case "zero_padding":
      return { ...statement, buffer: named(statement.buffer) };
    case "select_examples":
      return {
        ...statement,
        list: named(statement.list),
        ...(statement.going !== undefined && { going: named(statement.going) }),
      };
  }
}

export function mapExpression(value: KernelExpression, mapper: StatementMapper): KernelExpression {
  const affine = mapper.affine ?? ((a: Affine) => a);
  switch (value.kind) {
    case "literal":
      return value;
    case "variable":
      return mapper.variable === undefined ? value : { ...value, name: mapper.variable(value.name) };
    case "load": {
      const moved = { buffer: value.access.buffer, offset: affine(value.access.offset) };
      const load = { ...value, access: mapper.access?.(moved) ?? moved };
      return mapper.load?.(load) ?? load;
    }
    case "integer":
      return { ...value, value: affine(value.value) };
    case "operation": {
      const mapped = { ...value, operands: value.operands.map((operand) => mapExpression(operand, mapper)) };
      return mapper.operation?.(mapped) ?? mapped;
    }
    case "choice":
      return {
        ...value,
        left: affine(value.left),
        right: affine(value.right),
        below: mapExpression(value.below, mapper),
        otherwise: mapExpression(value.otherwise, mapper),
      };
  }
}

function mapIndexExpression(
  value: IndexExpression,
  affine: (value: Affine) => Affine,
  access: (value: Access) => Access,
): IndexExpression {
  switch (value.kind) {
    case "affine":
      return { kind: "affine", value: affine(value.value) };
    case "size":
      return value;
    case "part":
      return { ...value, from: affine(value.from) };
    case "load":
    case "whole":
      return { ...value, access: access(value.access) };
    default:
      return { ...value, left: affine(value.left), right: affine(value.right) };
  }
}
