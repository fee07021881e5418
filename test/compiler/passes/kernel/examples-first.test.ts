/** Loops over steps of few numbers stand inside of the loop over examples, and what is more than that stays as it is. */
import { test } from "vitest";
import { examplesFirst } from "../../../../compiler/passes/kernel/examples-first.js";
import { expectKernels } from "../../../support/kernel-text.js";

const buffers = `
    buffer h: real[%B] external persistent
    buffer g: real[%B] external persistent
    buffer x: real[%B*%T] external persistent
    buffer w: real[%T] external persistent
    buffer a: real[1] external persistent
    buffer y: real[%B*%T] external persistent`;
const rows = `
    buffer rows: index[%B]`;

test("the regions of a step are one, shared values are computed once, and nobody lists examples", () => {
  expectKernels(
    examplesFirst,
    `${buffers}${rows}
    kernel f {
      for t < %T
        select rows[0 .. active] from examples where t < %T
        region first ; first
          let v = a[0]
          let u = add(v, 1)
          for b < examples rows[0 .. active]
            h[b] = mul(u, h[b])
        region second ; second
          let v = w[t]
          for i < examples rows[0 .. active]
            let u = add(x[i * %T + t], h[i])
            y[i * %T + t] = mul(u, v)
    }`,
    `${buffers}
    kernel f {
      region second ; first, then second
        let v = a[0]
        let u = add(v, 1)
        for b < examples
          for t < %T of b
            h[b] = mul(u, h[b])
            let v2 = w[t]
            let u2 = add(x[b * %T + t], h[b])
            y[b * %T + t] = mul(u2, v2)
    }`,
  );
});

test("backwards, and with integers of each example", () => {
  const more = `
    buffer places: index[%B*%T] external persistent`;
  expectKernels(
    examplesFirst,
    `${buffers}${more}${rows}
    kernel f {
      for t < %T reverse
        select rows[0 .. active] from examples where t < %T
        region only ; only
          for b < examples rows[0 .. active]
            index size = %T of b
            index at = size + t * (-1)
            h[b] = add(h[b], real(at))
            index places[b * %T + t] = at
    }`,
    `${buffers}${more}
    kernel f {
      region only ; only
        for b < examples
          for t < %T of b reverse
            index size = %T of b
            index at = size + t * (-1)
            h[b] = add(h[b], real(at))
            index places[b * %T + t] = at
    }`,
  );
});

test.each([
  ["a loop over units", "for b < examples rows[0 .. active]\n  for i < 2\n    g[b] = add(h[b], real(i))"],
  ["what all examples share is stored", "for b < examples rows[0 .. active]\n  a[0] = h[b]"],
  ["what another example stores is read", "for b < examples rows[0 .. active]\n  h[b] = h[0]"],
  ["examples that have ended too", "for b < examples\n  h[b] = x[b * %T + t]"],
  [
    "what any example stores is read before all of them",
    "let v = g[0]\nfor b < examples rows[0 .. active]\n  g[b] = add(v, h[b])",
  ],
  [
    "what lies closer together for reading than for storing",
    "for b < examples rows[0 .. active]\n  y[b * 2] = add(y[b], 1)",
  ],
  ["every other example", "for b < examples rows[0 .. active] step 2\n  h[b] = add(h[b], 1)"],
  ["a sum over examples", "var s = 0\nfor b < examples rows[0 .. active]\n  s = sum(s, h[b])\na[0] = s"],
])("not %s", (_, body) => {
  const kernel = `${buffers}${rows}
    kernel f {
      for t < %T
        select rows[0 .. active] from examples where t < %T
        region r ; r
${body.replace(/^/gmu, "          ")}
    }`;
  expectKernels(examplesFirst, kernel, kernel);
});

test.each([
  ["that begins later", "for t < %T from 1"],
  ["of every other step", "for t < %T step 2"],
  ["of fewer steps than examples are listed by", "for t < 2"],
])("not a loop %s", (_, loop) => {
  const kernel = `${buffers}${rows}
    kernel f {
      ${loop}
        select rows[0 .. active] from examples where t < %T
        region r ; r
          for b < examples rows[0 .. active]
            h[b] = add(h[b], 1)
    }`;
  expectKernels(examplesFirst, kernel, kernel);
});

test("not a loop with another around some of its regions", () => {
  const nested = `${buffers}${rows}
    kernel f {
      for t < %T
        select rows[0 .. active] from examples where t < %T
        for k < 2
          region twice ; twice
            for b < examples rows[0 .. active]
              h[b] = mul(h[b], 2)
        region once ; once
          for b < examples rows[0 .. active]
            h[b] = add(h[b], 1)
    }`;
  expectKernels(examplesFirst, nested, nested);
});

test("what is made of values of a step is one of the step too", () => {
  expectKernels(
    examplesFirst,
    `${buffers}${rows}
    kernel f {
      for t < %T
        select rows[0 .. active] from examples where t < %T
        region r ; r
          let v = w[t]
          let u = add(v, 1)
          for b < examples rows[0 .. active]
            h[b] = mul(u, h[b])
    }`,
    `${buffers}
    kernel f {
      region r ; r
        for b < examples
          for t < %T of b
            let v = w[t]
            let u = add(v, 1)
            h[b] = mul(u, h[b])
    }`,
  );
});

test("not a loop that ends where a value says so", () => {
  const ending = `${buffers}${rows}
    kernel f {
      for t < %T
        select rows[0 .. active] from examples where t < %T and g
        region r ; r
          for b < examples rows[0 .. active]
            h[b] = add(h[b], 1)
    }`;
  expectKernels(examplesFirst, ending, ending);
});
