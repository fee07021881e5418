/**
 * Published cells against other formulas for the same thing, in plain numbers: kernels of convolutions, filters in another form, what is known of
 * random numbers from all observations at once, series and integrals.
 */
import { describe, it } from "vitest";
import {
  add,
  apply,
  type Complex,
  diagonal,
  dot,
  exponential,
  gelu,
  identity,
  inverse,
  outer,
  overComplex,
  plus,
  polar,
  product,
  range,
  scale,
  scaled,
  sigmoid,
  sumOver,
  times,
  timesComplex,
  total,
  transpose,
} from "../../support/plain-algebra.js";
import {
  expectClose,
  type Matrix,
  type PublishedRun,
  runPublished,
  rowsOf,
  type Vector,
} from "../../support/published-run.js";

describe("state spaces as convolutions", () => {
  it("LRU", async () => {
    const [N, O] = [3, 2];
    const run = await runPublished("lru", { cell: "LRU", sizes: { I: 2, N, O } });
    const u = run.input("u");
    const wanted = u.map((row, t) => {
      const read = sumOver(
        t + 1,
        (s) => {
          const written = [run.matrix("B.re"), run.matrix("B.im")].map((B) => apply(B, u[s]!));
          const state = range(N).map((n) => {
            const [nu, theta, gamma] = ["nu", "theta", "gamma"].map((name) => Math.exp(run.vector(name)[n]!));
            const power = polar(gamma! * Math.exp(-nu! * (t - s)), theta! * (t - s));
            return timesComplex(power, [written[0]![n]!, written[1]![n]!]);
          });
          return range(O).map((o) =>
            total(state.map(([re, im], n) => run.matrix("C.re")[o]![n]! * re - run.matrix("C.im")[o]![n]! * im)),
          );
        },
        O,
      );
      return add(read, apply(run.matrix("D"), row));
    });
    expectClose(run.output("y"), wanted);
  });

  it("S4D", async () => {
    const [H, N] = [2, 3];
    const run = await runPublished("s4d", { cell: "S4D", sizes: { H, N } });
    const u = run.input("u");
    const kernel = (h: number, k: number): number => {
      const dt = Math.exp(run.vector("log_dt")[h]!);
      const parts = range(N).map((n) => {
        const A: Complex = [-Math.exp(run.matrix("log_a")[h]![n]!), run.matrix("omega")[h]![n]!];
        const power = (j: number): Complex => polar(Math.exp(A[0] * dt * j), A[1] * dt * j);
        // Between two steps the input stands still.
        const held = overComplex([power(k + 1)[0] - power(k)[0], power(k + 1)[1] - power(k)[1]], A);
        return timesComplex([run.matrix("C.re")[h]![n]!, run.matrix("C.im")[h]![n]!], held)[0];
      });
      return 2 * total(parts);
    };
    const wanted = u.map((row, t) =>
      range(H).map((h) => total(range(t + 1).map((s) => kernel(h, t - s) * u[s]![h]!)) + run.vector("D")[h]! * row[h]!),
    );
    expectClose(run.output("y"), wanted);
  });

  it("S5", async () => {
    const [H, N] = [2, 3];
    const run = await runPublished("s5", { cell: "S5", sizes: { H, N } });
    const u = run.input("u");
    const wanted = u.map((row, t) => {
      const read = sumOver(
        t + 1,
        (s) => {
          const written = [run.matrix("B.re"), run.matrix("B.im")].map((B) => apply(B, u[s]!));
          const state = range(N).map((n) => {
            const L: Complex = [-Math.exp(run.vector("log_re")[n]!), run.vector("im")[n]!];
            const step = Math.exp(run.vector("log_step")[n]!);
            const power = (j: number): Complex => polar(Math.exp(L[0] * step * j), L[1] * step * j);
            const [from, to] = [power(t - s), power(t - s + 1)];
            return timesComplex(overComplex([to[0] - from[0], to[1] - from[1]], L), [written[0]![n]!, written[1]![n]!]);
          });
          return range(H).map((h) =>
            total(state.map(([re, im], n) => 2 * (run.matrix("C.re")[h]![n]! * re - run.matrix("C.im")[h]![n]! * im))),
          );
        },
        H,
      );
      return add(read, times(run.vector("D"), row)).map(gelu);
    });
    expectClose(run.output("y"), wanted);
  });

  it("LMU, by the series of the exponential and an integral", async () => {
    const N = 3;
    const run = await runPublished("lmu", { cell: "LMU", sizes: { I: 2, N, H: 2 } });
    const theta = Math.exp(run.number("log_theta"));
    const A = range(N).map((i) => range(N).map((j) => ((2 * i + 1) * (i < j ? -1 : (-1) ** (i - j + 1))) / theta));
    const B = range(N).map((i) => ((2 * i + 1) * (-1) ** i) / theta);
    // By Simpson's rule from 0 to 1.
    const parts = 24;
    const held = sumOver(
      parts + 1,
      (p) => {
        const weight = p === 0 || p === parts ? 1 : p % 2 === 1 ? 4 : 2;
        return scale(weight / (3 * parts), apply(exponential(scaled(p / parts, A)), B));
      },
      N,
    );
    let [h, m] = [
      [0, 0],
      [0, 0, 0],
    ];
    const wanted = run.input("x").map((x) => {
      const u = dot(run.vector("e_x"), x) + dot(run.vector("e_h"), h) + dot(run.vector("e_m"), m);
      m = add(apply(exponential(A), m), scale(u, held));
      h = add(add(apply(run.matrix("W_x"), x), apply(run.matrix("W_h"), h)), apply(run.matrix("W_m"), m)).map(
        Math.tanh,
      );
      return h;
    });
    expectClose(run.output("y"), wanted, 1e-8);
  });
});

describe("from all observations at once", () => {
  /** Of normal numbers around 0: the mean of some by the values of others, and the logarithm of how likely these are, less constants. */
  function known(cross: Matrix, covariance: Matrix, values: Vector): { mean: number[]; nll: number } {
    const { inverse: precision, det } = inverse(covariance);
    const weights = apply(precision, values);
    return { mean: apply(cross, weights), nll: (Math.log(det) + dot(values, weights)) / 2 };
  }

  it("Kalman filter", async () => {
    const [N, M] = [2, 2];
    const run = await runPublished("kalman", { cell: "Kalman", sizes: { N, M }, steps: 4 });
    const [F, L, H] = ["F", "L", "H"].map((name) => run.matrix(name)) as [Matrix, Matrix, Matrix];
    const power = (k: number): Matrix => range(k).reduce((all) => product(all, F), identity(N));
    const Q = product(L, transpose(L));
    /** Of the states after s and t steps, from 1 on. */
    const between = (s: number, t: number): Matrix =>
      range(Math.min(s, t))
        .map((r) => product(product(power(s - 1 - r), Q), transpose(power(t - 1 - r))))
        .reduce((all, own) => plus(all, own), product(power(s), transpose(power(t))));
    const R = diagonal(run.vector("log_R").map(Math.exp));
    const z = run.input("z");
    const at = z.map((_, last) => {
      const steps = range(last + 1);
      const seen = (rows: (s: number, t: number) => Matrix, from: readonly number[]): number[][] =>
        from.flatMap((s) => range(rows(s, 0).length).map((i) => steps.flatMap((t) => rows(s, t)[i]!)));
      const covariance = seen((s, t) => {
        const clean = product(product(H, between(s + 1, t + 1)), transpose(H));
        return s === t ? plus(clean, R) : clean;
      }, steps);
      return known(seen((s, t) => product(between(s + 1, t + 1), transpose(H)), [last]), covariance, z.slice(0, last + 1).flat()); // prettier-ignore
    });
    expectClose(run.output("y"), at.map(({ mean }) => mean), 1e-8); // prettier-ignore
    const nll = at.map((own, t) => [own.nll - (at[t - 1]?.nll ?? 0) + Math.log(2 * Math.PI)]);
    expectClose(run.output("nll"), nll, 1e-8);
  });

  it("local level, with values that are missing", async () => {
    const run = await runPublished("local-level", { cell: "LocalLevel", sizes: {}, steps: 8 });
    const [q, r] = ["log_q", "log_r"].map((name) => Math.exp(run.number(name))) as [number, number];
    const [z, seen] = [run.input("z").flat(), run.input("seen").flat()];
    const between = (s: number, t: number): number => 1e6 + q * Math.min(s, t);
    const at = z.map((_, last) => {
      const steps = range(last + 1).filter((t) => seen[t]! > 0.5);
      const covariance = steps.map((s) => steps.map((t) => between(s, t) + (s === t ? r : 0)));
      return known([steps.map((t) => between(last, t))], covariance, steps.map((t) => z[t]!)); // prettier-ignore
    });
    expectClose(run.output("level"), at.map(({ mean }) => mean), 1e-6); // prettier-ignore
    const nll = at.map((own, t) => [own.nll - (at[t - 1]?.nll ?? 0)]);
    expectClose(run.output("nll"), nll, 1e-6);
  });

  it("recursive least squares", async () => {
    const N = 3;
    const run = await runPublished("rls", { cell: "RLS", sizes: { N }, steps: 8 });
    const [x, d] = [run.input("x").flat(), run.input("d").flat()];
    const u = x.map((_, t) => range(N).map((k) => x[t - k] ?? 0));
    const wanted = x.map((_, t) => {
      const weight = (s: number): number => 0.99 ** (t - 1 - s);
      const squares = range(t)
        .map((s) => scaled(weight(s), outer(u[s]!, u[s]!)))
        .reduce((all, own) => plus(all, own), scaled(0.99 ** t / 100, identity(N)));
      const w = apply(
        inverse(squares).inverse,
        sumOver(t, (s) => scale(weight(s) * d[s]!, u[s]!), N),
      );
      return [d[t]! - dot(w, u[t]!)];
    });
    expectClose(run.output("error"), wanted, 1e-8);
  });

  it("GARCH", async () => {
    const run = await runPublished("garch", { cell: "GARCH" });
    const long = Math.exp(run.number("log_var"));
    const persistence = sigmoid(run.number("p"));
    const [alpha, beta] = [persistence * sigmoid(run.number("q")), persistence * (1 - sigmoid(run.number("q")))];
    const r = run.input("r").flat();
    const wanted = r.map((_, t) => {
      const shocks = range(t).map((s) => alpha * beta ** (t - 1 - s) * (r[s]! ** 2 - long));
      // What is left of the shocks goes back to the long-run variance by the persistence as a whole.
      const rest = range(t).map((s) => beta ** (t - 1 - s) * alpha * long);
      return [total(shocks) + total(rest) + (1 - alpha - beta) * long * total(range(t).map((k) => beta ** k)) + beta ** t * long]; // prettier-ignore
    });
    expectClose(run.output("variance"), wanted);
  });
});

describe("filters in another form", () => {
  /** With all inputs and outputs so far, instead of two states. */
  const direct = (x: Vector, [b_0, b_1, b_2]: Vector, [a_0, a_1, a_2]: Vector): number[][] => {
    const y: number[] = [];
    x.forEach((now, t) => {
      const heard = b_0! * now + b_1! * (x[t - 1] ?? 0) + b_2! * (x[t - 2] ?? 0);
      y.push((heard - a_1! * (y[t - 1] ?? 0) - a_2! * (y[t - 2] ?? 0)) / a_0!);
    });
    return y.map((value) => [value]);
  };

  it("biquad", async () => {
    const run = await runPublished("biquad", { cell: "Biquad", steps: 10 });
    const [b, a] = [["b_0", "b_1", "b_2"].map(run.number), [1, ...["a_1", "a_2"].map(run.number)]];
    expectClose(run.output("y"), direct(run.input("x").flat(), b, a));
  });

  it("peaking filter", async () => {
    const run = await runPublished("biquad", { cell: "Peak", steps: 10 });
    const w = (2 * Math.PI * run.number("f")) / 44100;
    const A = 10 ** (run.number("gain") / 40);
    const alpha = Math.sin(w) / (2 * run.number("Q"));
    const middle = -2 * Math.cos(w);
    const [b, a] = [
      [1 + alpha * A, middle, 1 - alpha * A],
      [1 + alpha / A, middle, 1 - alpha / A],
    ];
    expectClose(run.output("y"), direct(run.input("x").flat(), b, a));
  });

  it("feedback delay network, with all that went into its lines", async () => {
    const lengths = [1, 2, 3, 5];
    const run = await runPublished("reverb", { cell: "FDN", sizes: { A: 1, B: 2, C: 3, D: 5 }, steps: 16 });
    const fed: number[][] = [];
    let low = [0, 0, 0, 0];
    const wanted = run.input("x").map(([x], t) => {
      const out = lengths.map((length, i) => fed[t - length]?.[i] ?? 0);
      const damp = run.vector("damp");
      low = add(times(damp.map((d) => 1 - d), out), times(damp, low)); // prettier-ignore
      const turned = range(4).map((i) => total(low.map((value, j) => (Number(i === j) - 0.5) * value)));
      fed.push(add(times(run.vector("g"), turned), scale(x!, run.vector("gin"))));
      return [run.number("dry") * x! + dot(run.vector("gout"), out)];
    });
    expectClose(run.output("y"), wanted);
  });

  it("ConvLSTM, by loops over places", async () => {
    const [Y, X, I, F, K] = [3, 4, 2, 2, 3];
    const run = await runPublished("conv-lstm", { cell: "ConvLSTM", sizes: { Y, X, I, F, K }, steps: 3 });
    const conv = (picture: Matrix, name: string, channels: number): number[][] =>
      range(Y * X).map((place) =>
        range(F).map((f) =>
          total(
            range(channels * K * K).map((at) => {
              const [c, k, l] = [Math.floor(at / (K * K)), Math.floor(at / K) % K, at % K];
              const [y, x] = [Math.floor(place / X) + k - 1, (place % X) + l - 1];
              const inside = y >= 0 && y < Y && x >= 0 && x < X;
              return inside ? run.matrices(name)[f * channels + c]![k]![l]! * picture[y * X + x]![c]! : 0;
            }),
          ),
        ),
      );
    const pictureOf = (name: string): number[][] => rowsOf(run.vector(name), F);
    const times2 = (A: Matrix, B: Matrix): number[][] => A.map((row, i) => times(row, B[i]!));
    const map2 = (A: Matrix, f: (x: number) => number): number[][] => A.map((row) => row.map(f));
    let [h, c]: [Matrix, Matrix] = [map2(pictureOf("w_ci"), () => 0), map2(pictureOf("w_ci"), () => 0)];
    const wanted = run.input("x").map((flat) => {
      const x = rowsOf(flat, I);
      const heard = (gate: string): number[][] =>
        plus(conv(x, `W_x${gate}`, I), conv(h, `W_h${gate}`, F)).map((row) => add(row, run.vector(`b_${gate}`)));
      const i = map2(plus(heard("i"), times2(pictureOf("w_ci"), c)), sigmoid);
      const f = map2(plus(heard("f"), times2(pictureOf("w_cf"), c)), sigmoid);
      const next = plus(times2(f, c), times2(i, map2(heard("c"), Math.tanh)));
      const o = map2(plus(heard("o"), times2(pictureOf("w_co"), next)), sigmoid);
      [h, c] = [times2(o, map2(next, Math.tanh)), next];
      return h.flat();
    });
    expectClose(run.output("y"), wanted);
  });
});

describe("orthogonal matrices", () => {
  const modReLU = (u: Vector, b: Vector): number[] => u.map((x, i) => Math.sign(x) * Math.max(Math.abs(x) + b[i]!, 0));
  const steps = (run: PublishedRun, W: Matrix, T: string, f: (u: Vector) => number[]): number[][] => {
    let h = W.map(() => 0);
    return run.input("x").map((x) => (h = f(add(apply(W, h), apply(run.matrix(T), x)))));
  };
  const skew = (run: PublishedRun): Matrix => plus(run.matrix("M"), scaled(-1, transpose(run.matrix("M"))));

  it("expRNN, by the series of the exponential", async () => {
    const run = await runPublished("exprnn", { cell: "ExpRNN", sizes: { I: 2, H: 3 } });
    const wanted = steps(run, exponential(skew(run)), "T", (u) => modReLU(u, run.vector("b")));
    expectClose(run.output("y"), wanted);
  });

  it("scoRNN, by an inverse", async () => {
    const run = await runPublished("scornn", { cell: "ScoRNN", sizes: { I: 2, H: 3 } });
    const A = skew(run);
    const [sum, rest] = [plus(identity(3), A), plus(identity(3), scaled(-1, A))];
    const W = product(product(inverse(sum).inverse, rest), diagonal(run.vector("signs")));
    expectClose(
      run.output("y"),
      steps(run, W, "T", (u) => modReLU(u, run.vector("b"))),
    );
  });

  it("oRNN, by the product of its reflections", async () => {
    const run = await runPublished("householder", { cell: "HouseholderRNN", sizes: { I: 2, H: 3, R: 3 } });
    const Q = run
      .matrix("V")
      .map((v) => plus(identity(3), scaled(-2 / dot(v, v), outer(v, v))))
      .reduce((all, own) => product(own, all));
    expectClose(run.output("y"), steps(run, Q, "W", (u) => add(u, run.vector("b")).map(Math.tanh))); // prettier-ignore
  });
});
