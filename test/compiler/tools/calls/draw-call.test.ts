import { describe, expect, it } from "vitest";
import { drawCall, drawExtents, drawSizes, nearInitial } from "../../../../compiler/tools/calls/draw-call.js";
import { exampleOf, inputsAt, placesOf, withNaNPadding } from "../../../../compiler/tools/calls/single-examples.js";
import { partShape, wholeShape } from "../../../../compiler/tools/calls/sizes.js";
import { isVariable, mapTensors, ofTensor, tensorsOf } from "../../../../compiler/tools/calls/tensors.js";
import { compile } from "../../../../compiler/index.js";
import { createRandom } from "../../../../runtime/index.js";

const manifest = compile(
  `cell Reader(V, N) {
    input token: index(V)  input x: [N]
    context memory: [S, N]
    state h: [N]
    param E: [V, N] ~ ones
    fixed scale: [N] ~ ones
    h' = tanh(scale * h + E[token] + x + transpose(memory) @ softmax(memory @ h))
    output y = h'
  }`,
  { dimensions: { V: 3, N: 2 } },
).manifest!;

/** Two examples, the second shorter and smaller. */
const extents = drawExtents(manifest, { batch: 2, steps: 3, sizes: { S: 4 } }, (most, least) => most - (least === 0 ? 2 : 1)); // prettier-ignore
const call = drawCall(manifest, extents, createRandom(1), { number: (_tensor, drawn, at) => drawn.length + at });

describe("a call of a manifest", () => {
  it("has the tensors that the manifest lists, each with its role", () => {
    expect(tensorsOf(manifest).map(({ role, name }) => `${role} ${name}`)).toEqual([
      "param E",
      "input token",
      "input x",
      "context memory",
      "state h",
      "output y",
      "final h",
      "fixed scale",
    ]);
    expect(tensorsOf(manifest).filter(isVariable).map(({ name }) => name)).toEqual(["E", "x", "memory", "h"]); // prettier-ignore
  });

  it("is as large as the axes of the manifest say, padding counted", () => {
    const shapes = Object.fromEntries(
      tensorsOf(manifest).map((own) => [`${own.role} ${own.name}`, wholeShape(own, call)]),
    );
    expect(shapes).toEqual({
      "param E": [3, 2],
      "input token": [2, 3],
      "input x": [2, 3, 2],
      "context memory": [2, 4, 2],
      "state h": [2, 2],
      "output y": [2, 3, 2],
      "final h": [2, 2],
      "fixed scale": [2],
    });
    const memory = tensorsOf(manifest).find(({ name }) => name === "memory")!;
    expect(call.examples.map((example) => partShape(memory, example))).toEqual([[4, 2], [3, 2]]); // prettier-ignore
  });

  it("gives an example what is its own", () => {
    const second = exampleOf(manifest, call, 1);
    expect(second).toMatchObject({ batch: 1, steps: 1, sizes: { S: 3 }, examples: [{ steps: 1, sizes: { S: 3 } }] });
    // Numbers are the count of a tensor's and the place in it.
    expect([...second.inputs["x"]!]).toEqual([18, 19]);
    expect([...second.contexts["memory"]!]).toEqual([24, 25, 26, 27, 28, 29]);
    expect(second.params["E"]).toEqual(call.params["E"]);
    const x = tensorsOf(manifest).find(({ name }) => name === "x")!;
    expect(placesOf(x, call, 1)).toEqual([6, 7]);
    expect([...inputsAt(manifest, call, 1, 2)["x"] as Float64Array]).toEqual([14, 15, 20, 21]); // prettier-ignore
  });

  it("has nothing in its padding but NaN, where that is asked for", () => {
    const { inputs, states, contexts } = withNaNPadding(manifest, call);
    expect([...inputs["x"]!]).toEqual([12, 13, 14, 15, 16, 17, 18, 19, NaN, NaN, NaN, NaN]);
    expect([...inputs["token"]!.slice(4)]).toEqual([0, 0]);
    expect([...contexts["memory"]!.slice(12)]).toEqual([28, 29, NaN, NaN]);
    expect(states).toEqual(call.states);
  });

  it("keeps names of properties of objects apart", () => {
    const odd = { ...manifest, params: [], fixed: [], inputs: [], outputs: [], contexts: [{ ...manifest.contexts[0]!, name: "__proto__" }] }; // prettier-ignore
    expect(Object.keys(mapTensors(odd, () => 1).contexts)).toEqual(["__proto__"]);
    expect(
      ofTensor(
        mapTensors(odd, () => undefined),
        { role: "context", name: "__proto__" },
      ),
    ).toBeUndefined();
  });
});

it("indices are drawn below their bound, and parameters near where they start", () => {
  const drawn = drawCall(manifest, drawExtents(manifest, { batch: 9, steps: 9, sizes: { S: 1 } }, (most) => most), createRandom(2), {
    number: () => 0.5,
  }); // prettier-ignore
  expect(new Set(drawn.inputs["token"])).toEqual(new Set([0, 1, 2]));
  expect(nearInitial({ kind: "ones" }, -1, 1)).toBe(0.6);
  expect(nearInitial({ kind: "constant", value: 10 }, 1, 1)).toBe(10.4);
  expect(nearInitial({ kind: "uniform", bound: 0.5, mean: 3 }, -1, 1)).toBe(2.5);
  expect(nearInitial({ kind: "normal", deviation: 4 }, 0.5, 1)).toBe(0.5);
  expect(nearInitial({ kind: "orthogonal" }, 0.5, 0.4)).toBe(0.2);
});

it("sizes are as large as demands ask, where nobody has said how large", () => {
  const text = "network A(V; S, X) { require X >= V + S input x: [X] input s: [S] param w: [V] output y = sum(x[: V + S] * concat(w, s)) }"; // prettier-ignore
  const { axes, requires } = compile(text, { dimensions: { V: 9 } }).manifest!;
  const sized = { axes, ...(requires && { requires }) };
  expect(drawSizes(sized, () => 2)).toEqual({ S: 2, X: 11 });
  expect(() => drawSizes(sized, () => 2, (name) => name !== "X")).toThrow("X >= S + V"); // prettier-ignore
});
