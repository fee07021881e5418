/** Cells that add up a memory step by step, with decays, against the attention without softmax over all steps that they stand for, in plain numbers. */
import { describe, it } from "vitest";
import {
  add,
  apply,
  convolved,
  decayed,
  dot,
  range,
  rmsNormed,
  scale,
  sigmoid,
  silu,
  softplus,
  standardised,
  sumOver,
  times,
  total,
} from "../../support/plain-algebra.js";
import { expectClose, type Matrix, runPublished, rowsOf, type Vector } from "../../support/published-run.js";

const elu1 = (x: number): number => (x > 0 ? x + 1 : Math.exp(x));

describe("as attention without softmax", () => {
  it("linear attention", async () => {
    const run = await runPublished("linear-attention", { cell: "LinearAttention", sizes: { I: 3, K: 2, V: 3 } });
    const x = run.input("x");
    const [q, k] = ["W_q", "W_k"].map((name) => x.map((row) => apply(run.matrix(name), row).map(elu1)));
    const v = x.map((row) => apply(run.matrix("W_v"), row));
    const wanted = x.map((_, t) => {
      const weights = range(t + 1).map((s) => dot(q![t]!, k![s]!));
      return scale(
        1 / (total(weights) + 1e-6),
        sumOver(t + 1, (s) => scale(weights[s]!, v[s]!), 3),
      );
    });
    expectClose(run.output("y"), wanted);
  });

  it("RetNet, with angles between steps", async () => {
    const [N, D] = [2, 2];
    const run = await runPublished("retnet", { cell: "RetNet", sizes: { I: 3, N, D } });
    const x = run.input("x");
    const [Q, K] = [run.matrices("W_q"), run.matrices("W_k")];
    const wanted = x.map((row, t) => {
      const heads = range(N).flatMap((n) => {
        const gamma = 1 - 2 ** (-5 - n);
        const parts = (W: readonly Matrix[], at: Vector): number[][] => [
          apply(W[2 * n]!, at),
          apply(W[2 * n + 1]!, at),
        ];
        const [a, b] = parts(Q, row);
        const read = sumOver(
          t + 1,
          (s) => {
            const [c, d] = parts(K, x[s]!);
            const score = total(
              range(D).map((i) => {
                const angle = (t - s) * 10000 ** (-i / D);
                const [re, im] = [a![i]! * c![i]! + b![i]! * d![i]!, b![i]! * c![i]! - a![i]! * d![i]!];
                return re * Math.cos(angle) - im * Math.sin(angle);
              }),
            );
            return scale((gamma ** (t - s) * score) / Math.sqrt(2 * D), apply(run.matrices("W_v")[n]!, x[s]!));
          },
          2 * D,
        );
        return times(standardised(read, 1e-5), apply(run.matrices("W_g")[n]!, row).map(silu));
      });
      return apply(run.matrix("W_o"), heads);
    });
    expectClose(run.output("y"), wanted, 1e-9);
  });

  it("gated linear attention", async () => {
    const [N, K, V] = [2, 2, 3];
    const run = await runPublished("gla", { cell: "GLA", sizes: { I: 3, N, K, V, R: 2 } });
    const x = run.input("x");
    const wanted = x.map((row, t) => {
      const heads = range(N).flatMap((n) => {
        const alpha = x.map((at) =>
          add(apply(run.matrices("A_2")[n]!, apply(run.matrix("A_1"), at)), run.matrix("b_a")[n]!).map(
            (value) => sigmoid(value) ** (1 / 16),
          ),
        );
        const of = (name: string, at: Vector): number[] => apply(run.matrices(name)[n]!, at);
        const read = sumOver(
          t + 1,
          (s) => scale(total(times(times(of("W_q", row), decayed(alpha, s, t)), of("W_k", x[s]!))), of("W_v", x[s]!)),
          V,
        );
        return times(rmsNormed(scale(1 / Math.sqrt(K), read), 1e-5), of("W_g", row).map(silu));
      });
      return apply(run.matrix("W_o"), heads);
    });
    expectClose(run.output("y"), wanted);
  });

  it("HGRN2", async () => {
    const [N, D] = [2, 2];
    const run = await runPublished("hgrn2", { cell: "HGRN2", sizes: { I: 3, N, D } });
    const x = run.input("x");
    const wanted = x.map((row, t) => {
      const heads = range(N).flatMap((n) => {
        const f = x.map((at) => apply(run.matrices("W_f")[n]!, at).map((value) => 0.3 + 0.7 * sigmoid(value)));
        const q = apply(run.matrices("W_q")[n]!, row).map(silu);
        return sumOver(
          t + 1,
          (s) => {
            const key = f[s]!.map((value) => 1 - value);
            return scale(
              total(times(times(q, decayed(f, s, t)), key)),
              apply(run.matrices("W_i")[n]!, x[s]!).map(silu),
            );
          },
          D,
        );
      });
      return apply(run.matrix("W_o"), times(run.vector("gain"), rmsNormed(heads, 1e-6)));
    });
    expectClose(run.output("y"), wanted);
  });

  it("Mamba-2, by the duality of its paper", async () => {
    const [H, P, N, K] = [2, 2, 3, 3];
    const run = await runPublished("mamba2", { cell: "Mamba2", sizes: { D: 3, H, P, N, K } });
    const u = run.input("u");
    const streams = u.map((row) => ["W_x", "W_B", "W_C"].flatMap((name) => apply(run.matrix(name), row)));
    const mixed = convolved(streams, run.matrix("taps"), run.vector("b_c")).map((row) => row.map(silu));
    const [x, B, C] = [
      [0, H * P],
      [H * P, H * P + N],
      [H * P + N, H * P + 2 * N],
    ].map(([from, to]) => mixed.map((row) => row.slice(from, to))) as [number[][], number[][], number[][]];
    const delta = u.map((row) => add(apply(run.matrix("W_dt"), row), run.vector("b_dt")).map(softplus));
    const wanted = u.map((row, t) => {
      const heads = range(H).flatMap((h) => {
        const head = (at: number): number[] => x[at]!.slice(h * P, (h + 1) * P);
        const own = sumOver(
          t + 1,
          (s) => {
            const time = total(delta.slice(s + 1, t + 1).map((all) => all[h]!));
            const decay = Math.exp(-Math.exp(run.vector("A_log")[h]!) * time);
            return scale(decay * dot(C[t]!, B[s]!) * delta[s]![h]!, head(s));
          },
          P,
        );
        return add(own, scale(run.vector("D_skip")[h]!, head(t)));
      });
      const gated = times(heads, apply(run.matrix("W_z"), row).map(silu));
      return apply(run.matrix("W_out"), times(run.vector("gain"), rmsNormed(gated, 1e-5)));
    });
    expectClose(run.output("y"), wanted);
  });

  it("mLSTM, without a stabiliser", async () => {
    const H = 3;
    const run = await runPublished("mlstm", { cell: "MLSTM", sizes: { I: 2, H } });
    const x = run.input("x");
    const of = (name: string, row: Vector): number[] =>
      add(apply(run.matrix(`W_${name}`), row), run.vector(`b_${name}`));
    const gate = (name: string, row: Vector): number => dot(run.vector(`w_${name}`), row) + run.number(`b_${name}`);
    const wanted = x.map((row, t) => {
      const weights = range(t + 1).map((s) => {
        const kept = x.slice(s + 1, t + 1).reduce((all, at) => all * sigmoid(gate("f", at)), 1);
        return (kept * Math.exp(gate("i", x[s]!)) * dot(of("q", row), of("k", x[s]!))) / Math.sqrt(H);
      });
      const read = sumOver(t + 1, (s) => scale(weights[s]!, of("v", x[s]!)), H);
      return times(of("o", row).map(sigmoid), scale(1 / Math.max(Math.abs(total(weights)), 1), read));
    });
    expectClose(run.output("y"), wanted);
  });

  it("sLSTM, without a stabiliser", async () => {
    const [N, D] = [2, 2];
    const run = await runPublished("slstm", { cell: "SLSTM", sizes: { I: 3, N, D } });
    const x = run.input("x");
    let h: number[][] = range(N).map(() => range(D).map(() => 0));
    let [c, n] = [h, h];
    const wanted = x.map((row) => {
      const raw = (gate: string, k: number): number[] =>
        add(
          add(apply(run.matrices(`W_${gate}`)[k]!, row), apply(run.matrices(`R_${gate}`)[k]!, h[k]!)),
          run.matrix(`b_${gate}`)[k]!,
        );
      const gates = range(N).map((k) => ({
        z: raw("z", k).map(Math.tanh),
        i: raw("i", k).map(Math.exp),
        f: raw("f", k).map(sigmoid),
        o: raw("o", k).map(sigmoid),
      }));
      c = gates.map(({ z, i, f }, k) => add(times(f, c[k]!), times(i, z)));
      n = gates.map(({ i, f }, k) => add(times(f, n[k]!), i));
      h = gates.map(({ o }, k) =>
        times(
          o,
          c[k]!.map((value, d) => value / n[k]![d]!),
        ),
      );
      return h.flat();
    });
    expectClose(run.output("y"), wanted);
  });

  it("RWKV-4, as a mean with weights", async () => {
    const D = 3;
    const run = await runPublished("rwkv4", { cell: "RWKV4", sizes: { D, F: 4 } });
    const x = run.input("x");
    const zeros = range(D).map(() => 0);
    const mixedBy = (rows: Matrix, mu: string, t: number): number[] =>
      add(
        times(run.vector(mu), rows[t]!),
        times(
          run.vector(mu).map((m) => 1 - m),
          rows[t - 1] ?? zeros,
        ),
      );
    const of = (name: string): number[][] =>
      x.map((_, t) => apply(run.matrix(`W_${name}`), mixedBy(x, `mu_${name}`, t)));
    const [r, k, v] = [of("r"), of("k"), of("v")];
    const [w, u] = [run.vector("w").map(Math.exp), run.vector("u")];
    const a = x.map((row, t) => {
      const wkv = range(D).map((d) => {
        const weights = range(t + 1).map((s) => Math.exp(k[s]![d]! + (s === t ? u[d]! : -(t - 1 - s) * w[d]!)));
        return total(weights.map((weight, s) => weight * v[s]![d]!)) / total(weights);
      });
      return add(row, apply(run.matrix("W_o"), times(r[t]!.map(sigmoid), wkv)));
    });
    const wanted = a.map((row, t) => {
      const gate = apply(run.matrix("V_r"), mixedBy(a, "mu_rc", t)).map(sigmoid);
      const inner = apply(run.matrix("V_k"), mixedBy(a, "mu_kc", t)).map((value) => Math.max(value, 0) ** 2);
      return add(row, times(gate, apply(run.matrix("V_v"), inner)));
    });
    expectClose(run.output("y"), wanted);
  });

  it("RWKV-6", async () => {
    const [N, D] = [2, 2];
    const run = await runPublished("rwkv6", { cell: "RWKV6", sizes: { N, D, L: 2 } });
    const x = run.input("x");
    const mixed = x.map((row, t) => {
      const step = add(x[t - 1] ?? row.map(() => 0), scale(-1, row));
      const shared = add(row, times(run.vector("mu_x"), step));
      return range(5).map((k) => {
        const low = apply(run.matrices("A")[k]!, shared).map(Math.tanh);
        return add(row, times(step, add(run.matrix("lambda")[k]!, apply(run.matrices("B")[k]!, low))));
      });
    });
    const heads = (flat: Vector): number[][] => rowsOf(flat, D);
    const w = mixed.map(([own]) => {
      const low = apply(run.matrix("A_w"), own!).map(Math.tanh);
      return heads(add(run.vector("w_0"), apply(run.matrix("B_w"), low)).map((value) => Math.exp(-Math.exp(value))));
    });
    const [k, v, r] = ["W_k", "W_v", "W_r"].map((name, i) =>
      mixed.map((own) => heads(apply(run.matrix(name), own[i + 1]!))),
    );
    const bonus = heads(run.vector("bonus"));
    const wanted = x.map((_, t) => {
      const read = range(N).flatMap((n) => {
        const own = sumOver(
          t + 1,
          (s) => {
            // What was written before this step decays from the step after it on.
            const decay =
              s === t
                ? bonus[n]!
                : decayed(
                    w.map((all) => all[n]!),
                    s,
                    t - 1,
                  );
            return scale(total(times(times(r![t]![n]!, decay), k![s]![n]!)), v![s]![n]!);
          },
          D,
        );
        return add(times(run.matrix("ln_w")[n]!, standardised(own, 64e-5)), run.matrix("ln_b")[n]!);
      });
      return apply(run.matrix("W_o"), times(read, apply(run.matrix("W_g"), mixed[t]![4]!).map(silu)));
    });
    expectClose(run.output("y"), wanted, 1e-9);
  });
});
