/** Cells that take steps of gradient descent against the same with differences in the place of derivatives, in plain numbers. */
import { describe, it } from "vitest";
import {
  add,
  apply,
  dot,
  plus,
  scale,
  scaled,
  sigmoid,
  silu,
  standardised,
  times,
  total,
} from "../../support/plain-algebra.js";
import { expectClose, type Matrix, runPublished, type Vector } from "../../support/published-run.js";

describe("steps of gradient descent, by differences", () => {
  const slopes = (f: (W: Matrix) => number, W: Matrix): number[][] =>
    W.map((row, i) =>
      row.map((_, j) => {
        const moved = (by: number): Matrix =>
          W.map((own, k) => (k === i ? own.map((x, l) => (l === j ? x + by : x)) : own));
        return (f(moved(1e-4)) - f(moved(-1e-4))) / 2e-4;
      }),
    );
  const squared = (a: Vector, b: Vector): number => total(add(a, scale(-1, b)).map((x) => x * x));

  it("TTT-Linear", async () => {
    const [I, D] = [2, 3];
    const run = await runPublished("ttt-linear", { cell: "TTTLinear", sizes: { I, D } });
    const model = (W: Matrix, [b]: Matrix, z: Vector): number[] =>
      add(add(z, times(run.vector("g"), standardised(add(apply(W, z), b!), 1e-6))), run.vector("o"));
    let [W, b]: [Matrix, Matrix] = [run.matrix("W0"), [run.vector("b0")]];
    const wanted = run.input("x").map((x) => {
      const of = (name: string): number[] => apply(run.matrix(`T_${name}`), x);
      const rate = sigmoid(dot(run.vector("w_lr"), x) + run.number("b_lr")) / D;
      const loss = (own: Matrix, bias: Matrix): number => squared(model(own, bias, of("k")), of("v")) / 2;
      [W, b] = [
        plus(
          W,
          scaled(
            -rate,
            slopes((own) => loss(own, b), W),
          ),
        ),
        plus(
          b,
          scaled(
            -rate,
            slopes((own) => loss(W, own), b),
          ),
        ),
      ];
      return model(W, b, of("q"));
    });
    expectClose(run.output("y"), wanted, 1e-5);
  });

  it("Titans", async () => {
    const [I, D, F] = [2, 2, 3];
    const run = await runPublished("titans", { cell: "Titans", sizes: { I, D, F } });
    const model = ([A, B]: readonly Matrix[], z: Vector): number[] => apply(B!, apply(A!, z).map(silu));
    let memory: Matrix[] = [run.matrix("A_0"), run.matrix("B_0")];
    let surprise = memory.map((W) => scaled(0, W));
    const wanted = run.input("x").map((x) => {
      const of = (name: string): number[] => apply(run.matrix(`W_${name}`), x);
      const rate = (name: string): number => sigmoid(dot(run.vector(`w_${name}`), x) + run.number(`b_${name}`));
      const found = memory.map((W, i) =>
        slopes((own) => squared(model(memory.map((other, k) => (k === i ? own : other)), of("k")), of("v")), W),
      ); // prettier-ignore
      surprise = surprise.map((S, i) => plus(scaled(rate("e"), S), scaled(-rate("t"), found[i]!)));
      memory = memory.map((W, i) => plus(scaled(1 - rate("a"), W), surprise[i]!));
      return model(memory, of("q"));
    });
    expectClose(run.output("y"), wanted, 1e-5);
  });
});
