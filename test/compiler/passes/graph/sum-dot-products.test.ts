/** Dot products become sums of products, with what is summed in the last axes; other products stay. */
import { describe, it } from "vitest";
import { sumDotProducts } from "../../../../compiler/passes/graph/sum-dot-products.js";
import { expectRewritten, expectUnchanged } from "../../../support/graph-text.js";

describe("sumDotProducts", () => {
  it("sums the products of two vectors", () => {
    const head = "func f(%x: real[3], %y: real[3]) -> (r: %r) {";
    expectRewritten(
      sumDotProducts,
      `${head}
        %r: real[] = contract [0] [0] -> [] parts 4 %x, %y
      }`,
      `${head}
        %2: real[3] = mul %x, %y
        %r: real[] = reduce sum axes [0] %2
      }`,
    );
  });

  it("turns the axes that are summed to the end, and repeats the operand that lacks one", () => {
    const head = "func f(%A: real[2, 3], %y: real[2]) -> (r: %r) {";
    expectRewritten(
      sumDotProducts,
      `${head}
        %r: real[3] = contract [0 1] [0] -> [1] parts 4 %A, %y
      }`,
      `${head}
        %2: real[3, 2] = transpose [1 0] %A
        %3: real[3, 2] = broadcast [3, 2] axes [1] %y
        %4: real[3, 2] = mul %2, %3
        %r: real[3] = reduce sum axes [1] %4
      }`,
    );
  });

  it("leaves products alone that are not summed in parts", () => {
    expectUnchanged(
      sumDotProducts,
      `func f(%A: real[2, 3], %y: real[2]) -> (r: %r) {
        %r: real[3] = contract [0 1] [0] -> [1] %A, %y
      }`,
    );
  });
});
