/** Rules of scalar operations: neutral elements, signs, numbers, and what is done before repeating. */
import { constant, expectCases, expectUntouched, filled, type RuleCase } from "../../../../support/simplified.js";

const zeros = filled("z", 0);
const ones = filled("o", 1);
const minus = filled("m", -1);
const [x, xy] = ["%x: real[H]", "%x: real[H], %y: real[H]"];

const arithmetic: readonly RuleCase[] = [
  ["x + 0 is x", x, [...zeros, "%r: real[H] = add %x, %zs"], [], "%x"],
  ["0 + x is x", x, [...zeros, "%r: real[H] = add %zs, %x"], [], "%x"],
  ["x - 0 is x", x, [...zeros, "%r: real[H] = sub %x, %zs"], [], "%x"],
  ["0 - x is -x", x, [...zeros, "%r: real[H] = sub %zs, %x"], ["%r: real[H] = neg %x"]],
  ["x * 1 is x", x, [...ones, "%r: real[H] = mul %x, %os"], [], "%x"],
  ["1 * x is x", x, [...ones, "%r: real[H] = mul %os, %x"], [], "%x"],
  ["x * -1 is -x", x, [...minus, "%r: real[H] = mul %x, %ms"], ["%r: real[H] = neg %x"]],
  ["-1 * x is -x", x, [...minus, "%r: real[H] = mul %ms, %x"], ["%r: real[H] = neg %x"]],
  ["x / 1 is x", x, [...ones, "%r: real[H] = div %x, %os"], [], "%x"],
  ["-(-x) is x", x, ["%n: real[H] = neg %x", "%r: real[H] = neg %n"], [], "%x"],
  ["x + (-y) is x - y", xy, ["%n: real[H] = neg %y", "%r: real[H] = add %x, %n"], ["%r: real[H] = sub %x, %y"]],
  ["(-x) + y is y - x", xy, ["%n: real[H] = neg %x", "%r: real[H] = add %n, %y"], ["%r: real[H] = sub %y, %x"]],
  ["x - (-y) is x + y", xy, ["%n: real[H] = neg %y", "%r: real[H] = sub %x, %n"], ["%r: real[H] = add %x, %y"]],
  ["a choice between x and x is x", xy, ["%c: bool[H] = lt %x, %y", "%r: real[H] = select %c, %x, %x"], [], "%x"],
  ["a strong product of zeros is zero", x, [...zeros, "%r: real[H] = strong_mul %zs, %x"], zeros, "%zs"],
  ["a strong quotient of zeros is zero", x, [...zeros, "%r: real[H] = strong_div %zs, %x"], zeros, "%zs"],
  ["a strong product of another number is a plain one", x, [...filled("c", 3), "%r: real[H] = strong_mul %cs, %x"],
    [...filled("c", 3), "%r: real[H] = mul %cs, %x"]],
  ["a strong product with a finite number is a plain one", x, [...filled("c", 3), "%r: real[H] = strong_mul %x, %cs"],
    [...filled("c", 3), "%r: real[H] = mul %x, %cs"]],
  ["also with 0", x, [...zeros, "%r: real[H] = strong_mul %x, %zs"], [...zeros, "%r: real[H] = mul %x, %zs"]],
  ["a strong quotient by a number other than 0 is a plain one", x, [...filled("c", 3), "%r: real[H] = strong_div %x, %cs"],
    [...filled("c", 3), "%r: real[H] = div %x, %cs"]],
  ["small whole numbers are added", "", [constant("a", 3), constant("b", -5), "%r: shared real[] = add %a, %b"], [constant("r", -2)]],
  ["small whole numbers are subtracted", "", [constant("a", 3), constant("b", 5), "%r: shared real[] = sub %a, %b"], [constant("r", -2)]],
  ["small whole numbers are multiplied", "", [constant("a", 3), constant("b", 5), "%r: shared real[] = mul %a, %b"], [constant("r", 15)]],
  ["quotients of float32 numbers are numbers", "", [constant("a", 3), constant("b", 40), "%r: shared real[] = div %a, %b"], [constant("r", 0.075)]],
  ["roots of float32 numbers are numbers", "", [constant("a", 2), "%r: shared real[] = sqrt %a"], [constant("r", Math.SQRT2)]],
  ["what rounds nothing is computed for any number", "", [constant("a", 0.3), "%r: shared real[] = neg %a"], [constant("r", -0.3)]],
  ["in every element", "", [...filled("a", 2.5), "%r: shared real[H] = floor %as"],
    [constant("0", 2), "%r: shared real[H] = broadcast [H] axes [] %0"]],
  ["an operation on values that repeat alike is done before repeating them", xy,
    ["%a: real[I, H] = broadcast [I, H] axes [1] %x", "%b: real[I, H] = broadcast [I, H] axes [1] %y", "%r: real[I, H] = mul %a, %b"],
    ["%2: real[H] = mul %x, %y", "%r: real[I, H] = broadcast [I, H] axes [1] %2"]],
  ["one that is the same everywhere repeats as the other does", "%x: real[H], %s: real[]",
    ["%a: real[I, H] = broadcast [I, H] axes [1] %x", "%b: real[I, H] = broadcast [I, H] axes [] %s", "%r: real[I, H] = mul %b, %a"],
    ["%2: real[H] = broadcast [H] axes [] %s", "%3: real[H] = mul %2, %x", "%r: real[I, H] = broadcast [I, H] axes [1] %3"]],
]; // prettier-ignore

expectCases(arithmetic);

expectUntouched([
  ["0 * x: x may be infinite", x, ...zeros, "%r: real[H] = mul %zs, %x"],
  ["1 / x", x, ...ones, "%r: real[H] = div %os, %x"],
  ["a strong quotient by 0", x, ...zeros, "%r: real[H] = strong_div %x, %zs"],
  ["a strong quotient by what is 0 in float32", x, ...filled("c", 1e-50), "%r: real[H] = strong_div %x, %cs"],
  ["a strong product with what is infinite in float32", x, ...filled("c", 1e39), "%r: real[H] = strong_mul %x, %cs"],
  ["a strong product of what is 0 in float32 only", x, ...filled("c", 1e-50), "%r: real[H] = strong_mul %cs, %x"],
  ["a strong product of two values", xy, "%r: real[H] = strong_mul %x, %y"],
  ["sums of fractions, which round", "", constant("a", 0.25), constant("b", 3), "%r: shared real[] = add %a, %b"],
  ["products of large numbers", "", constant("a", 2048), constant("b", 3), "%r: shared real[] = mul %a, %b"],
  ["quotients of what is no float32 number", "", constant("a", 0.1), constant("b", 3), "%r: shared real[] = div %a, %b"],
  ["quotients that are none in float32", "", constant("a", 2 ** 100), constant("b", 2 ** -100), "%r: shared real[] = div %a, %b"],
  ["exp of a constant, which is the target's own", "", constant("a", 0), "%r: shared real[] = exp %a"],
  ["values that repeat over different axes", "%x: real[H], %y: real[I]", "%a: real[I, H] = broadcast [I, H] axes [1] %x",
    "%b: real[I, H] = broadcast [I, H] axes [0] %y", "%r: real[I, H] = mul %a, %b"],
  ["a repeated value and one that is not", "%x: real[H], %y: real[I, H]", "%a: real[I, H] = broadcast [I, H] axes [1] %x", "%r: real[I, H] = mul %a, %y"],
]); // prettier-ignore
