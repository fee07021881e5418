/** Reads products of kernels. */
import { parseAccess, parseAffine, parseAxis, parseExpression } from "./parse-expressions.js";
import { type Line, LineTokens } from "./parse-lines.js";
import type {
  Access,
  Affine,
  JoinedAxis,
  KernelExpression,
  LoopAxis,
  PackedPart,
  ProductStatement,
  ProductTail,
  RowCopy,
  Statement,
} from "./kernel-program.js";

type ParseBody = (lines: readonly Line[]) => Statement[];

/** The first line, then those of axes, of what is stored and of a tail. */
export function parseProduct(tokens: LineTokens, parseBody: ParseBody): ProductStatement {
  tokens.expect("product");
  const target = parseTarget(tokens);
  tokens.expect("=");
  const initial = nextIsSum(tokens) ? undefined : parseExpression(tokens);
  if (initial !== undefined) tokens.expect("+");
  const first = parseSum(tokens);
  const last = tokens.accept("+") ? parseSum(tokens) : undefined;
  tokens.end();
  const { a, b, ...copies } = last ?? first;
  if (last !== undefined && first.copied !== undefined) tokens.fail("only the last sum has a copied operand");

  const lines = new ProductLines(tokens.line.below);
  const [rows] = lines.axes("rows", 1);
  const [columns] = lines.axes("columns", 1);
  const earlier = last === undefined ? undefined : { ...first, contracted: lines.axes("earlier") };
  const contracted = lines.axes("contracted");
  const joined = lines.joined();
  const fused = lines.fused();
  const result = lines.stored();
  const tail = lines.tail(target.sums, parseBody);
  lines.end();
  if (tail === undefined && target.out === undefined) tokens.fail("expected an element or, below, then for");
  const schedule = {
    ...copies,
    ...(earlier && { earlier }),
    ...(tail && { tail }),
    ...(joined && { joined }),
    ...(fused && { fused }),
  };
  return {
    kind: "product",
    rows,
    columns,
    contracted,
    a,
    b,
    initial,
    ...(result && { result }),
    out: target.out,
    ...(Object.keys(schedule).length > 0 && { schedule }),
  };
}

/** An element, or the names of the sums that a tail takes. */
function parseTarget(tokens: LineTokens): { readonly out: Access | undefined; readonly sums: readonly string[] } {
  const name = tokens.name("an element");
  if (tokens.next === "[") return { out: parseAccess(tokens, name), sums: [] };
  const sums = [name];
  while (tokens.accept(",")) sums.push(tokens.name("a sum"));
  return { out: undefined, sums };
}

/** `sum a[…]`; a value that is called `sum` is followed by something else. */
function nextIsSum(tokens: LineTokens): boolean {
  return tokens.next === "sum" && tokens.nextIsName(1);
}

interface Sum {
  readonly a: Access;
  readonly b: Access;
  readonly packed?: PackedPart;
  readonly copied?: RowCopy;
}

function parseSum(tokens: LineTokens): Sum {
  tokens.expect("sum");
  const a = parseAccess(tokens);
  const copied = tokens.accept("copied") ? parseRowCopy(tokens) : undefined;
  tokens.expect("*");
  const b = parseAccess(tokens);
  const packed = tokens.accept("packed") ? (tokens.expect("in"), parsePackedPart(tokens)) : undefined;
  return { a, b, ...(packed !== undefined && { packed }), ...(copied !== undefined && { copied }) };
}

/** `to rows`, `to rows in lanes`. */
function parseRowCopy(tokens: LineTokens): RowCopy {
  tokens.expect("to");
  const to = tokens.name("a buffer");
  if (!tokens.accept("in")) return { to };
  tokens.expect("lanes");
  return { to, lanes: true };
}

/** `panels`, `panels[i of 4, j + 1 of 3]`. */
function parsePackedPart(tokens: LineTokens): PackedPart {
  const buffer = tokens.name("a buffer");
  const part: { index: Affine; of: number }[] = [];
  if (tokens.accept("[")) {
    do {
      const index = parseAffine(tokens);
      tokens.expect("of");
      part.push({ index, of: tokens.integer() });
    } while (tokens.accept(","));
    tokens.expect("]");
  }
  return { buffer, part };
}

class ProductLines {
  private readonly lines: readonly LineTokens[];
  private at = 0;

  constructor(lines: readonly Line[]) {
    this.lines = lines.map((line) => new LineTokens(line));
  }

  private accept(word: string): LineTokens | undefined {
    const line = this.lines[this.at];
    if (line?.accept(word) !== true) return undefined;
    this.at++;
    return line;
  }

  axes(word: string, most = Infinity): LoopAxis[] {
    const axes: LoopAxis[] = [];
    while (axes.length < most) {
      const line = this.accept(word);
      if (line === undefined) break;
      axes.push(parseAxis(line));
      finish(line);
    }
    return axes;
  }

  /** `joined t of b`. */
  joined(): JoinedAxis | undefined {
    const line = this.accept("joined");
    if (line === undefined) return undefined;
    const axis = line.name("an axis");
    line.expect("of");
    const example = line.name("an example");
    finish(line);
    return { axis, example };
  }

  fused(): true | undefined {
    const line = this.accept("fused");
    if (line === undefined) return undefined;
    finish(line);
    return true;
  }

  stored(): KernelExpression | undefined {
    const line = this.accept("stored");
    if (line === undefined) return undefined;
    const value = parseExpression(line);
    finish(line);
    return value;
  }

  tail(sums: readonly string[], parseBody: ParseBody): ProductTail | undefined {
    if (sums.length === 0) return undefined;
    const line = this.accept("then");
    if (line === undefined) return undefined;
    line.expect("for");
    const unit = line.name("a variable");
    line.expect("<");
    const length = line.integer();
    line.end();
    return { unit, length, sums, body: parseBody(line.line.below) };
  }

  end(): void {
    this.lines[this.at]?.expected(
      "another line of the product, in the order rows, columns, earlier, contracted, joined, fused, stored, then",
    );
  }
}

function finish(tokens: LineTokens): void {
  tokens.end();
  const [below] = tokens.line.below;
  if (below !== undefined) new LineTokens(below).fail("nothing stands below an axis of a product");
}
