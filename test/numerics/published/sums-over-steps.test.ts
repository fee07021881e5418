/** Cells that change a memory step by step against sums over all steps, of products of decays and of products of matrices, in plain numbers. */
import { describe, it } from "vitest";
import {
  add,
  apply,
  convolved,
  decayed,
  diagonal,
  dot,
  gelu,
  identity,
  outer,
  plus,
  product,
  range,
  rmsNormed,
  scale,
  scaled,
  sigmoid,
  silu,
  softplus,
  standardised,
  sumOver,
  times,
  total,
  unit,
} from "../../support/plain-algebra.js";
import { expectClose, type Matrix, runPublished, rowsOf, type Vector } from "../../support/published-run.js";

describe("as products of matrices", () => {
  /** Σ written_s · kept_(s + 1) · … · kept_t */
  const memory = (written: readonly Matrix[], kept: readonly Matrix[], t: number): Matrix =>
    range(t + 1)
      .map((s) => kept.slice(s + 1, t + 1).reduce((all, own) => product(all, own), written[s]!))
      .reduce((sum, own) => plus(sum, own));

  it("DeltaNet", async () => {
    const run = await runPublished("deltanet", { cell: "DeltaNet", sizes: { I: 3, K: 2, V: 3 } });
    const x = run.input("x");
    const of = (name: string, row: Vector): number[] => apply(run.matrix(name), row).map(silu);
    const keys = x.map((row) => unit(of("W_k", row)));
    const beta = x.map((row) => sigmoid(dot(run.vector("w_b"), row)));
    const kept = keys.map((k, t) => plus(identity(2), scaled(-beta[t]!, outer(k, k))));
    const written = keys.map((k, t) => scaled(beta[t]!, outer(of("W_v", x[t]!), k)));
    const wanted = x.map((row, t) => apply(memory(written, kept, t), unit(of("W_q", row))));
    expectClose(run.output("y"), wanted);
  });

  it("gated DeltaNet", async () => {
    const [N, K, V] = [2, 2, 2];
    const run = await runPublished("gated-deltanet", { cell: "GatedDeltaNet", sizes: { I: 3, N, K, V } });
    const x = run.input("x");
    const wanted = x.map((row, t) => {
      const heads = range(N).flatMap((n) => {
        const of = (name: string, at: Vector): number[] => apply(run.matrices(name)[n]!, at).map(silu);
        const keys = x.map((at) => unit(of("W_k", at)));
        const beta = x.map((at) => sigmoid(dot(run.matrix("W_b")[n]!, at)));
        const alpha = x.map((at) => {
          const step = softplus(dot(run.matrix("W_a")[n]!, at) + run.vector("dt")[n]!);
          return Math.exp(-Math.exp(run.vector("A_log")[n]!) * step);
        });
        const kept = keys.map((k, s) => scaled(alpha[s]!, plus(identity(K), scaled(-beta[s]!, outer(k, k)))));
        const written = keys.map((k, s) => scaled(beta[s]!, outer(of("W_v", x[s]!), k)));
        const read = apply(memory(written, kept, t), unit(of("W_q", row)));
        return times(times(run.vector("gain"), rmsNormed(read, 1e-6)), of("W_g", row));
      });
      return apply(run.matrix("W_o"), heads);
    });
    expectClose(run.output("y"), wanted, 1e-9);
  });

  it("RWKV-7", async () => {
    const [N, D] = [2, 2];
    const run = await runPublished("rwkv7", { cell: "RWKV7", sizes: { N, D, L: 2 } });
    const x = run.input("x");
    const vector = (name: string): Vector => run.vector(name);
    const low = (name: string, v: Vector, f: (value: number) => number): number[] =>
      apply(run.matrix(`${name}2`), apply(run.matrix(`${name}1`), v).map(f));
    const all = x.map((row, t) => {
      const step = add(x[t - 1] ?? row.map(() => 0), scale(-1, row));
      const at = (name: string): number[] => add(row, times(vector(`m_${name}`), step));
      const heads = (v: Vector): number[][] => rowsOf(v, D);
      const key = apply(run.matrix("W_k"), at("k"));
      const a = add(
        low("a", at("a"), (value) => value),
        vector("a0"),
      ).map(sigmoid);
      const w = add(low("w", at("w"), Math.tanh), vector("w0")).map((value) =>
        Math.exp(-Math.exp(-0.5) * sigmoid(value)),
      );
      return {
        w: heads(w),
        a: heads(a),
        g: low("g", at("g"), sigmoid),
        r: heads(apply(run.matrix("W_r"), at("r"))),
        v: heads(apply(run.matrix("W_v"), at("v"))),
        k: heads(
          times(
            key,
            a.map((value, i) => 1 + (value - 1) * vector("k_a")[i]!),
          ),
        ),
        kappa: heads(times(key, vector("k_k"))).map(unit),
      };
    });
    const wanted = all.map(({ r, k, v, g }, t) => {
      const heads = range(N).flatMap((n) => {
        const kept = all.map(({ w, a, kappa }) =>
          plus(diagonal(w[n]!), scaled(-1, outer(kappa[n]!, times(kappa[n]!, a[n]!)))),
        );
        const written = all.map((own) => outer(own.v[n]!, own.k[n]!));
        const read = times(run.matrix("ln_w")[n]!, standardised(apply(memory(written, kept, t), r[n]!), 64e-5));
        const bonus = scale(total(times(times(r[n]!, k[n]!), run.matrix("r_k")[n]!)), v[n]!);
        return add(add(read, run.matrix("ln_b")[n]!), bonus);
      });
      return apply(run.matrix("W_o"), times(heads, g));
    });
    expectClose(run.output("y"), wanted, 1e-9);
  });
});

describe("as sums over all steps", () => {
  it("Mamba", async () => {
    const [E, N] = [3, 2];
    const run = await runPublished("mamba", { cell: "Mamba", sizes: { D: 2, E, N, R: 2 } });
    const x = run.input("x");
    const streams = x.map((row) => apply(run.matrix("W_x"), row));
    const u = convolved(streams, run.matrix("taps"), run.vector("b_c")).map((row) => row.map(silu));
    const of = (name: string): number[][] => u.map((row) => apply(run.matrix(name), row));
    const [B, C] = [of("W_B"), of("W_C")];
    const delta = of("W_r").map((row) => add(apply(run.matrix("W_dt"), row), run.vector("b_dt")).map(softplus));
    const wanted = x.map((row, t) => {
      const s = range(E).map((e) => {
        const read = range(t + 1).map((at) => {
          const time = total(delta.slice(at + 1, t + 1).map((all) => all[e]!));
          const decays = run.matrix("A_log")[e]!.map((a) => Math.exp(-Math.exp(a) * time));
          return total(times(times(decays, B[at]!), C[t]!)) * delta[at]![e]! * u[at]![e]!;
        });
        return total(read) + run.vector("D_skip")[e]! * u[t]![e]!;
      });
      return apply(run.matrix("W_out"), times(s, apply(run.matrix("W_z"), row).map(silu)));
    });
    expectClose(run.output("y"), wanted);
  });

  it("Hawk", async () => {
    const E = 3;
    const run = await runPublished("hawk", { cell: "Hawk", sizes: { D: 2, E } });
    const x = run.input("x");
    const streams = x.map((row) => apply(run.matrix("W_1"), row));
    const u = convolved(streams, run.matrix("taps"), run.vector("b_c"));
    const gate = (name: string): number[][] =>
      u.map((row) => add(apply(run.matrix(`W_${name}`), row), run.vector(`b_${name}`)).map(sigmoid));
    const a = gate("a").map((row) => row.map((r, e) => sigmoid(run.vector("Lambda")[e]!) ** (8 * r)));
    const written = gate("i").map((row, t) =>
      times(
        times(row, u[t]!),
        a[t]!.map((value) => Math.sqrt(1 - value ** 2)),
      ),
    );
    const wanted = x.map((row, t) => {
      const h = sumOver(t + 1, (s) => times(decayed(a, s, t), written[s]!), E);
      return apply(run.matrix("W_out"), times(apply(run.matrix("W_2"), row).map(gelu), h));
    });
    expectClose(run.output("y"), wanted, 1e-9);
  });

  it("QRNN", async () => {
    const [I, H] = [2, 3];
    const run = await runPublished("qrnn", { cell: "QRNN", sizes: { I, H } });
    const x = run.input("x");
    const of = (gate: string, f: (value: number) => number): number[][] =>
      x.map((row, t) => {
        const window = [...row, ...(x[t - 1] ?? row.map(() => 0))];
        return add(apply(run.matrix(`W_${gate}`), window), run.vector(`b_${gate}`)).map(f);
      });
    const [z, f, o] = [of("z", Math.tanh), of("f", sigmoid), of("o", sigmoid)];
    const wanted = x.map((_, t) => {
      const written = (s: number): number[] =>
        times(
          z[s]!,
          f[s]!.map((value) => 1 - value),
        );
      return times(
        o[t]!,
        sumOver(t + 1, (s) => times(decayed(f, s, t), written(s)), H),
      );
    });
    expectClose(run.output("y"), wanted);
  });

  it("minLSTM", async () => {
    const run = await runPublished("mingru", { cell: "MinLSTM", sizes: { I: 2, H: 3 } });
    const x = run.input("x");
    const of = (gate: string): number[][] =>
      x.map((row) => add(apply(run.matrix(`W_${gate}`), row), run.vector(`b_${gate}`)));
    const [f, i, n] = [of("f"), of("i"), of("n")];
    const wanted = x.map((_, t) =>
      range(3).map((h) => {
        const share = (s: number): number => sigmoid(f[s]![h]!) / (sigmoid(f[s]![h]!) + sigmoid(i[s]![h]!));
        const logs = range(t + 1).map((s) => total(range(t - s).map((r) => Math.log(share(s + 1 + r)))));
        return total(logs.map((log, s) => Math.exp(log + Math.log(1 - share(s))) * n[s]![h]!));
      }),
    );
    expectClose(run.output("y"), wanted);
  });
});
