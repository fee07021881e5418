/** Networks whose values have sizes that follow from those of a call, in the language. */
import { describe, expect, it } from "vitest";
import { check } from "../../../compiler/driver/compile.js";
import { cell } from "../../../compiler/driver/in-process.js";

const messages = (text: string): string[] => check(text).diagnostics.map(({ code, message }) => `${code}: ${message}`);

describe.each(["js", "wasm"] as const)("on %s", (target) => {
  it("joins, cuts and reshapes along axes that differ from example to example", async () => {
    const module = await cell(
      `network Sizes(D; T, S) {
         input x: [T, D]
         input z: [S, D]
         input w: [2 * S + 1]
         output sum = sum(w)
         output both = concat(x, z)
         output first = x[: floor(T / 2)]
         output rest = x[floor(T / 2) :]
         output again = concat(x[: ceil(T / 2)], x[ceil(T / 2) :]) + x
         output flat = reshape(z, [S * D])
       }`,
      { dimensions: { D: 1 }, target, dtype: "f64", gradient: true },
    );
    const net = module.instantiate({ batch: 2, sizes: { T: 5, S: 3 } });
    const sizes = { T: [5, 2], S: [1, 3] };
    const x = [1, 2, 3, 4, 5, 6, 7, NaN, NaN, NaN];
    const z = [-1, NaN, NaN, -2, -3, -4];
    const w = [1, 2, 3, NaN, NaN, NaN, NaN, 1, 2, 3, 4, 5, 6, 7];
    const result = net.forward({ x, z, w, sizes }) as unknown as Record<string, unknown>;
    expect(result["sum"]).toEqual(Float64Array.of(6, 28));
    expect(result["both"]).toEqual(Float64Array.of(1, 2, 3, 4, 5, -1, 0, 0, 6, 7, -2, -3, -4, 0, 0, 0));
    expect(result["first"]).toEqual(Float64Array.of(1, 2, 6, 0));
    expect(result["rest"]).toEqual(Float64Array.of(3, 4, 5, 7, 0, 0));
    expect(result["again"]).toEqual(Float64Array.of(2, 4, 6, 8, 10, 12, 14, 0, 0, 0));
    expect(result["flat"]).toEqual(Float64Array.of(-1, 0, 0, -2, -3, -4));
    expect(result["sizes"]).toEqual({
      "S + T": new Int32Array([6, 5]),
      "floor(T / 2)": new Int32Array([2, 1]),
      "T - floor(T / 2)": new Int32Array([3, 1]),
    });
    const ones = (count: number): Float64Array => new Float64Array(count).fill(1);
    const grad = net.backward!({ sum: ones(2), both: ones(16), first: ones(4), rest: ones(6), flat: ones(6) } as never);
    expect(grad["x"]).toEqual(Float64Array.of(2, 2, 2, 2, 2, 2, 2, 0, 0, 0));
    expect(grad["w"]).toEqual(Float64Array.of(1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1));
    expect(grad["z"]).toEqual(Float64Array.of(2, 0, 0, 2, 2, 2));
  });

  it("divides without a rest, or refuses the call by equation, example and sizes", async () => {
    const text = `
      fn pairs(v: [N]): [N / 2, 2] { return reshape(v, [N / 2, 2]) }
      network Inner(; U) {
        input x: [U]
        output y = sum(pairs(x), axis = 1)
      }
      network Pairs(; T, S) {
        input x: [T]
        input z: [S]
        use own = Inner()
        output sums = sum(reshape(x, [T / 2, 2]), axis = 1)
        output inner = own(z)
      }`;
    const module = await cell(text, { cell: "Pairs", target, dtype: "f64" });
    const net = module.instantiate({ batch: 2, sizes: { T: 4, S: 4 } });
    const x = [1, 2, 3, 4, 5, 6, NaN, NaN];
    const result = net.forward({ x, z: x, sizes: { T: [4, 2], S: [4, 2] } });
    expect(result["sums"]).toEqual(Float64Array.of(3, 7, 11, 0));
    expect(result["inner"]).toEqual(Float64Array.of(3, 7, 11, 0));
    expect(() => net.forward({ x, z: x, sizes: { T: [4, 3], S: 4 } })).toThrow(
      new RangeError("forward: T / 2 must be whole in sums; example 1 has T 3, S 4"),
    );
    expect(() => net.forward({ x, z: x, sizes: { T: 4, S: [3, 4] } })).toThrow(
      new RangeError("forward: S / 2 must be whole in inner; example 0 has T 4, S 3"),
    );
  });
});

describe("sizes that may be 0", () => {
  it.each(["mean", "var", "std", "argmax", "argmin"])("have no %s", (name) => {
    expect(messages(`network A(; T) { input x: [T] output y = ${name}(x) }`)).toEqual([
      "may-be-empty: nothing says that `T` is at least 1",
    ]);
    expect(messages(`network A(; T >= 1) { input x: [T] output y = ${name}(x) }`)).toEqual([]);
    expect(messages(`network A(; T) { input x: [T] output y = ${name}(concat(x, [0])) }`)).toEqual([]);
    // The contexts of a cell have at least one.
    const value = name.startsWith("arg") ? `real(${name}(m))` : `${name}(m)`;
    expect(messages(`cell A { input x: real context m: [S] output y = x * ${value} }`)).toEqual([]);
  });

  it("have no place, in functions, cells and networks that take one either", () => {
    const last = "fn last(v: [N]): real { return v[N - 1] }\n";
    expect(messages(`network A(; T) { input x: [T] output y = x[T - 1] }`)[0]).toMatch(/^bad-slice/u);
    expect(messages(`${last}network A(; T) { input x: [T] output y = last(x) }`)).toEqual([
      "may-be-empty: nothing says that `T` is at least 1",
    ]);
    expect(messages(`${last}network A(; T >= 1) { input x: [T] output y = last(x) }`)).toEqual([]);
    expect(
      messages(
        `${last}fn more(v: [K]): real { return last(v) + 1 }\nnetwork A(; T) { input x: [T] output y = more(x) }`,
      ),
    ).toEqual(["may-be-empty: nothing says that `T` is at least 1"]);
    const reader = "cell Reader { input x: real context m: [S] output y = x * m[S - 1] }\n";
    expect(
      messages(`${reader}network A(; T, S) { input x: [T] input m: [S] use r = Reader() output y = r(x, m) }`),
    ).toEqual(["may-be-empty: nothing says that `S` is at least 1"]);
    expect(
      messages(`${reader}network A(; T, S >= 1) { input x: [T] input m: [S] use r = Reader() output y = r(x, m) }`),
    ).toEqual([]);
    const inner = "network Inner(; U >= 2) { input x: [U] output y = x[1] }\n";
    expect(messages(`${inner}network A(; T >= 1) { input x: [T] use i = Inner() output y = i(x) }`)).toEqual([
      "may-be-empty: `Inner` wants `U >= 2`, and nothing says that `T` is",
    ]);
    expect(messages(`${inner}network A(; T >= 2) { input x: [T] use i = Inner() output y = i(x) }`)).toEqual([]);
    // What only repeats, adds or takes the greatest has no need of one.
    expect(
      messages(
        `fn all(v: [N]): real { return sum(v) + max(v) + logsumexp(v) }\nnetwork A(; T) { input x: [T] output y = all(x) }`,
      ),
    ).toEqual([]);
  });

  it("are rounded as quotients only, by what is at least 1", () => {
    const of = (size: string): string[] =>
      messages(
        `network A(K; T, S) { input x: [T] input z: [S] output y = concat(x, z, zeros([K]), zeros([${size}])) }`,
      );
    expect(of("floor(T / K)")).toEqual([]);
    expect(of("ceil((T + 1) / 2)")).toEqual([]);
    expect(of("floor(T)")).toEqual(["not-a-dimension: `floor` of a dimension takes a quotient"]);
    expect(of("floor(T / S)")).toEqual(["dimension-division: nothing says that `S` is at least 1"]);
    expect(of("floor(T / (K + 1))")).toEqual(["dimension-division: cannot divide by the sum `K + 1`"]);
    expect(of("floor(T / 0)")).toEqual(["dimension-not-whole: a dimension divided by 0"]);
    expect(
      messages("cell A { input x: real context m: [S] output y = x * sum(reshape(m, [S / 2, 2]), axis = [0, 1]) }"),
    ).toEqual(["run-time-dimension: whether `S / 2` is whole is known at run time only"]);
  });
});
