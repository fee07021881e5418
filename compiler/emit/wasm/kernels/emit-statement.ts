/** The code of each kind of statement: the one file that knows all of them. */
import { invariant } from "../../../base/diagnostics/invariant.js";
import type { Statement, StatementOf } from "../../../ir/kernel/kernel-program.js";
import type { KernelContext } from "./context.js";
import type { Lanes } from "./elements.js";
import { emitLoop } from "./loops.js";
import { emitPack } from "./pack-panels.js";
import { accumulateScalar, declarePartials } from "./partial-sums.js";
import { emitProduct } from "./products/emit-product.js";
import { emitSelection } from "./select-examples.js";
import { emitWindows } from "./step-windows.js";
import { emitPieces } from "./sum-pieces.js";
import { emitZeroPadding } from "./zero-padding.js";

type Emitter<Kind extends Statement["kind"]> = (
  statement: StatementOf<Kind>,
  context: KernelContext,
  lanes: Lanes | undefined,
) => void;

const emitters: { readonly [Kind in Statement["kind"]]: Emitter<Kind> } = {
  region: (region, context) => {
    const { code, integers, parts } = context;
    const call = (): void => parts.callRegion(region, context);
    if (region.onChange === true) code.get(integers.word(parts.layout.changedWord)).if(call);
    else call();
  },
  for: emitLoop,
  windows: emitWindows,
  pieces: emitPieces,
  product: emitProduct,
  pack: emitPack,
  let_index: ({ name, value }, { code, integers }) => {
    const local = code.local("i32");
    integers.index(value);
    code.set(local);
    integers.bind(name, local);
  },
  let: ({ name, value }, { expressions }, lanes) => {
    expressions.define(name, value, lanes);
  },
  accumulator: (statement, context, lanes) => {
    const { name, initial } = statement;
    if (context.accumulators.assigned.has(name)) context.expressions.define(name, initial, lanes);
    else declarePartials(statement, context);
  },
  assign: ({ name, value }, { expressions }, lanes) => {
    expressions.assign(name, value, lanes);
  },
  accumulate: (statement, context, lanes) => {
    invariant(lanes === undefined, "sums in lanes are made by their loop");
    accumulateScalar(statement, context);
  },
  store: ({ access, value, mode }, { expressions }, lanes) => {
    expressions.store(access, value, mode, lanes);
  },
  store_index: ({ access, value }, { code, integers }) => {
    const place = integers.address(access);
    integers.affine(value);
    code.memory("i32.store", place.offset);
  },
  zero_padding: emitZeroPadding,
  select_examples: emitSelection,
};

export function emitStatement(statement: Statement, context: KernelContext, lanes: Lanes | undefined): void {
  // The emitter is that of the statement's kind.
  (emitters[statement.kind] as Emitter<Statement["kind"]>)(statement as never, context, lanes);
}
