/** Pieces of long sums, as WebAssembly code. */
import { FULL_PIECE, PIECE, type PiecesStatement } from "../../../ir/kernel/kernel-program.js";
import { affineVariable } from "../../../ir/kernel/affine.js";
import { BATCH_SYMBOL } from "../../../base/types/dim.js";
import type { Local } from "../assembler/function-code.js";
import type { KernelContext } from "./context.js";

export function emitPieces(statement: PiecesStatement, context: KernelContext): void {
  const { code, integers } = context;
  const { examples, steps, after, carry, finish } = statement;
  const [done, carried] = [code.local("i32"), code.local("i32")];
  integers.bind(statement.done, done);
  integers.bind(statement.carried, carried);
  if (after === undefined) code.i32(0).set(done).i32(0).set(carried);
  else code.get(integers.variable(after.done)).set(done).get(integers.variable(after.carried)).set(carried);
  /** @param terms where it may have none, and does not count then */
  const piece = (terms: Local | undefined): void => {
    const part = (body: PiecesStatement["body"]): void => context.scoped((inner) => inner.emitAll(body));
    if (carry.length > 0) {
      code.get(done).i32(PIECE).op("i32.eq");
      code.if(() => {
        part(carry);
        code.i32(0).set(done).i32(1).set(carried);
      });
    }
    part(statement.body);
    code.get(done);
    if (after === undefined || terms === undefined) code.i32(1);
    else code.get(terms).i32(0).op("i32.gt_s");
    code.op("i32.add").set(done);
  };
  const inBlock = (isLast: (() => void) | undefined): void => {
    if (examples === undefined) {
      if (after === undefined || steps === undefined) piece(undefined);
      else piecesOfExample(steps, context, { done, carried }, piece);
    } else examplePieces(statement, context, { done, carried }, isLast, piece);
  };
  if (steps === undefined) inBlock(undefined);
  else {
    const [left, blocks] = [code.local("i32"), code.local("i32")];
    const from = code.local("i32");
    integers.dim(steps.dim, steps.example === undefined ? undefined : integers.variable(steps.example));
    code
      .i32(PIECE - 1)
      .op("i32.add")
      .i32(Math.log2(PIECE))
      .op("i32.shr_s")
      .tee(blocks)
      .i32(1);
    code.get(blocks).i32(1).op("i32.gt_s").op("select").tee(blocks).set(left);
    integers.bind(steps.from, from);
    code.loop((again) => {
      code.get(left).i32(1).op("i32.sub").set(left);
      if (steps.reverse) code.get(left);
      else code.get(blocks).get(left).op("i32.sub").i32(1).op("i32.sub");
      code.i32(Math.log2(PIECE)).op("i32.shl").set(from);
      inBlock(() => code.get(left).op("i32.eqz"));
      code.get(left).i32(0).op("i32.gt_s").brIf(again);
    });
    code.release(left, blocks, from);
  }
  if (finish.length > 0) emitFinish(statement, context, carried);
  code.release(done, carried);
}

/** Where there are sums of totals; what goes on from call to call shows what it has so far. */
function emitFinish({ after, finish }: PiecesStatement, context: KernelContext, carried: Local): void {
  const last = (): void => context.scoped((inner) => inner.emitAll(finish));
  if (after !== undefined) {
    last();
    return;
  }
  context.code.get(carried);
  context.code.if(last);
}

interface Counts {
  readonly done: Local;
  readonly carried: Local;
}

/** Of an example by itself that may have ended before: nothing then, unless nothing else is there. */
function piecesOfExample(
  { dim, example }: NonNullable<PiecesStatement["steps"]>,
  { code, integers }: KernelContext,
  { done, carried }: Counts,
  piece: (terms: Local) => void,
): void {
  const terms = code.local("i32");
  integers.dim(dim, example === undefined ? undefined : integers.variable(example));
  code.tee(terms).i32(0).op("i32.gt_s").get(done).get(carried).op("i32.or").op("i32.eqz").op("i32.or");
  code.if(() => {
    piece(terms);
  });
  code.release(terms);
}

/** Goes through the examples of a block of steps; `isLast` tells whether there is none after it. */
function examplePieces(
  { examples, steps }: PiecesStatement,
  { code, integers, parts }: KernelContext,
  { done, carried }: Counts,
  isLast: (() => void) | undefined,
  piece: (terms: Local) => void,
): void {
  const range = examples as { first: string; end: string };
  const [first, end, terms] = [code.local("i32"), code.local("i32"), code.local("i32")];
  const most = integers.word(parts.layout.sizeWord(BATCH_SYMBOL));
  integers.bind(range.first, first);
  integers.bind(range.end, end);
  code.i32(0).set(end);
  code.loop((nextPiece) => {
    code.get(end).set(first).i32(0).set(terms);
    code.loop((nextExample) => {
      if (steps === undefined) code.i32(1);
      else {
        const from = affineVariable(steps.from);
        integers.scoped((inner) => inner.part({ kind: "part", dim: steps.dim, example: range.end, from, most: PIECE }));
      }
      code.get(terms).op("i32.add").set(terms);
      code.get(end).i32(1).op("i32.add").tee(end).get(most).op("i32.lt_s");
      code.get(terms).i32(FULL_PIECE).op("i32.lt_s").op("i32.and").brIf(nextExample);
    });
    // Without terms only where nothing else is there, and nothing comes.
    code.get(end).get(most).op("i32.eq");
    if (isLast !== undefined) {
      isLast();
      code.op("i32.and");
    }
    code.get(done).get(carried).op("i32.or").op("i32.eqz").op("i32.and");
    code.get(terms).i32(0).op("i32.gt_s").op("i32.or");
    code.if(() => {
      piece(terms);
    });
    code.get(end).get(most).op("i32.lt_s").brIf(nextPiece);
  });
  code.release(first, end, terms);
}
