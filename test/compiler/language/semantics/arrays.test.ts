import { describe, it } from "vitest";
import { expectFine, expectReport } from "./support.js";

const parts = `cell B(H) { input x: [H] state h: [H] param W: [H, H] h' = tanh(W @ x + h) output y = h' }
cell D(H) { input x: [H] param w: [H] output y = w * x }
cell C(H) { input x: [H] context m: [S, H] state h: [H] h' = x + mean(m, axis = 0) output y = h' }
cell N(H) { input x: [H] use l[3] = D(H) output y = l[0](x) }
`;
const inCell = (items: string): string => `${parts}cell A(H, L) { input x: [H] ${items} output unused = zeros([L]) }`;

describe("arrays of used cells", () => {
  it.each([
    ["as one", "use l[L] = D(H) output y = ‹l›(x)", "bad-index"],
    ["beyond the last", "use l[L] = D(H) output y = l[‹L›](x)", "bad-slice"],
    ["beyond the last, in rounds", "use l[L] = D(H) output y = x then l[‹k + 1›](y) for k < L", "place-out-of-range"],
    ["by an index that counts no rounds", "use l[L] = D(H) output y[i, n] = l[‹i›](x)[n]", "bad-index"],
    ["by a value", "use l[L] = D(H) n = sum(x) output y = l[‹n›](x)", "not-a-dimension"],
    ["of another shape", "use l[L] = D(H) output y = l[0](‹zeros([2 * H])›)", "shape-mismatch"],
    ["that are none", "use l = D(H) output y = l[‹0›](x)", "bad-index"],
    ["that are functions", "output y = tanh[‹0›](x)", "bad-index"],
    ["with a state, some of them", "use ‹l›[L + 1] = B(H) output y = x then l[k](y) for k < L", "never-called"],
    ["with a state, some of them, by numbers", "use ‹l›[3] = B(H) output y = l[0](x) + l[1](x)", "never-called"],
    ["with a state, never", "use ‹l›[3] = B(H) output y = x + l[0].h", "never-called"],
    [
      "with a state twice",
      "use l[L] = B(H) y = x then l[k](y) for k < L output u = y then l[‹k›](u) for k < L",
      "called-twice",
    ],
    ["with a state twice, by numbers", "use l[1] = B(H) output y = l[0](x) + l[‹0›](x)", "called-twice"],
    ["with a state in each round", "use l[1] = B(H) output y = x then l[‹0›](y) for 3", "called-twice"],
    ["with a state in a circle", "use l[L] = B(H) output y = x then l[‹(k + 1) mod L›](y) for k < L", "called-twice"],
    [
      "with a state in rounds that end",
      "use l[L] = B(H) output y = x then ‹l›[k](y) for k < L until sum(y') < 1",
      "call-in-rounds",
    ],
    ["with a state for each value of an index", "use l[L] = B(H) output y[i < L] = ‹l›[0](x)", "called-twice"],
    [
      "with states and contexts",
      "context m: [S, H] use ‹l›[2] = C(H) output y = x then l[k](y, m) for k < 2",
      "array-with-contexts",
    ],
    [
      "of which a state is read and nobody knows which",
      "use l[2] = B(H) y = x then l[k](y) for k < 2 output u = y + ‹l›.h",
      "bad-index",
    ],
    [
      "of which an output is read",
      "use l[2] = D(H) y = x then l[k](y) for k < 2 output u = y + ‹l[0].y›",
      "called-twice",
    ],
    ["within a used cell, beyond the last", "use n = N(H) output y = n(x) + n.l[‹3›].w", "bad-slice"],
    ["within a used cell that has none", "use n = N(H) output y = n[‹0›](x)", "bad-index"],
    [
      "in rounds that read what they leave",
      "use l[2] = B(H) ‹y› = x then l[k](y) + l[0].h' for k < 2 output u = y",
      "cycle",
    ],
    [
      "in an initial value",
      "use l[1] = B(H) state s: [H] = ‹l[0](x)› s' = l[0](x) + s output y = s",
      "varying-initial-value",
    ],
    [
      "as many as a run-time dimension",
      "context m: [S, H] use l[‹S›] = D(H) output y = l[0](x) + sum(m, axis = 0)",
      "run-time-dimension",
    ],
    ["as many as those they share with", "use a[2] = D(H) use b[‹3›] = a output y = a[0](x) + b[1](x)", "bad-index"],
    [
      "that begin with one draw for all",
      "use l[L] = D(H) with w ~ ‹log(uniform(1, 2))› output y = l[0](x)",
      "misplaced-initializer",
    ],
    [
      "that begin with one draw for all, within",
      "use n = N(H) with l.w ~ ‹log(uniform(1, 2))› output y = n(x)",
      "misplaced-initializer",
    ],
  ])("are refused %s", (_what, items, code) => {
    expectReport(inCell(items), code);
  });

  it.each([
    "use l[L] = B(H) output y = x then l[k](y) for k < L",
    "use l[L + 2] = B(H) y = l[0](x) then l[1 + k](y) for k < L output u = l[L + 1](y) output w = l[L].h'",
    "use l[L] = B(H) output y = x then l[L - 1 - k](y) for k < L",
    "use l[2] = D(H) output y = x then l[k mod 2](y) + l[(k + 1) mod 2](x) for k < 6",
    "use l[3] = D(H) output y = l[2](x)",
    "use n = N(H) with l.w ~ uniform(1) output y = n(x) + n.l[2].w",
  ])("are fine: %s", (items) => {
    expectFine(inCell(items));
  });
});
