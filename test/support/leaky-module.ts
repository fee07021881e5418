/**
 * A module whose kernels are written by hand, to test what stands around kernels:
 *
 *     cell Leaky(H, V) {
 *       input x: [H]   input k: index(V)   context m: [S, H]
 *       state h: [H] = start   state c: [H]
 *       param decay, start: [H]   param table: [V, H]
 *       h' = decay * h + x + table[k]
 *       c' = c + h' * sum(m, axis = 0)
 *       output y = c'
 *     }
 */
import { printModule } from "../../compiler/emit/js/module.js";
import type { Manifest } from "../../runtime/module/manifest.js";

export const H = 2;
export const V = 3;

const doc = { documentation: "" };

export const leakyManifest: Manifest = {
  format: "recell-module",
  version: 2,
  compiler: "0.0.0",
  cell: "Leaky",
  documentation: "Written by hand: */ nothing to see </script>.",
  target: "js",
  dtype: "f64",
  dimensions: { H, V },
  axes: [
    { name: "B", kind: "batch", option: "batch" },
    { name: "T", kind: "sequence", option: "steps" },
    { name: "S", kind: "dimension", option: "sizes" },
  ],
  inputs: [
    { name: "x", ...doc, axes: ["B", "T"], shape: [H], dtype: "real" },
    { name: "k", ...doc, axes: ["B", "T"], shape: [], dtype: "index", bound: V },
  ],
  contexts: [{ name: "m", ...doc, axes: ["B"], shape: ["S", H] }],
  states: [
    { name: "h", ...doc, axes: ["B"], shape: [H], initial: "computed" },
    { name: "c", ...doc, axes: ["B"], shape: [H], initial: "zeros" },
  ],
  params: [
    { name: "decay", ...doc, axes: [], shape: [H], initializer: { kind: "uniform", bound: 1 } },
    { name: "start", ...doc, axes: [], shape: [H], initializer: { kind: "normal", deviation: 1 } },
    { name: "table", ...doc, axes: [], shape: [V, H], initializer: { kind: "orthogonal" } },
  ],
  outputs: [{ name: "y", ...doc, axes: ["B", "T"], shape: [H] }],
  has: { step: true, gradient: true, jvp: false, hvp: false },
};

const kernels = `
function workspaceBytes({ batch, steps, sizes }) {
  return 8 * ${H} * batch * (2 * steps + sizes.S);
}

function createKernels({ batch, steps, sizes }) {
  const H = ${H};
  const buffers = {};
  const table = new Int32Array(5);
  const reals = (name, count) => (buffers[name] = new Float64Array(count));
  for (const of of ["", "grad."]) {
    reals(of + "input.x", batch * steps * H);
    reals(of + "output.y", batch * steps * H);
    reals(of + "context.m", batch * sizes.S * H);
    for (const name of ["h", "c"]) {
      reals(of + "initial." + name, batch * H);
      reals(of + "final." + name, batch * H);
    }
    for (const name of ["decay", "start"]) reals(of + "param." + name, H);
    reals(of + "param.table", ${V} * H);
  }
  buffers["input.k"] = new Int32Array(batch * steps);
  buffers["step.input.k"] = new Int32Array(batch);
  reals("step.input.x", batch * H);
  reals("step.context.m", batch * sizes.S * H);
  reals("step.state.h", batch * H);
  reals("step.state.c", batch * H);
  reals("step.output.y", batch * H);
  buffers.lengths = new Int32Array(batch);
  buffers["sizes.S"] = new Int32Array(batch);
  const at = (name) => buffers[name];

  function advance(b, S, x, xAt, k, m, h, c, y) {
    for (let i = 0; i < H; i++) {
      let total = 0;
      for (let s = 0; s < buffers["sizes.S"][b]; s++) total += m[(b * S + s) * H + i];
      h[b * H + i] = at("param.decay")[i] * h[b * H + i] + x[xAt + i] + at("param.table")[k * H + i];
      c[b * H + i] += h[b * H + i] * total;
      y[xAt + i] = c[b * H + i];
    }
  }

  return {
    variant: "js",
    buffers,
    table,
    initial() {
      const [B] = table;
      for (let b = 0; b < B; b++) at("initial.h").set(at("param.start"), b * H);
    },
    stepInitial() {
      const [B] = table;
      for (let b = 0; b < B; b++) at("step.state.h").set(at("param.start"), b * H);
    },
    forward() {
      const [B, T, S] = table;
      at("output.y").fill(0);
      at("final.h").set(at("initial.h"));
      at("final.c").set(at("initial.c"));
      for (let b = 0; b < B; b++) {
        for (let t = 0; t < buffers.lengths[b]; t++) {
          const from = b * T + t;
          const k = at("input.k")[from];
          advance(b, S, at("input.x"), from * H, k, at("context.m"), at("final.h"), at("final.c"), at("output.y"));
        }
      }
    },
    step() {
      const [B, , S] = table;
      for (let b = 0; b < B; b++) {
        const k = at("step.input.k")[b];
        const m = at("step.context.m");
        advance(b, S, at("step.input.x"), b * H, k, m, at("step.state.h"), at("step.state.c"), at("step.output.y"));
      }
    },
    // Not a derivative: it shows which buffers were filled and that both entries ran.
    backward() {
      at("grad.initial.h").set(at("grad.final.h"));
      at("grad.input.x").set(at("grad.output.y"));
      at("grad.param.start").fill(0);
    },
    initialBackward() {
      const [B] = table;
      for (let i = 0; i < B * H; i++) at("grad.param.start")[i % H] += at("grad.initial.h")[i];
    },
  };
}
`;

export const leakyText: string = printModule(leakyManifest, kernels);
