/** What is refused of complex numbers, and with which words. */
import { describe, expect, it } from "vitest";
import { expectFine, expectReport } from "./support.js";

const inCell = (items: string): string => `cell A(H, I) {
  input x: [I]  input y: [H]
  state h: complex[H]  h' = 2i * h + W @ x
  param W: complex[H, I]  param b: complex
  ${items}
  output used = re(b * h)  output all = y
}`;

describe("complex numbers", () => {
  it.each([
    // Where real ones are wanted.
    ["output z = tanh(‹h›)", "complex-value"],
    ["output z = re(sqrt(‹h›))", "complex-value"],
    ["output z = y ^ ‹2i›", "complex-value"],
    ["output z = re(h ^ ‹0.5›)", "complex-value"],
    ["output z = re(h ^ ‹y›)", "complex-value"],
    ["output z = if ‹h› < 1 then y else 0", "complex-value"],
    ["output z = if ‹b› == y then y else 0", "complex-value"],
    ["output z = y mod ‹b›", "complex-value"],
    ["output z = re(prod(‹h›))", "complex-value"],
    ["output z = re(softmax(‹h›))", "complex-value"],
    ["output z = norm(‹h›)", "complex-value"],
    ["output z = max(‹h[n]› for n)", "complex-value"],
    ["output z = max(y, ‹h›)", "complex-value"],
    ["output z = re(complex(y, ‹h›))", "complex-value"],
    ["state c: [H] c' = ‹h + c› output z = c", "complex-value"],
    ["state c: [H] = ‹b› c' = c output z = c", "complex-value"],
    ["fn f(v: [n]): [n] { return v } output z = f(‹h›)", "complex-value"],
    ["fn f(v: [n]): [n] { return ‹1i * v› } output z = f(y)", "complex-value"],
    ["output z = if ‹b› then y else 0", "real-as-truth-value"],
    ["output z = y[‹2i›]", "not-a-dimension"],
    ["output z = zeros([‹1i›])", "not-a-dimension"],
    // Shapes.
    ["output z = re(‹complex›(y, x))", "shape-mismatch"],
    ["output z = re(h ‹+› W)", "shape-mismatch"],
    ["state c: complex[H] c' = ‹W› output z = re(c)", "shape-mismatch"],
    // Edges.
    ["input c: ‹complex[H]› output z = re(c)", "misplaced-complex"],
    ["context c: ‹complex[S]› output z = sum(re(c))", "misplaced-complex"],
    ["output z = ‹h›", "misplaced-complex"],
    ["output z = ‹b * y›", "misplaced-complex"],
    ["fn ‹f›(v: complex[n]): [n] { return re(v) derivative(dv) = re(dv) } output z = f(h)", "misplaced-complex"],
    ["fn ‹f›(v: [n]): complex[n] { return 1i * v derivative(dv) = dv } output z = re(f(y))", "misplaced-complex"],
    // How they begin.
    ["param c: complex[H] ~ ‹normal(1)› output z = re(c)", "bad-initializer"],
    ["param c: complex[H, I] ~ ‹glorot_uniform› output z = re(c @ x)", "bad-initializer"],
    ["param c: complex[H] ~ ‹complex(1)› output z = re(c)", "wrong-arity"],
    ["param c: complex[H] ~ complex(‹orthogonal›, 0) output z = re(c)", "bad-initializer"],
    ["param c: complex[H] ~ complex(0, ‹unknown›) output z = re(c)", "unknown-initializer"],
    ["param c: complex[H] ~ ‹2 * normal(1)› output z = re(c)", "bad-initializer"],
    ["param c[n]: complex[H] ~ ‹uniform(n, n + 1)› output z = re(c)", "bad-initializer"],
    ["param c: complex[H] ~ ‹1i * y› output z = re(c)", "varying-initial-value"],
    ["param c: complex[H, I] ~ ‹complex(uniform(1), 1)[:, 0]› output z = re(c @ x)", "shape-mismatch"],
    ["param c: [H] ~ ‹complex(0, 1)› output z = c", "complex-value"],
    // Syntax.
    ["param c: ‹real›[H] output z = c", "unknown-type"],
    ["param c: ‹complex›(H) output z = re(c)", "unknown-type"],
    ["output z = ‹2in› * y", "malformed-number"],
  ])("%s", (items, code) => {
    expectReport(inCell(items), code);
  });

  it("says what to write of the parts", () => {
    const { message, help } = expectReport(inCell("output z = tanh(‹h›)"), "complex-value");
    expect(message).toBe("`tanh` takes real numbers, this is complex");
    expect(help).toBe("of the parts it is `complex(tanh(re(z)), tanh(im(z)))`");
  });

  it.each(["norm", "square", "log", "softmax"])(
    "says no other function for %s, of which the parts tell something else",
    (name) => {
      const { help } = expectReport(inCell(`output z = ${name}(‹h›)`), "complex-value");
      expect(help).toBe("its parts are `re(z)` and `im(z)`, its size and angle `abs(z)` and `arg(z)`");
    },
  );

  it.each([
    "output z = re(b) + im(2i) + abs(h) + arg(h) output s = abs(y)",
    "i = y output z = i + re(2i * i) // `i` stays a name",
    "complex = y output z = complex",
    "param c: complex[H] ~ complex(normal(0.5), 0) fixed d: complex ~ 3 output z = re(c * d)",
    "param c: complex[H, I] ~ complex(glorot_uniform, zeros) param e: complex[2] output z = re(c @ x) + re(e[0])",
    "output z = re(h² + .5e1i)",
    "param c: complex[H] ~ 1i fixed d: complex ~ exp(1i * uniform(0, 2 * pi)) output z = re(c * d)",
    "param c: complex[H, I] ~ complex(normal(1), normal(1)) / sqrt(2 * I) param d[n]: complex[H] ~ 1i ^ 2 * n + exp(c[n, 0]) output z = re(c @ x + d)",
  ])("takes %s", (items) => {
    expectFine(inCell(items));
  });
});
