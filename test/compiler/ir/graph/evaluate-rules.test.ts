/** What each operation computes, on numbers that are counted by hand. */
import { expect, test } from "vitest";
import { evaluateFunction } from "../../../../compiler/ir/graph/evaluate.js";
import { tensor, type Tensor } from "../../../../compiler/ir/graph/tensor.js";
import { functionOf } from "../../../support/graph-text.js";

const given: readonly (readonly [type: string, value: Tensor])[] = [
  ["%v: real[3]", tensor([3], [1, -2, 4])],
  ["%w: real[3]", tensor([3], [10, 20, 30])],
  ["%A: real[2, 3]", tensor([2, 3], [1, 2, 3, 4, 5, 6])],
  ["%i: index[2]", tensor([2], [2, 0])],
  ["%j: index[3]", tensor([3], [1, 1, 0])],
];

const nothing = `%r: real[3] = custom_derivative arguments 1 %v, %w tangent
  func r(%d: real[3]) -> (r: %d) {
  }`;

test.each<[line: string, shape: number[], numbers: number[]]>([
  ["%r: shared real[] = constant real -0.5", [], [-0.5]],
  ["%r: real[] = dimension 2*S + 1", [], [9]],
  ["%r: real[S] = iota S", [4], [0, 1, 2, 3]],
  ["%r: real[3] = add %v, %w", [3], [11, 18, 34]],
  ["%b: bool[3] = lt %v, %w\n%r: real[3] = select %b, %w, %v", [3], [10, 20, 30]],
  ["%r: real[2, 3] = broadcast [2, 3] axes [1] %v", [2, 3], [1, -2, 4, 1, -2, 4]],
  ["%r: real[3, 2] = broadcast [3, 2] axes [0] %v", [3, 2], [1, 1, -2, -2, 4, 4]],
  ["%r: real[3] = reduce sum axes [0] %A", [3], [5, 7, 9]],
  ["%r: real[2] = reduce max axes [1] %A", [2], [3, 6]],
  ["%r: real[] = reduce min axes [0 1] %A", [], [1]],
  ["%r: real[2] = contract [0 1] [1] -> [0] %A, %v", [2], [9, 18]],
  ["%r: real[3, 2] = contract [0 1] [1] -> [1 0] %A, %v", [3, 2], [1, 4, -4, -10, 12, 24]],
  ["%r: real[] = contract [0] [0] -> [] parts 4 %v, %w", [], [90]],
  ["%r: real[2, 1] = slice axis 1 start 2 length 1 %A", [2, 1], [3, 6]],
  ["%r: real[6] = pad axis 0 before 1 after 2 %v", [6], [0, 1, -2, 4, 0, 0]],
  ["%r: real[6] = concat axis 0 %w, %v", [6], [10, 20, 30, 1, -2, 4]],
  ["%r: real[2, 6] = concat axis 1 %A, %A", [2, 6], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]],
  ["%r: real[3, 2] = reshape [3, 2] %A", [3, 2], [1, 2, 3, 4, 5, 6]],
  ["%r: real[3, 2] = transpose [1 0] %A", [3, 2], [1, 4, 2, 5, 3, 6]],
  ["%r: real[2, 3] = reverse axis 1 %A", [2, 3], [3, 2, 1, 6, 5, 4]],
  ["%r: real[2, 2, 2] = window axis 1 length 2 size 2 stride 1 dilation 1 %A", [2, 2, 2], [1, 2, 2, 3, 4, 5, 5, 6]],
  ["%r: real[1, 2] = window axis 0 length 1 size 2 stride 5 dilation 2 %v", [1, 2], [1, 4]],
  ["%r: real[4] = unwindow axis 0 size 4 stride 1 dilation 1 %A", [4], [1, 6, 8, 6]],
  ["%r: real[2] = gather %v, %i", [2], [4, 1]],
  ["%t: real[3, 2] = transpose [1 0] %A\n%r: real[2, 2] = gather %t, %i", [2, 2], [3, 6, 1, 4]],
  ["%r: real[2] = scatter_add size 2 %j, %v", [2], [4, -1]],
  ["%r: index[3] = to_index %w", [3], [10, 20, 30]],
  [nothing, [3], [1, -2, 4]],
])("%s", (line, shape, numbers) => {
  const fn = functionOf(`func f(${given.map(([type]) => type).join(", ")}) -> (r: %r) {\n${line}\n}`);
  const inputs = given.map(([, value]) => ({ examples: [value] }));
  const [result] = evaluateFunction(fn, inputs, [new Map([["S", 4]])]);
  const [found] = "shared" in result! ? [result.shared] : result!.examples;
  expect([...found!.shape]).toEqual(shape);
  expect([...found!.data]).toEqual(numbers);
});

test("a strong product has nothing of terms whose first factor is 0", () => {
  const text = (strong: string): string => `func f(%a: real[2], %b: real[2]) -> (r: %r) {
    %r: real[] = contract ${strong}[0] [0] -> [] %a, %b
  }`;
  const inputs = [tensor([2], [0, 3]), tensor([2], [Infinity, 2])].map((value) => ({ shared: value }));
  const sum = (strong: string): unknown => evaluateFunction(functionOf(text(strong)), inputs, [new Map()]);
  expect(sum("strong ")).toEqual([{ examples: [tensor([], [6])] }]);
  expect(sum("")).toEqual([{ examples: [tensor([], [NaN])] }]);
});
