/** A module written by hand that keeps the interface of compiled ones: s' = s + k x, y = s', for tests of the runtime. */
export const sumManifest = {
  format: "recell-module",
  version: 2,
  compiler: "0.0.0",
  cell: "Sum",
  documentation: "",
  target: "js",
  dtype: "f64",
  dimensions: { N: 2 },
  axes: [
    { name: "B", kind: "batch", option: "batch" },
    { name: "T", kind: "sequence", option: "steps" },
  ],
  inputs: [{ name: "x", documentation: "", axes: ["B", "T"], shape: [2], dtype: "real" }],
  contexts: [],
  states: [{ name: "s", documentation: "", axes: ["B"], shape: [2], initial: "zeros" }],
  params: [{ name: "k", documentation: "", axes: [], shape: [2], initializer: { kind: "ones" } }],
  outputs: [{ name: "y", documentation: "", axes: ["B", "T"], shape: [2] }],
  has: { step: true, gradient: false, jvp: false, hvp: false },
};

export function sumModuleText(manifest: object = sumManifest): string {
  return `export const manifest = ${JSON.stringify(manifest)};
export function instantiate({ batch, steps }) {
  const params = { k: new ${"Float64Array"}([1, 1]) };
  return {
    params,
    setParams(values) {
      for (const name in values) {
        if (!Object.hasOwn(params, name)) throw new TypeError("setParams: unknown name " + name);
      }
      for (const name in values) params[name].set(values[name]);
    },
    forward({ x, s, lengths, batch: B = batch, steps: T = steps }) {
      if (T > steps) throw new RangeError("steps");
      if (x.length !== B * T * 2) throw new RangeError("x");
      const y = new Float64Array(B * T * 2);
      const final = Float64Array.from(s ?? new Float64Array(B * 2));
      for (let b = 0; b < B; b++) {
        for (let t = 0; t < (lengths ? lengths[b] : T); t++) {
          for (let i = 0; i < 2; i++) {
            final[b * 2 + i] += params.k[i] * x[(b * T + t) * 2 + i];
            y[(b * T + t) * 2 + i] = final[b * 2 + i];
          }
        }
      }
      return { y, final: { s: final } };
    },
  };
}
export async function instantiateAsync(options) {
  return instantiate(options);
}
`;
}
