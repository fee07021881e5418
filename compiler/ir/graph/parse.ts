/** Reads the text form of the graph IR, for tests of passes on a few lines. Throws a {@link GraphSyntaxError}. */
import { cellAxes, type SizedAxis } from "../../base/types/call-axes.js";
import { at } from "../../base/at.js";
import { InvariantError } from "../../base/diagnostics/invariant.js";
import type { Dim } from "../../base/types/dim.js";
import { parseDim } from "../../base/types/parse-dim.js";
import type { Shape } from "../../base/types/shape.js";
import { splitTokens, TokenCursor } from "../../base/types/token-cursor.js";
import { scalarArity, type ScalarOp } from "../ops/scalar-ops.js";
import { shapeContext, type ShapeContext } from "./shape-rules.js";
import { GraphBuilder } from "./build.js";
import type {
  DType,
  GraphFunction,
  GraphProgram,
  Operation,
  SequenceState,
  SumParts,
  ValueId,
  ValueType,
} from "./graph-function.js";
import { printType } from "./print.js";
import { QUOTED, readName, readValue, WORD } from "./spelling.js";

export class GraphSyntaxError extends Error {
  override name = "GraphSyntaxError";
}

/** @param axes symbols that differ from example to example */
export function parseProgram(text: string, axes: readonly SizedAxis[] = cellAxes([])): GraphProgram {
  const reader = new TokenReader(text);
  const context = shapeContext(axes);
  const functions: GraphFunction[] = [];
  try {
    while (!reader.atEnd) functions.push(parseFunction(reader, context));
  } catch (error) {
    // Operands and shapes that do not fit are found by the builder.
    if (!(error instanceof GraphSyntaxError || error instanceof InvariantError)) throw error;
    throw new GraphSyntaxError(`line ${reader.line}: ${error.message}`, { cause: error });
  }
  return { functions };
}

const tokenPattern = new RegExp(
  `\\s+|;[^\\n]*|(%(?:${WORD}|${QUOTED}|\\d+)(?:~\\d+)?|->|${QUOTED}|${WORD}|-?\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?|-?Infinity|[()[\\]{},:=+*/-])`,
  "gu",
);

const lineAt = (text: string, place: number): number => text.slice(0, place).split("\n").length;

class TokenReader extends TokenCursor {
  private readonly text: string;
  /** Where each token begins in the text. */
  private readonly places: readonly number[];

  constructor(text: string) {
    const parts = splitTokens(text, tokenPattern, (from, to) => {
      throw new GraphSyntaxError(`line ${lineAt(text, from)}: unexpected text ${JSON.stringify(text.slice(from, to))}`);
    }).filter(({ kind }) => kind === "token");
    super(
      parts.map((part) => part.text),
      "<end>",
    );
    this.text = text;
    this.places = parts.map(({ place }) => place);
  }

  /** Of what was read last. */
  get line(): number {
    return lineAt(this.text, this.places[Math.max(0, this.position - 1)] ?? this.text.length);
  }

  /** `open item separator? … close`. */
  list<T>(open: string, close: string, item: () => T): T[] {
    this.expect(open);
    const items: T[] = [];
    while (!this.accept(close)) {
      if (this.atEnd) throw new GraphSyntaxError(`expected ${close}`);
      items.push(item());
      this.accept(",");
    }
    return items;
  }

  name(): string {
    const token = this.take();
    return readName(token) ?? this.fail(`expected a name, found ${token}`);
  }

  symbol(): string {
    if (!/^[%\p{L}_]/u.test(this.next)) this.fail(`expected a dimension, found ${this.next}`);
    return this.take();
  }

  fail(problem: string): never {
    throw new GraphSyntaxError(problem);
  }

  integer(): number {
    const value = Number(this.take());
    if (!Number.isInteger(value)) throw new GraphSyntaxError("expected an integer");
    return value;
  }

  /** A keyword and what follows it. */
  after<T>(keyword: string, item: () => T): T {
    this.expect(keyword);
    return item();
  }
}

function parseFunction(reader: TokenReader, context: ShapeContext): GraphFunction {
  reader.expect("func");
  const builder = new GraphBuilder(reader.name(), context);
  const scope = new Map<string, ValueId>();
  for (const { name, type } of reader.list("(", ")", () => parseTyped(reader))) {
    define(scope, name, builder.input(readValue(name) ?? name.slice(1), type));
  }
  reader.expect("->");
  const outputs = reader.list("(", ")", () => {
    const name = reader.name();
    reader.expect(":");
    return { name, value: reader.take(), rows: reader.accept("rows") ? parseShape(reader) : undefined };
  });
  reader.expect("{");
  while (!reader.accept("}")) parseLine(reader, builder, scope, context);
  return builder.finish(outputs.map(({ value, ...output }) => ({ ...output, value: lookUp(scope, value) })));
}

function parseLine(
  reader: TokenReader,
  builder: GraphBuilder,
  scope: Map<string, ValueId>,
  context: ShapeContext,
): void {
  // A loop whose results nothing reads may have none left.
  const results = reader.next === "=" || reader.next === "round" ? [] : [parseTyped(reader)];
  while (reader.accept(",")) results.push(parseTyped(reader));
  const round = reader.accept("round") ? reader.integer() : undefined;
  reader.expect("=");
  const partial = parseOperation(reader);
  const operands: ValueId[] = [];
  // A value with a type after it begins the next line.
  while (reader.next.startsWith("%") && reader.peek(1) !== ":") {
    operands.push(lookUp(scope, reader.take()));
    if (!reader.accept(",")) break;
  }
  const operation =
    "keyword" in partial
      ? partial.around(reader.after(partial.keyword, () => parseFunction(reader, context)))
      : partial;
  const ids = builder.emitAll(operation, operands, { origin: {}, round });
  if (ids.length !== results.length) throw new GraphSyntaxError(`${operation.kind} has ${ids.length} results`);
  for (const [i, { name, type }] of results.entries()) {
    const id = at(ids, i);
    const inferred = printType(builder.typeOf(id));
    if (inferred !== printType(type))
      throw new GraphSyntaxError(`${name} is written ${printType(type)} but is ${inferred}`);
    define(scope, name, id);
    const hint = readValue(name);
    if (hint !== undefined) builder.nameValue(id, hint);
  }
}

function define(scope: Map<string, ValueId>, name: string, id: ValueId): void {
  if (scope.has(name)) throw new GraphSyntaxError(`${name} is defined twice`);
  scope.set(name, id);
}

function lookUp(scope: ReadonlyMap<string, ValueId>, name: string): ValueId {
  const id = scope.get(name);
  if (id === undefined) throw new GraphSyntaxError(`unknown value ${name}`);
  return id;
}

function parseTyped(reader: TokenReader): { name: string; type: ValueType } {
  const name = reader.take();
  if (!name.startsWith("%")) throw new GraphSyntaxError(`expected a value, found ${name}`);
  reader.expect(":");
  const shared = reader.accept("shared");
  const dtype = reader.take();
  if (dtype !== "real" && dtype !== "index" && dtype !== "bool") throw new GraphSyntaxError(`unknown type ${dtype}`);
  return { name, type: { dtype, shared, shape: parseShape(reader) } };
}

function parseShape(reader: TokenReader): Shape {
  return reader.list("[", "]", () => parseDim(reader));
}

/** An operation with a function after its operands, after a word. */
interface WithFunction {
  readonly keyword: string;
  readonly around: (fn: GraphFunction) => Operation;
}
type OperationParser = (reader: TokenReader) => Operation | WithFunction;

const parseIntegers = (reader: TokenReader): number[] => reader.list("[", "]", () => reader.integer());
const parseAxes = (reader: TokenReader): number[] => reader.after("axes", () => parseIntegers(reader));
const parseAlong = (reader: TokenReader): number => (reader.accept("along") ? reader.integer() : 0);
const parseAxis = (reader: TokenReader): number => reader.after("axis", () => reader.integer());
const parseSteps = (reader: TokenReader): { stride: Dim; dilation: Dim } => ({
  stride: reader.after("stride", () => parseDim(reader)),
  dilation: reader.after("dilation", () => parseDim(reader)),
});

const parseState = (reader: TokenReader): SequenceState => ({
  name: reader.name(),
  isBefore: reader.accept("before"),
  bound: reader.accept("bound") ? parseDim(reader) : undefined,
  documentation: reader.next.startsWith('"') ? reader.name() : "",
});

const parsers: ReadonlyMap<string, OperationParser> = new Map<string, OperationParser>([
  ["constant", (r) => ({ kind: "constant", dtype: r.take() as DType, value: Number(r.take()) })],
  ["dimension", (r) => ({ kind: "dimension", dim: parseDim(r) })],
  ["iota", (r) => ({ kind: "iota", length: parseDim(r), places: r.accept("places") })],
  ["broadcast", (r) => ({ kind: "broadcast", shape: parseShape(r), axes: parseAxes(r) })],
  ["reduce", (r) => ({ kind: "reduce", op: r.take() as "sum", axes: parseAxes(r) })],
  [
    "contract",
    (r) => ({
      kind: "contract",
      ...(r.accept("strong") && { strong: true }),
      a: parseIntegers(r),
      b: parseIntegers(r),
      result: r.after("->", () => parseIntegers(r)),
      parts: (r.accept("parts") ? r.integer() : 1) as SumParts,
    }),
  ],
  [
    "slice",
    (r) => ({
      kind: "slice",
      axis: parseAxis(r),
      start: r.after("start", () => parseDim(r)),
      length: r.after("length", () => parseDim(r)),
    }),
  ],
  [
    "pad",
    (r) => ({
      kind: "pad",
      axis: parseAxis(r),
      before: r.after("before", () => parseDim(r)),
      after: r.after("after", () => parseDim(r)),
    }),
  ],
  ["concat", (r) => ({ kind: "concat", axis: parseAxis(r), state: r.accept("state") ? parseState(r) : undefined })],
  ["reshape", (r) => ({ kind: "reshape", shape: parseShape(r) })],
  ["transpose", (r) => ({ kind: "transpose", permutation: parseIntegers(r) })],
  ["reverse", (r) => ({ kind: "reverse", axis: parseAxis(r) })],
  [
    "window",
    (r) => {
      const [axis, length] = [parseAxis(r), r.after("length", () => parseDim(r))];
      return { kind: "window", axis, length, size: r.after("size", () => parseDim(r)), ...parseSteps(r) };
    },
  ],
  [
    "unwindow",
    (r) => ({
      kind: "unwindow",
      axis: parseAxis(r),
      size: r.after("size", () => parseDim(r)),
      ...parseSteps(r),
    }),
  ],
  ["gather", (r) => ({ kind: "gather", along: parseAlong(r) })],
  ["to_index", () => ({ kind: "to_index" })],
  ["scatter_add", (r) => ({ kind: "scatter_add", along: parseAlong(r), size: r.after("size", () => parseDim(r)) })],
  ["batch_sum", () => ({ kind: "batch_sum" })],
  [
    "custom_derivative",
    (r) => {
      const count = r.after("arguments", () => r.integer());
      const exact = r.accept("exact");
      return {
        keyword: "tangent",
        around: (tangent) => ({ kind: "custom_derivative", arguments: count, exact, tangent }),
      };
    },
  ],
  [
    "scan",
    (r) => {
      const length = r.after("length", () => parseDim(r));
      const carried = r.after("carried", () => r.integer());
      const sequences = r.after("sequences", () => r.integer());
      const reverse = r.accept("reverse");
      const rounds = r.accept("rounds");
      const states = r.accept("states") ? r.list("[", "]", () => (r.accept("-") ? undefined : parseState(r))) : [];
      return {
        keyword: "body",
        around: (body) => ({ kind: "scan", body, length, carried, sequences, reverse, rounds, states }),
      };
    },
  ],
]);

function parseOperation(reader: TokenReader): ReturnType<OperationParser> {
  const word = reader.take();
  if (Object.hasOwn(scalarArity, word)) return { kind: "map", op: word as ScalarOp, exact: reader.accept("exact") };
  const parser = parsers.get(word);
  if (parser === undefined) throw new GraphSyntaxError(`unknown operation ${word}`);
  return parser(reader);
}
