import { expect, it } from "vitest";
import { chooses } from "../../../../compiler/passes/autodiff/chooses.js";
import { functionOf } from "../../../support/graph-text.js";

const given = "%x: real[6], %y: real[6], %b: bool[6], %A: real[6, 2], %i: index[3]";
const chosen = (line: string): boolean =>
  chooses(functionOf(`func f(${given}) -> (x: %x) {\n${line}\n}`).instructions.at(-1)!.operation);

it.each([
  "%r: real[6] = select %b, %x, %y",
  "%r: real[6] = max %x, %y",
  "%r: real[6] = min %x, %y",
  "%r: real[2] = reduce max axes [0] %A",
  "%r: real[3] = slice axis 0 start 1 length 3 %x",
  "%r: real[8] = pad axis 0 before 1 after 1 %x",
  "%r: real[3, 2] = gather %A, %i",
  "%r: real[3, 1] = window axis 0 length 3 size 1 stride 2 dilation 1 %x",
  "%r: real[2, 2] = window axis 0 length 2 size 2 stride 1 dilation 4 %x",
  `%r: real[6] = custom_derivative arguments 1 %y, %x, %b tangent
    func r(%dx: real[6], %c: bool[6]) -> (r: %d) {
      %0: shared real[] = constant real 0
      %z: shared real[6] = broadcast [6] axes [] %0
      %d: real[6] = select %c, %dx, %z
    }`,
])("some operands have no part in all of it: %s", (line) => {
  expect(chosen(line)).toBe(true);
});

it.each([
  "%r: real[6] = add %x, %y",
  "%r: real[6] = tanh %x",
  "%r: real[2] = reduce sum axes [0] %A",
  "%r: real[2] = contract [0] [0 1] -> [1] %x, %A",
  "%r: real[2, 6] = transpose [1 0] %A",
  "%r: real[5, 2] = window axis 0 length 5 size 2 stride 1 dilation 1 %x",
  "%r: real[3, 2] = window axis 0 length 3 size 2 stride 2 dilation 1 %x",
  `%r: real[6] = custom_derivative arguments 1 %y, %x tangent
    func r(%dx: real[6]) -> (r: %d) {
      %d: real[6] = neg %dx
    }`,
])("all of them have: %s", (line) => {
  expect(chosen(line)).toBe(false);
});
