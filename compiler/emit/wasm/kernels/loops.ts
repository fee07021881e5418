/** Loops of kernels as WebAssembly code: in lanes where a pass has chosen that, else round by round. */
import { AFFINE_ZERO, affineVariable } from "../../../ir/kernel/affine.js";
import type { ForStatement } from "../../../ir/kernel/kernel-program.js";
import { endingSelection } from "../../../ir/kernel/ending-selection.js";
import type { Local } from "../assembler/function-code.js";
import { joinedRows } from "./joined-examples.js";
import type { KernelContext } from "./context.js";
import type { Lanes } from "./elements.js";
import { pushExtent } from "./extents.js";
import { emitVectorLoop } from "./vector-loop.js";

/** @param lanes those of a loop over examples around it */
export function emitLoop(loop: ForStatement, around: KernelContext, lanes: Lanes | undefined): void {
  const context = around.joined === undefined ? around.joining(joinedRows(loop)) : around;
  if (lanes !== undefined || loop.lanes !== true) scalarLoop(loop, context, lanes);
  else if (loop.extent.kind !== "examples" || loop.extent.examples.kind === "all")
    emitVectorLoop(loop, loop.extent, context);
  else listedLoop(loop, context);
}

/** Examples of a list lie side by side where the list holds all of them. */
function listedLoop(loop: ForStatement, context: KernelContext): void {
  const { code, integers, parts } = context;
  code.get(integers.word(parts.layout.fullWord));
  code.if(
    () => emitVectorLoop(loop, { kind: "examples", examples: { kind: "all" } }, context),
    () => scalarLoop(loop, context),
  );
}

function scalarLoop(loop: ForStatement, context: KernelContext, lanes?: Lanes): void {
  const { code, integers } = context;
  const { variable, extent, reverse, step } = loop;
  const list = extent.kind === "examples" && extent.examples.kind === "list" ? extent.examples.list : undefined;
  const end = code.local("i32");
  pushExtent(extent, variable, context);
  code.set(end);
  const counter = code.local("i32");
  const start = code.local("i32");
  integers.affine(loop.from ?? AFFINE_ZERO);
  code.set(start);
  const own = list === undefined ? counter : code.local("i32");
  if (reverse) code.get(end).i32(1).op("i32.sub").set(counter);
  else code.get(start).set(counter);
  code.block((exit) => {
    if (reverse) code.get(counter).get(start).op("i32.lt_s").brIf(exit);
    else code.get(counter).get(end).op("i32.ge_s").brIf(exit);
    code.loop((again) => {
      if (list !== undefined) readMember({ list, variable, counter, own }, context);
      context.scoped((inner) => {
        inner.integers.bind(variable, own);
        const round = inner.atPosition(counter);
        const ending = endingSelection(loop.body);
        if (ending !== undefined) {
          round.emit(ending, lanes);
          code.get(round.integers.variable(ending.count)).op("i32.eqz").brIf(exit);
        }
        round.emitAll(ending === undefined ? loop.body : loop.body.slice(1), lanes);
      });
      if (reverse) code.get(counter).i32(1).op("i32.sub").tee(counter).get(start).op("i32.ge_s").brIf(again);
      else code.get(counter).i32(step).op("i32.add").tee(counter).get(end).op("i32.lt_s").brIf(again);
    });
  });
  code.release(end, counter, start, ...(list === undefined ? [] : [own]));
}

/** The example at a place of a list. */
function readMember(
  { list, variable, counter, own }: { list: string; variable: string; counter: Local; own: Local },
  { code, integers }: KernelContext,
): void {
  integers.scoped((inner) => {
    inner.bind(variable, counter);
    code.memory("i32.load", inner.address({ buffer: list, offset: affineVariable(variable) }).offset);
    code.set(own);
  });
}
