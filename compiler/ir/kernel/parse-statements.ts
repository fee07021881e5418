/** Reads statements of kernels as `print.ts` writes them. */
import { at } from "../../base/at.js";
import { parseDim } from "../../base/types/parse-dim.js";
import {
  parseAccess,
  parseAffine,
  parseAxis,
  parseExamples,
  parseExpression,
  parseIndex,
  parseRange,
} from "./parse-expressions.js";
import { type Line, LineTokens } from "./parse-lines.js";
import { parseProduct } from "./parse-products.js";
import { PIECE, type PiecesStatement, type ReductionOp, type Statement } from "./kernel-program.js";

/** Lines of one list, in their order. */
interface Lines {
  readonly lines: readonly Line[];
  at: number;
}

export function parseBody(lines: readonly Line[]): Statement[] {
  const rest: Lines = { lines, at: 0 };
  const statements: Statement[] = [];
  while (rest.at < lines.length) {
    const tokens = new LineTokens(at(lines, rest.at++));
    const parser = parsers.get(tokens.next) ?? parseChange;
    statements.push(parser(tokens, rest));
  }
  return statements;
}

type StatementParser = (tokens: LineTokens, rest: Lines) => Statement;

const parsers: ReadonlyMap<string, StatementParser> = new Map<string, StatementParser>([
  ["region", parseRegion],
  ["windows", parseWindows],
  ["for", parseFor],
  ["pieces", parsePieces],
  ["product", (tokens) => parseProduct(tokens, parseBody)],
  ["pack", leaf(parsePack)],
  ["index", leaf(parseIndexStatement)],
  ["let", leaf(parseLet)],
  ["var", leaf(parseAccumulator)],
  ["set", leaf(parseAssign)],
  ["zero", leaf(parseZero)],
  ["select", leaf(parseSelect)],
]);

/** A statement that nothing stands below. */
function leaf(parser: (tokens: LineTokens) => Statement): StatementParser {
  return (tokens) => {
    const statement = parser(tokens);
    tokens.end();
    const [below] = tokens.line.below;
    if (below !== undefined) new LineTokens(below).fail(`nothing stands below ${tokens.line.tokens[0] ?? ""}`);
    return statement;
  };
}

function parseRegion(tokens: LineTokens): Statement {
  tokens.expect("region");
  const words: string[] = [];
  if (tokens.next.startsWith('"')) words.push(tokens.name());
  else while (!tokens.atEnd && tokens.next !== "where") words.push(tokens.take());
  const onChange = tokens.accept("where");
  if (onChange) tokens.expect("changed");
  tokens.end();
  if (words.length === 0) tokens.expected("the name of the region");
  return {
    kind: "region",
    name: words.join(" "),
    comment: tokens.line.comment,
    ...(onChange && { onChange }),
    body: parseBody(tokens.line.below),
  };
}

function parseWindows(tokens: LineTokens): Statement {
  tokens.expect("windows", "of");
  const steps = tokens.name("the number of steps");
  tokens.expect("steps", "of");
  const axis = tokens.symbol();
  tokens.expect("from");
  const first = tokens.name("the first step");
  tokens.expect("on", ",");
  const rows = tokens.integer();
  tokens.expect("rows");
  tokens.end();
  return { kind: "windows", axis, first, steps, rows, body: parseBody(tokens.line.below) };
}

function parseFor(tokens: LineTokens): Statement {
  tokens.expect("for");
  const axis = parseAxis(tokens);
  const step = tokens.accept("step") ? tokens.integer() : 1;
  const reverse = tokens.accept("reverse");
  const inLanes = tokens.accept("in");
  if (inLanes) tokens.expect("lanes");
  tokens.end();
  const body = parseBody(tokens.line.below);
  return { kind: "for", ...axis, step, reverse, ...(inLanes && { lanes: true }), body };
}

/** `pieces of examples first .. end, %T of b from from, last first after done, carried`, and the lines `where` below it in the same list. */
function parsePieces(tokens: LineTokens, rest: Lines): Statement {
  tokens.expect("pieces", "of");
  const examples = tokens.next === "examples" ? parsePieceExamples(tokens) : undefined;
  if (examples !== undefined && tokens.next === ",") tokens.expect(",");
  const steps = tokens.atEnd || tokens.next === "after" ? undefined : parsePieceSteps(tokens);
  const after = tokens.accept("after") ? parsePieceCounts(tokens) : undefined;
  tokens.end();
  const carry = nextLine(rest, tokens);
  carry.expect("where");
  const done = carry.name("a count");
  carry.expect("is", String(PIECE), ",", "into");
  const carried = carry.name("a count");
  carry.end();
  const finish = nextLine(rest, tokens);
  finish.expect("where");
  if (finish.name() !== carried) finish.fail(`expected where ${carried}`);
  finish.end();
  return {
    kind: "pieces",
    ...(examples && { examples }),
    ...(steps && { steps }),
    ...(after && { after }),
    done,
    carried,
    body: parseBody(tokens.line.below),
    carry: parseBody(carry.line.below),
    finish: parseBody(finish.line.below),
  };
}

function nextLine(rest: Lines, tokens: LineTokens): LineTokens {
  const line = rest.lines[rest.at++];
  return line === undefined ? tokens.fail("expected where … is 64 and where … after pieces") : new LineTokens(line);
}

function parsePieceExamples(tokens: LineTokens): PiecesStatement["examples"] {
  tokens.expect("examples");
  const first = tokens.name("the first example");
  tokens.expect("..");
  return { first, end: tokens.name("the end of the examples") };
}

function parsePieceSteps(tokens: LineTokens): PiecesStatement["steps"] {
  const dim = parseDim(tokens);
  const example = tokens.accept("of") ? tokens.name("an example") : undefined;
  tokens.expect("from");
  const from = tokens.name("the first step");
  const reverse = tokens.accept(",");
  if (reverse) tokens.expect("last", "first");
  return { from, dim, example, reverse };
}

function parsePieceCounts(tokens: LineTokens): NonNullable<PiecesStatement["after"]> {
  const done = tokens.name("a count");
  tokens.expect(",");
  return { done, carried: tokens.name("a count") };
}

function parsePack(tokens: LineTokens): Statement {
  tokens.expect("pack");
  const to = tokens.name("a buffer");
  tokens.expect("from");
  const from = parseAccess(tokens);
  tokens.expect("over");
  const columns = parseAxis(tokens);
  const contracted = [];
  while (tokens.accept(",")) contracted.push(parseAxis(tokens));
  const parts = [];
  if (tokens.accept("for"))
    do parts.push(parseAxis(tokens));
    while (tokens.accept(","));
  tokens.expect("as");
  const strips = tokens.integer();
  tokens.expect("strips", "of");
  const length = tokens.integer();
  const onChange = tokens.accept("where");
  if (onChange) tokens.expect("changed");
  return { kind: "pack", to, from, columns, contracted, parts, strips, length, onChange };
}

/** `index i = …` names an integer, `index list[i] = …` stores one. */
function parseIndexStatement(tokens: LineTokens): Statement {
  tokens.expect("index");
  const name = tokens.name();
  if (tokens.next === "[") {
    const access = parseAccess(tokens, name);
    tokens.expect("=");
    return { kind: "store_index", access, value: parseAffine(tokens) };
  }
  tokens.expect("=");
  return { kind: "let_index", name, value: parseIndex(tokens) };
}

function parseLet(tokens: LineTokens): Statement {
  tokens.expect("let");
  const name = tokens.name();
  tokens.expect("=");
  return { kind: "let", name, value: parseExpression(tokens) };
}

function parseAccumulator(tokens: LineTokens): Statement {
  tokens.expect("var");
  const name = tokens.name();
  tokens.expect("=");
  const initial = parseExpression(tokens);
  if (!tokens.accept("in")) return { kind: "accumulator", name, initial };
  tokens.expect("four", "parts", "by");
  return { kind: "accumulator", name, initial, lanes: { variable: tokens.name("a variable") } };
}

function parseAssign(tokens: LineTokens): Statement {
  tokens.expect("set");
  const name = tokens.name();
  tokens.expect("=");
  return { kind: "assign", name, value: parseExpression(tokens) };
}

function parseZero(tokens: LineTokens): Statement {
  tokens.expect("zero");
  const buffer = tokens.name("a buffer");
  tokens.expect("of");
  const size = parseDim(tokens);
  tokens.expect("where", "an", "example", "is", "short", "in");
  const symbols = [tokens.symbol()];
  while (tokens.accept(",")) symbols.push(tokens.symbol());
  return { kind: "zero_padding", buffer, size, symbols };
}

function parseSelect(tokens: LineTokens): Statement {
  tokens.expect("select");
  const range = parseRange(tokens);
  tokens.expect("from");
  const from = parseExamples(tokens);
  tokens.expect("where");
  const step = tokens.name("a step");
  tokens.expect("<");
  const length = parseDim(tokens);
  const going = tokens.accept("and") ? { going: tokens.name("a buffer") } : {};
  return { kind: "select_examples", ...range, from, step, length, ...going };
}

const reductions: readonly string[] = ["sum", "max", "min"] satisfies ReductionOp[];

/** `x = sum(x, …)` and `buffer[…] = …`. */
const parseChange = leaf((tokens): Statement => {
  const name = tokens.name("a statement");
  if (tokens.next === "[") {
    const access = parseAccess(tokens, name);
    const mode = tokens.accept("+=") ? "add" : "set";
    if (mode === "set") tokens.expect("=");
    return { kind: "store", access, value: parseExpression(tokens), mode };
  }
  tokens.expect("=");
  if (!reductions.includes(tokens.next)) tokens.expected("sum, max or min");
  const op = tokens.take() as ReductionOp;
  tokens.expect("(");
  if (tokens.name() !== name) tokens.fail(`expected ${op}(${name}, …)`);
  tokens.expect(",");
  const value = parseExpression(tokens);
  tokens.expect(")");
  return { kind: "accumulate", name, op, value };
});
