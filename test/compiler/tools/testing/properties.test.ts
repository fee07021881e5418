/** The properties hold for random cells, and each of them fails where it does not hold. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { cell, compile, type CompiledModule, type ModuleInstance } from "../../../../compiler/index.js";
import {
  arbitraryCall,
  arbitrarySizes,
  type CallOptions,
} from "../../../../compiler/tools/testing/arbitraries/arbitrary-call.js";
import { arbitraryCell, type RandomCell } from "../../../../compiler/tools/testing/arbitraries/arbitrary-cell.js";
import type { ArbitraryCellOptions } from "../../../../compiler/tools/testing/arbitraries/grow-cell.js";
import type { CellCall } from "../../../../compiler/tools/calls/call.js";
import { backendsAgree, passesPreserveMeaning } from "../../../../compiler/tools/testing/properties/agreement.js";
import {
  hessianIsSymmetric,
  reverseMatchesDifferences,
  reverseMatchesForward,
} from "../../../../compiler/tools/testing/properties/derivatives.js";
import { PropertyError } from "../../../../compiler/tools/testing/properties/property-error.js";
import {
  examplesAreIndependent,
  piecesMatchWhole,
  repeatsGiveSameBits,
} from "../../../../compiler/tools/testing/properties/same-bits.js";
import { networkOf, streamingNetworkOf, withPart } from "../../../support/random-network.js";
import { fuzzParameters } from "../../../support/fuzz.js";

interface Case {
  readonly random: RandomCell;
  readonly options: { readonly cell: string; readonly dimensions: Readonly<Record<string, number>> };
  readonly call: CellCall;
}

/** A cell, its sizes and a call of it. */
function arbitraryCase(cellOptions: ArbitraryCellOptions, callOptions: CallOptions): fc.Arbitrary<Case> {
  return arbitraryCell(cellOptions).chain((random) =>
    arbitrarySizes(random.source, { cell: random.cell, most: 3 }).chain((dimensions) => {
      const options = { cell: random.cell, dimensions };
      const { manifest } = compile(random.source, options);
      if (manifest === undefined) throw new Error(random.source);
      return arbitraryCall(manifest, callOptions).map((call) => ({ random, options, call }));
    }),
  );
}

/** Each compiles a cell, some for several targets. */
const parameters = fuzzParameters(6, 20);

/** Checks a property of modules on random cells. */
async function holds(
  check: (module: CompiledModule, call: CellCall) => void,
  cellOptions: ArbitraryCellOptions,
  callOptions: CallOptions,
  dtype: "f32" | "f64",
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(arbitraryCase(cellOptions, callOptions), async ({ random, options, call }) => {
      check(await cell(random.source, { ...options, dtype, jvp: true, hvp: true }), call);
    }),
    parameters,
  );
}

/** Random cells may be linear, or have no derivative at all. */
const uncomparedToo =
  (check: typeof reverseMatchesForward) =>
  (module: CompiledModule, call: CellCall): void =>
    check(module, call, { allowUncompared: true });

it("passes keep the meaning of a network that streams and is trained by a loss", () => {
  const source = `network Fit(H; T) {
    input x, want: [T, H]
    param a: [H] ~ ones
    h = a * x + before(x, zeros([H]))
    output y = h
    loss = sum(square(h - want), axis = [0, 1]) per T
  }`;
  const options = { cell: "Fit", dimensions: { H: 2 } };
  const { manifest } = compile(source, options);
  fc.assert(
    fc.property(arbitraryCall(manifest!), (call) => {
      passesPreserveMeaning(source, call, options);
    }),
    fuzzParameters(3, 20),
  );
});

it("passes keep the meaning of random networks and of an entry of them", () => {
  const choices = fc.array(fc.nat(999), { minLength: 20, maxLength: 30 });
  const entries = new Set<string>();
  fc.assert(
    fc.property(choices, fc.nat(999), (chosen, seed) => {
      const source = withPart((seed % 3 === 0 ? streamingNetworkOf : networkOf)(chosen), seed);
      const options = { cell: "Random" };
      const { manifest } = compile(source, { ...options, target: "js" });
      for (const { given } of manifest!.entries!) entries.add(given.length > 0 ? "cut" : "whole");
      const [call] = fc.sample(arbitraryCall(manifest!), { numRuns: 1, seed });
      passesPreserveMeaning(source, call!, options);
    }),
    fuzzParameters(3, 60),
  );
  expect(entries).toContain("cut");
});

describe("of random cells", () => {
  it("reverse mode is the transpose of forward mode, kinks or not", async () => {
    const transposed = uncomparedToo(reverseMatchesForward);
    await holds(transposed, {}, { kinks: 0.3 }, "f64");
    await holds(transposed, { smooth: true }, {}, "f32");
    await holds(transposed, {}, { scale: 2 ** 13 }, "f64");
  });

  it("reverse mode is what differences say", async () => {
    let [compared, kinks] = [0, 0];
    await holds(
      (module, call) => {
        const count = reverseMatchesDifferences(module, call, { allowUncompared: true });
        compared += count.compared;
        kinks += count.kinks;
      },
      { smooth: true },
      {},
      "f64",
    );
    expect(compared).toBeGreaterThan(5 * parameters.numRuns);
    expect(kinks).toBeLessThan(compared / 50);
  });

  it("Hessians are symmetric", () => holds(uncomparedToo(hessianIsSymmetric), { smooth: true }, {}, "f64"));

  it.each(["f32", "f64"] as const)("runs give the same bits in %s", async (dtype) => {
    const all = (module: CompiledModule, call: CellCall): void => {
      piecesMatchWhole(module, call);
      examplesAreIndependent(module, call);
      repeatsGiveSameBits(module, call);
    };
    await holds(all, {}, { kinks: 0.2 }, dtype);
  });

  it("derivatives that are nothing but rounding violate nothing", async () => {
    // The mean of a softmax is constant.
    const source =
      "cell C(H) { context m: [S, H] state h: [H] h' = mean(softmax(m, axis = 0), axis = 0) output y = h }";
    for (const dtype of ["f64", "f32"] as const) {
      const module = await cell(source, { dimensions: { H: 2 }, dtype, jvp: true, hvp: true });
      for (const call of fc.sample(arbitraryCall(module.manifest), { seed: 6, numRuns: 20 })) {
        uncomparedToo(reverseMatchesForward)(module, call);
        uncomparedToo(hessianIsSymmetric)(module, call);
      }
    }
  });

  it("passes keep the meaning", () => {
    fc.assert(
      fc.property(arbitraryCase({}, { kinks: 0.2 }), ({ random, options, call }) => {
        passesPreserveMeaning(random.source, call, options);
      }),
      parameters,
    );
  });

  it("backends agree", async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryCase({ smooth: true }, {}), ({ random, options, call }) =>
        backendsAgree(random.source, call, options),
      ),
      parameters,
    );
  });
});

const attention = `
cell Reader(H) {
  input x: [H]
  input k: index(3)
  context m: [S, H]
  state h: [H]
  param U: [H, H] ~ uniform(1)
  param table: [3, H] ~ normal(1)
  h' = tanh(U @ h + x * table[k] + softmax(m @ h) @ m)
  output y = h' * sum(x)
}
`;
const readerOptions = { dimensions: { H: 2 }, dtype: "f64", jvp: true, hvp: true } as const;

describe("are violated by", () => {
  let right: CompiledModule;
  let call: CellCall;
  beforeAll(async () => {
    right = await cell(attention, readerOptions);
    const calls = fc.sample(arbitraryCall(right.manifest), { seed: 3, numRuns: 50 });
    // Of several examples and steps, the second shorter.
    const found = calls.find(
      ({ batch, steps, examples }) => batch > 1 && steps > 2 && (examples[1]?.steps ?? 9) < steps,
    );
    if (found === undefined) throw new Error("no such call");
    call = found;
  });

  /** The module with some methods of its instances replaced. */
  const changed = (change: (instance: ModuleInstance) => Partial<ModuleInstance>): CompiledModule => ({
    ...right,
    instantiate: (options) => {
      const instance = right.instantiate(options);
      return { ...instance, ...change(instance) };
    },
  });
  const failure = (check: () => unknown): string => {
    try {
      check();
    } catch (error) {
      if (error instanceof PropertyError) return error.message;
      throw error;
    }
    return "";
  };

  it("nothing where all is right", () => {
    reverseMatchesForward(right, call);
    expect(reverseMatchesDifferences(right, call)).toMatchObject({ kinks: 0 });
    hessianIsSymmetric(right, call);
    piecesMatchWhole(right, call);
    examplesAreIndependent(right, call);
    repeatsGiveSameBits(right, call);
  });

  it("a wrong gradient", () => {
    const wrong = changed((instance) => ({
      backward: (cotangents) => {
        const gradient = instance.backward!(cotangents);
        gradient.params["U"]![1]! *= 1.01;
        return gradient;
      },
    }));
    expect(failure(() => reverseMatchesForward(wrong, call))).toMatch(
      /^reverseMatchesForward: ⟨J v, w⟩ by forward mode is/u,
    );
    const options = { coordinates: 30 };
    expect(failure(() => reverseMatchesDifferences(wrong, call, options))).toMatch(
      /by param U .* differences give .* ±/u,
    );
  });

  it("a Hessian that is not symmetric", () => {
    const wrong = changed((instance) => ({
      hvp: (values, tangents, cotangents) => {
        const product = instance.hvp!(values, tangents, cotangents);
        product.params["U"]![0]! += (tangents["params"] as { U: number[] }).U[1]!;
        return product;
      },
    }));
    expect(failure(() => hessianIsSymmetric(wrong, call))).toMatch(/^hessianIsSymmetric: ⟨u, H v⟩ is/u);
  });

  it("a stream that is off by a rounding", () => {
    const wrong = changed((instance) => ({
      step: (values) => {
        const out = instance.step(values);
        out["y"]![0]! *= 1 + 2 ** -52;
        return out;
      },
    }));
    expect(failure(() => piecesMatchWhole(wrong, call))).toMatch(
      /^piecesMatchWhole: y at step \d of a stream\[0\] is/u,
    );
  });

  it("an example that sees its neighbour", () => {
    const wrong = changed((instance) => ({
      forward: (values) => {
        const result = instance.forward(values);
        if (values["batch"] !== 1) result["y"]![0]! += 2 ** -20;
        return result;
      },
    }));
    expect(failure(() => examplesAreIndependent(wrong, call))).toMatch(
      /^examplesAreIndependent: y of example 0 in a batch/u,
    );
  });

  it("results in the padding", () => {
    const wrong = changed((instance) => ({
      forward: (values) => {
        const result = instance.forward(values);
        if (values["batch"] !== 1) result["y"]![2 * call.steps * 2 - 1] = 1e-300;
        return result;
      },
    }));
    expect(failure(() => examplesAreIndependent(wrong, { ...call, batch: 2, ...two(call) }))).toMatch(
      /the padding of y holds 1e-300/u,
    );
  });

  it("a gradient that is added up from call to call", () => {
    let calls = 0;
    const wrong = changed((instance) => ({
      backward: (cotangents) => {
        const gradient = instance.backward!(cotangents);
        gradient.params["U"]![0]! += calls++;
        return gradient;
      },
    }));
    expect(failure(() => repeatsGiveSameBits(wrong, call))).toMatch(
      /gradient of param U with backward called again\[0\]/u,
    );
  });

  it("modules without what they need", async () => {
    const plain = await cell(attention, { dimensions: { H: 2 }, gradient: false });
    expect(() => reverseMatchesForward(plain, call)).toThrow(/needs a module compiled with jvp/u);
    expect(() => hessianIsSymmetric(plain, call)).toThrow(/needs a module compiled with hvp/u);
    expect(() => reverseMatchesDifferences(plain, call)).toThrow(/dtype "f64"/u);
  });

  it("a backend that is less exact than asked for", async () => {
    const tight = { dimensions: { H: 2 }, tolerance: { f32: 1e-12 } };
    await expect(backendsAgree(attention, call, tight)).rejects.toThrow(/^backendsAgree: .* in wasm f32\[\d+\] is/u);
  });
});

describe("compared with nothing", () => {
  const nothing = /: nothing was compared: /u;
  let module: CompiledModule;
  let call: CellCall;
  beforeAll(async () => {
    const source = "cell Kinked(N) { input x: [N] param w: [N] ~ zeros output y = relu(w) + 0 * x }";
    module = await cell(source, { dimensions: { N: 2 }, dtype: "f64", jvp: true, hvp: true });
    const [drawn] = fc.sample(arbitraryCall(module.manifest, { steps: 1, batch: 1 }), { seed: 1, numRuns: 1 });
    call = {
      ...drawn!,
      params: { w: [0, 0] },
      inputs: { x: [1, 2] },
      cotangents: { outputs: { y: [1, 1] }, final: {} },
    };
  });
  const still = (): CellCall => ({ ...call, cotangents: { outputs: { y: [0, 0] }, final: {} } });

  it.each([
    ["reverseMatchesForward of zeros", () => reverseMatchesForward(module, still())],
    ["reverseMatchesDifferences of zeros", () => reverseMatchesDifferences(module, still())],
    ["reverseMatchesDifferences at kinks", () => reverseMatchesDifferences(module, call)],
    ["hessianIsSymmetric of a linear cell", () => hessianIsSymmetric(module, call)],
    ["a module whose derivatives are all zero", () => reverseMatchesForward(withoutDerivative(module), call)],
  ])("%s fails", (_, check) => {
    expect(check).toThrow(nothing);
    expect(check).toThrow(PropertyError);
  });

  it("passes where that is allowed", () => {
    const options = { allowUncompared: true };
    reverseMatchesForward(module, still(), options);
    hessianIsSymmetric(module, call, options);
    expect(reverseMatchesDifferences(module, call, options)).toEqual({ compared: 0, zeros: 3, kinks: 3 });
    expect(() => hessianIsSymmetric(module, call, { allowUncompared: 1 as never })).toThrow(
      "hessianIsSymmetric: allowUncompared must be true or false, got 1",
    );
  });

  it("fails where the cell gives nothing, or there is nothing to compare it with", async () => {
    const mute = await cell("cell Mute { input x: [2] a = x }", { gradient: false });
    const [silent] = fc.sample(arbitraryCall(mute.manifest), { seed: 1, numRuns: 1 });
    for (const check of [piecesMatchWhole, examplesAreIndependent, repeatsGiveSameBits]) {
      expect(() => check(mute, silent!)).toThrow(nothing);
    }
    const plain = "cell Plain { input x: [2] output y = x }";
    const [drawn] = fc.sample(arbitraryCall((await cell(plain)).manifest), { seed: 1, numRuns: 1 });
    await expect(backendsAgree(plain, drawn!, { backends: [] })).rejects.toThrow(nothing);
  });
});

/** Its gradient is zero in both modes. */
const withoutDerivative = (module: CompiledModule): CompiledModule => ({
  ...module,
  instantiate: (options) => {
    const instance = module.instantiate(options);
    const cleared = <Result>(result: Result): Result => {
      const all = Object.values(result as Record<string, unknown>);
      for (const value of all) if (value instanceof Float64Array) value.fill(0);
      return result;
    };
    return {
      ...instance,
      jvp: (values, tangents) => cleared(instance.jvp!(values, tangents)),
      backward: (cotangents) => {
        const gradient = instance.backward!(cotangents);
        cleared(gradient.params);
        return cleared(gradient);
      },
    };
  },
});

/** The first two examples of a call. */
function two(call: CellCall): Pick<CellCall, "examples" | "inputs" | "contexts" | "states" | "cotangents"> {
  const cutAll = (from: CellCall["inputs"]): CellCall["inputs"] =>
    Object.fromEntries(
      Object.entries(from).map(([name, values]) => [
        name,
        Array.from(values).slice(0, (values.length / call.batch) * 2),
      ]),
    );
  return {
    examples: call.examples.slice(0, 2),
    inputs: cutAll(call.inputs),
    contexts: cutAll(call.contexts),
    states: cutAll(call.states),
    cotangents: { outputs: cutAll(call.cotangents.outputs), final: cutAll(call.cotangents.final) },
  };
}
