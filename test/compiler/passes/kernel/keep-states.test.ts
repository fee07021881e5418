/** Numbers that go from round to round stay in variables, where nothing else may be the same element. */
import { test } from "vitest";
import { keepStates } from "../../../../compiler/passes/kernel/keep-states.js";
import { expectKernels } from "../../../support/kernel-text.js";

const buffers = `
    buffer h: real[2*%B] external persistent
    buffer x: real[%B*%T] external persistent
    buffer y: real[%B*%T] external persistent`;

const other = `
    buffer w: real[%B] external persistent`;

/** The same kernels but for the body of the loop over steps and what stands around it. */
function expectLoop(before: string, after: string, scratch = "", left = scratch): void {
  const kernel = (text: string): string => `
    kernel f {
      region r ; r
        for b < examples
${text.replace(/^ +/gmu, (margin) => `${margin}    `)}
    }`;
  expectKernels(keepStates, `${buffers}${scratch}${kernel(before)}`, `${buffers}${left}${kernel(after)}`);
}

test("states that lie apart are variables from before the loop until after it", () => {
  expectLoop(
    `
      for t < %T of b
        let u = add(x[b * %T + t], h[b * 2])
        y[b * %T + t] = u
        h[b * 2] = mul(0.5, add(u, h[b * 2 + 1]))
        h[b * 2 + 1] = u`,
    `
      var h = h[b * 2]
      var h2 = h[b * 2 + 1]
      for t < %T of b
        let u = add(x[b * %T + t], h)
        y[b * %T + t] = u
        set h = mul(0.5, add(u, h2))
        set h2 = u
      h[b * 2] = h
      h[b * 2 + 1] = h2`,
  );
});

test("what a round stores it need not load again, and scratch that nobody loads is gone", () => {
  expectLoop(
    `
      for t < %T of b
        s[b] = mul(x[b * %T + t], 2)
        y[b * %T + t] = add(s[b], 1)
        let u = y[b * %T + t]
        h[b * 2] = mul(u, s[b])`,
    `
      for t < %T of b
        let v = mul(x[b * %T + t], 2)
        let v2 = add(v, 1)
        y[b * %T + t] = v2
        h[b * 2] = mul(v2, v)`,
    `
    buffer s: real[%B]`,
    "",
  );
});

test("scratch that is loaded elsewhere stays", () => {
  const scratch = `
    buffer s: real[%B*%T]`;
  const next = `
      for t < %T of b
        y[b * %T + t] = s[b * %T + t]`;
  expectLoop(
    `
      for t < %T of b
        s[b * %T + t] = mul(x[b * %T + t], 2)
        h[b * 2] = s[b * %T + t]${next}`,
    `
      for t < %T of b
        let v = mul(x[b * %T + t], 2)
        s[b * %T + t] = v
        h[b * 2] = v${next}`,
    scratch,
  );
});

test("where another element of the buffer may be the same one, all stays in memory", () => {
  const loop = `
      for t < 2
        h[b * 2 + t] = add(h[b * 2], 1)
        h[b * 2] = add(h[b * 2], 1)`;
  expectLoop(loop, loop);
});

test("what a round has stored is told no more once another store of it may be to the same element", () => {
  expectLoop(
    `
      for t < 2
        h[b * 2 + t] = add(w[b], 1)
        h[b * 2] = add(w[b], 2)
        w[b] = h[b * 2 + t]`,
    `
      var w = w[b]
      for t < 2
        let v = add(w, 1)
        h[b * 2 + t] = v
        let v2 = add(w, 2)
        h[b * 2] = v2
        set w = h[b * 2 + t]
      w[b] = w`,
    other,
  );
});

test("elements that are others in each round stay in memory, and those that are only read", () => {
  const loop = `
      for t < 2
        h[b * 2 + t] = add(h[b * 2 + t], w[b])`;
  expectLoop(loop, loop, other);
});

test("places that stay, but may be the same one, stay in memory", () => {
  const loop = `
      for e < 2
        for t < %T of b
          let u = h[b * 2 + e]
          h[b * 2 + e] = add(h[b * 2], x[b * %T + t])
          h[b * 2] = add(u, 1)`;
  expectLoop(loop, loop);
});

test("buffers that the loop reads by two names stay", () => {
  const part = `
    buffer p: real[2*%B] within h external persistent`;
  const twice = `
      for t < 2
        h[b * 2] = add(h[b * 2], p[b * 2])`;
  expectLoop(twice, twice, part);
});

test("elements that are added to and truth values stay", () => {
  const loop = `
      for t < %T of b
        h[b * 2] += x[b * %T + t]
        let u = h[b * 2]
        y[b * %T + t] = u`;
  expectLoop(loop, loop);
  const truth = `
      for t < %T of b
        let was = bool h[b * 2]
        h[b * 2] = lt(x[b * %T + t], 0)
        y[b * %T + t] = select(bool was, 1, 0)`;
  expectLoop(truth, truth);
});

test("more than the target keeps stay in memory", () => {
  const many = Array.from(
    { length: 17 },
    (_, i) => `
        m[b * 17 + ${i}] = add(m[b * 17 + ${i}], x[b * %T + t])`,
  ).join("");
  const loop = `
      for t < %T of b${many.replaceAll(" + 0]", "]")}`;
  expectLoop(
    loop,
    loop,
    `
    buffer m: real[17*%B] external persistent`,
  );
});
