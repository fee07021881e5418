/** Loops of which a count is read alone, which an example may leave once it has stopped counting. */
import { expect, it } from "vitest";
import { stateOfCount } from "../../../../compiler/ir/graph/counted-steps.js";
import { functionOf } from "../../../support/graph-text.js";

interface Loop {
  readonly added?: string;
  readonly otherwise?: number;
  readonly kept?: string;
  readonly outputs?: string;
}

/** `count' = count + going`, and `going` becomes `otherwise` where something holds. */
function stateIn({ added = "%g", otherwise = 0, kept = "%g", outputs = "c: %count" }: Loop): number | undefined {
  const fn = functionOf(
    `func f(%xs: real[%T]) -> (${outputs}) {
    %z: shared real[] = constant real 0
    %o: shared real[] = constant real 1
    %count: real[], %end: real[] = scan length %T carried 2 sequences 1 %z, %o, %xs body
      func step(%c: real[], %g: real[], %x: real[]) -> (c: %cn, g: %gn) {
        %cn: real[] = add %c, ${added}
        %n: real[] = constant real ${otherwise}
        %is: bool[] = ne %x, %n
        %gn: real[] = select %is, %n, ${kept}
      }
  }`.replace("%n: real[] = constant", "%n: shared real[] = constant"),
  );
  const { operation, results } = fn.instructions.at(-1)!;
  if (operation.kind !== "scan") throw new TypeError("no scan");
  return stateOfCount(fn, results, operation);
}

it("is told by the state that is counted", () => {
  expect(stateIn({})).toBe(1);
});

it.each<[string, Loop]>([
  ["counts something else", { added: "%x" }],
  ["counts itself", { added: "%c" }],
  ["goes on at another number", { otherwise: 2 }],
  ["may begin to count again", { kept: "%x" }],
  ["gives its last state, too", { outputs: "c: %count, g: %end" }],
  ["gives that alone", { outputs: "g: %end" }],
])("is none that %s", (_, loop) => {
  expect(stateIn(loop)).toBeUndefined();
});
