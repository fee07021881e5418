/** What params alone tell is computed where they may have changed, in regions of its own, and what may change in other ways is not. */
import { expect, test } from "vitest";
import { cell } from "../../../../compiler/index.js";
import { computeOnce } from "../../../../compiler/passes/kernel/compute-once.js";
import { expectKernels } from "../../../support/kernel-text.js";

const buffers = `
    buffer param.p: real[3] external persistent held
    buffer x: real[3*%B] external persistent
    buffer y: real[3*%B] external persistent`;

test("a region of params alone, and one of what that has computed", () => {
  expectKernels(
    computeOnce,
    `${buffers}
    buffer s: real[3]
    buffer q: real[3]
    kernel f {
      region first ; first
        for i < 3
          s[i] = mul(param.p[i], 2)
      region second ; second
        for i < 3
          q[i] = exp(s[i])
      region last ; last
        for b < examples
          for i < 3
            y[b * 3 + i] = mul(q[i], x[b * 3 + i])
    }`,
    `${buffers}
    buffer s: real[3] persistent
    buffer q: real[3] persistent
    kernel f {
      region first where changed ; first
        for i < 3
          s[i] = mul(param.p[i], 2)
      region second where changed ; second
        for i < 3
          q[i] = exp(s[i])
      region last ; last
        for b < examples
          for i < 3
            y[b * 3 + i] = mul(q[i], x[b * 3 + i])
    }`,
  );
});

test("regions of one loop keep a region each: their names may be the same", async () => {
  const source = `cell A(H) {
    input x: [H]
    state h: [H]
    param W: [H, H]
    a = tanh(W @ h)
    b = tanh(W @ (3 / 40 * h + 9 / 40 * a))
    c = tanh(W @ (44 / 45 * h + 32 / 9 * b))
    h' = c + x
    output y = h'
  }`;
  const results = await Promise.all(
    (["js", "wasm"] as const).map(async (target) => {
      const instance = (await cell(source, { dimensions: { H: 2 }, target })).instantiate({ batch: 1, steps: 3 });
      instance.init(1);
      return [...instance.forward({ x: [1, 2, 3, 4, 5, 6] })["y"]!];
    }),
  );
  expect(results[0]).toEqual(results[1]);
});

test("functions of params beside numbers of examples, each once, with what they need", () => {
  expectKernels(
    computeOnce,
    `${buffers}
    kernel f {
      region only ; only
        let u = sqrt(param.p[0])
        for b < examples
          for i < 3
            let v = mul(param.p[i], 2)
            let w = exp(v)
            let z = mul(add(w, v), mul(x[b * 3 + i], u))
            y[b * 3 + i] = mul(z, tanh(neg(w)))
    }`,
    `${buffers}
    buffer f.once: real[3] persistent
    buffer f.once2: real[1] persistent
    buffer f.once3: real[3] persistent
    kernel f {
      region f once where changed ; of params alone
        for i < 3
          let v = mul(param.p[i], 2)
          let w = exp(v)
          f.once[i] = add(w, v)
          f.once3[i] = tanh(neg(w))
        let u = sqrt(param.p[0])
        f.once2[0] = u
      region only ; only
        let u = f.once2[0]
        for b < examples
          for i < 3
            let z = mul(f.once[i], mul(x[b * 3 + i], u))
            y[b * 3 + i] = mul(z, f.once3[i])
    }`,
  );
});

test("in loops over steps, but not in a side of a choice, nor what is cheap", () => {
  const loop = (factor: string): string => `
      for t < %T
        region step ; step
          for b < examples
            for i < 3
              let a = param.p[i]
              y[b * 3 + i] = add(y[b * 3 + i], ${factor})`;
  const choice = `${buffers}
    kernel f {${loop("(i < 1 ? 0 : exp(x[b * 3 + i - 1]))")}
    }`;
  expectKernels(computeOnce, choice, choice);
  const cheap = `${buffers}
    kernel f {${loop("mul(a, x[b * 3 + i])")}
    }`;
  expectKernels(computeOnce, cheap, cheap);
  expectKernels(
    computeOnce,
    `${buffers}
    kernel f {${loop("mul(sigmoid(a), x[b * 3 + i])")}
    }`,
    `${buffers}
    buffer f.once: real[3] persistent
    kernel f {
      region f once where changed ; of params alone
        for i < 3
          let a = param.p[i]
          f.once[i] = sigmoid(a)${loop("mul(f.once[i], x[b * 3 + i])").replace(/\n *let a.*/u, "")}
    }`,
  );
});

test.each([
  ["what another entry has computed", "", "for i < 3\n  q[i] = exp(s[i])", "for i < 3\n  s[i] = param.p[i]"],
  ["what it is given", "", "for i < 3\n  q[i] = exp(x[i])", ""],
  ["what two places write", "region more ; more\n  q[0] = 1", "for i < 3\n  q[i] = mul(param.p[i], 2)", ""],
])("not %s", (_, more, own, other) => {
  const indented = (text: string, margin: string): string => text.replace(/^/gmu, margin);
  const kernel = `${buffers}
    buffer s: real[3] external persistent
    buffer q: real[3] external persistent
    kernel f {
      region r ; r
${indented(own, "        ")}
${indented(more === "" ? "region more ; more\n  y[0] = x[0]" : more, "      ")}
    }
    kernel g {
      region r ; r
${indented(other === "" ? "s[0] = 1" : other, "        ")}
    }`;
  expectKernels(computeOnce, kernel, kernel);
});

test.each([
  ["what two places write", "buffer q: real[3]", "q[0] = mul(param.p[0], 2)", "q[0] = 1"],
  ["what it is given", "buffer q: real[3]", "q[0] = mul(x[0], 2)", "y[0] = q[0]"],
  ["what is zero between calls", "buffer q: real[3] persistent zeros", "q[0] = mul(param.p[0], 2)", "y[0] = q[0]"],
  ["a part of another buffer", "buffer all: real[6] persistent\nbuffer q: real[3] within all persistent", "q[0] = mul(param.p[0], 2)", "y[0] = q[0]"],
  ["what a size of the call tells too", "buffer q: real[%T]", "for t < %T\n  q[t] = mul(param.p[0], real(t))", "y[0] = x[0]"],
])("nor, in scratch, %s", (_, scratch, own, more) => {
  const kernel = `${buffers}
${scratch.replace(/^/gmu, "    ")}
    kernel f {
      region r ; r
${own.replace(/^/gmu, "        ")}
      region more ; more
        ${more}
        y[1] = x[1]
    }`;
  expectKernels(computeOnce, kernel, kernel);
}); // prettier-ignore

test("not what a number tells that the entry computes before", () => {
  const kernel = `${buffers}
    buffer q: real[3]
    kernel f {
      index n = remainder(5, 3)
      region r ; r
        q[0] = mul(param.p[n], 2)
      region more ; more
        y[0] = q[0]
    }`;
  expectKernels(computeOnce, kernel, kernel);
});

test("panels of what is of params alone, also where they look themselves for what has changed", () => {
  const kernels = (where: string, persistent: string): string => `
    buffer param.W: real[4] external persistent held
    buffer x: real[2*%B] external persistent
    buffer y: real[2*%B] external persistent
    buffer q: real[4]${persistent}
    buffer own: real[36] persistent in panels of 4
    buffer made: real[36]${persistent} in panels of 4
    kernel f {
      region own ; own
        pack own from param.W[i * 2 + j] over i < 2, j < 2 as 1 strips of 2 where changed
      region q${where} ; q
        for i < 4
          q[i] = mul(param.W[i], 2)
      region made${where} ; made
        pack made from q[i * 2 + j] over i < 2, j < 2 as 1 strips of 2
      region y ; y
        product y[b * 2 + i] = sum x[b * 2 + j] * q[i * 2 + j] packed in made
          rows b < examples
          columns i < 2
          contracted j < 2
    }`;
  expectKernels(computeOnce, kernels("", ""), kernels(" where changed", " persistent"));
});

const source = `
cell Filter(H) {
  input x: [H]
  state h: [H]
  param a, c: [H] ~ uniform(1)
  fixed k: [H] ~ 0.5

  h' = sigmoid(a) * h + exp(c * k) * x

  output y = tanh(a / k) * h'
}`;

test.each(["js", "wasm"] as const)(
  "whatever changes params is seen by each entry of a module for %s",
  async (target) => {
    const { instantiate } = await cell(source, { dimensions: { H: 5 }, target });
    const x = Float32Array.from({ length: 10 }, (_, i) => Math.sin(i));
    const make = () => instantiate({ batch: 1, steps: 2 });
    const one = make();
    const numbers = (instance: ReturnType<typeof make>) => {
      const y = instance.forward({ x })["y"] as Float32Array;
      const values = [...y];
      const gradients = instance.backward({ y: x }) as { params: Record<string, Float32Array> };
      instance.reset();
      const stepped = instance.step({ x: x.subarray(0, 5) })["y"] as Float32Array;
      return [...values, ...Object.values(gradients.params).flatMap((own) => [...own]), ...stepped];
    };
    const given = (values: Record<string, Float32Array>) => {
      const fresh = make();
      fresh.init(1);
      fresh.setParams(values);
      return numbers(fresh);
    };
    one.init(1);
    const [first, again] = [numbers(one), numbers(one)];
    expect(again).toEqual(first);
    const a = new Float32Array(5).fill(0.25);
    one.setParams({ a });
    // Before it has run forward again: what backward reads is of params of before.
    one.backward({ y: x });
    expect(numbers(one)).toEqual(given({ a }));
    one.setParams({ k: a });
    expect(numbers(one)).toEqual(given({ a, k: a }));
    (one.params as Record<string, Float32Array>)["c"]!.fill(0.75);
    const c = new Float32Array(5).fill(0.75);
    expect(numbers(one)).toEqual(given({ a, c, k: a }));
    (one.params as Record<string, Float32Array>)["c"]!.fill(-0.75);
    one.freeze();
    const frozen = numbers(one);
    expect(frozen).toEqual(given({ a, c: c.map((value) => -value), k: a }));
    expect(numbers(one)).toEqual(frozen);
  },
);
