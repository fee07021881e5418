import { describe, expect, test } from "vitest";
import type { CellNode, EquationNode, Expression } from "../../../../compiler/language/syntax/ast.js";
import { printSourceFile } from "../../../../compiler/language/syntax/print-ast.js";
import { parseClean, parseText, withoutPlaces } from "../../../support/syntax.js";

function firstCell(text: string): CellNode {
  const declaration = parseClean(text).declarations[0];
  if (declaration?.kind !== "cell") throw new Error("no cell");
  return declaration;
}

function equations(body: string): EquationNode[] {
  return firstCell(`cell A(H) {\n${body}\n}`).items.filter((item) => item.kind === "equation");
}

function value(text: string): Expression {
  return equations(`a = ${text}`)[0]!.value;
}

/** The expression with every operation in parentheses. */
function shape(node: Expression): string {
  switch (node.kind) {
    case "number":
    case "imaginary":
      return node.text;
    case "reference":
      return node.name + (node.next ? "'" : "");
    case "unary":
      return `(${node.operator} ${shape(node.operand)})`;
    case "binary":
      return `(${shape(node.left)} ${node.operator} ${shape(node.right)})`;
    case "if":
      return `(if ${shape(node.condition)} then ${shape(node.whenTrue)} else ${shape(node.whenFalse)})`;
    case "call":
      return `${node.callee.text}(${node.arguments.map((argument) => shape(argument.value)).join(", ")})`;
    case "member":
      return `${shape(node.object)}.${node.member.text}${node.next ? "'" : ""}`;
    case "index":
      return `${shape(node.object)}[${node.indices.length}]`;
    case "indexed":
      return `${shape(node.value)} for ${node.indices.map(({ name }) => name.text).join(", ")}`;
    case "tuple":
      return `[${node.items.map(shape).join(", ")}]`;
    case "group":
      return `(${node.items.map(shape).join(", ")})`;
    case "result":
      return `${shape(node.call)} ${node.position}`;
    case "rounds": {
      const { first, next, index, count, until } = node.rounds;
      const list = (all: readonly Expression[]): string => all.map(shape).join(" | ");
      return `${list(first)} then ${list(next)} for ${index?.text ?? "_"} < ${shape(count)} until ${until === undefined ? "_" : shape(until)}`;
    }
  }
}

describe("precedence", () => {
  test.each([
    ["a + b * c", "(a + (b * c))"],
    ["a - b - c", "((a - b) - c)"],
    ["a / b * c @ d", "(((a / b) * c) @ d)"],
    ["-a * b", "((- a) * b)"],
    ["-a ^ b", "(- (a ^ b))"],
    ["a ^ b ^ c", "(a ^ (b ^ c))"],
    ["a ^ -b ^ c", "(a ^ (- (b ^ c)))"],
    ["a ^ -b * c", "((a ^ (- b)) * c)"],
    ["a * -b + c", "((a * (- b)) + c)"],
    ["--a", "(- (- a))"],
    ["2i * .5e1i ^ 2", "(2i * (.5e1i ^ 2))"],
    ["a² - 1i²", "((a ^ 2) - (1i ^ 2))"],
    ["a or b and c", "(a or (b and c))"],
    ["not a and b", "((not a) and b)"],
    ["not a == b", "(not (a == b))"],
    ["not not a", "(not (not a))"],
    ["a + b < c - d and e", "(((a + b) < (c - d)) and e)"],
    ["a or not b", "(a or (not b))"],
    ["if a then b else c + d", "(if a then b else (c + d))"],
    ["if a then b else if c then d else e", "(if a then b else (if c then d else e))"],
    [
      "if if a then b else c then if d then e else f else g",
      "(if (if a then b else c) then (if d then e else f) else g)",
    ],
    ["(if a then b else c) + d", "((if a then b else c) + d)"],
    ["a[0].b'[1:]", "a[1].b'[1]"],
    ["f(x, [N, D]).y ^ 2", "(f(x, [N, D]).y ^ 2)"],
    ["f(x, by = (a, b + c)) + d", "(f(x, (a, (b + c))) + d)"],
    ["h'[0] ^ h'", "(h'[1] ^ h')"],
  ])("%s", (text, expected) => {
    expect(shape(value(text))).toBe(expected);
  });
});

describe("spellings of formulas", () => {
  test.each([
    ["σ(a) + σ", "sigmoid(a) + sigma"],
    ["Σ(a) * Σ", "sum(a) * Sigma"],
    ["∑(a)", "sum(a)"],
    ["√(a)", "sqrt(a)"],
    ["a ⊙ b ∘ c × d ∗ e", "a * b * c * d * e"],
    ["W · x ⋅ y", "W @ x @ y"],
    ["a − b ÷ c", "a - b / c"],
    ["if a ≤ b ∧ ¬(c ≥ d ∨ e ≠ f) then 1 else 2", "if a <= b and not (c >= d or e != f) then 1 else 2"],
    ["α + Γ + ϵ + ϕ + ω", "alpha + Gamma + epsilon + phi + omega"],
    ["W_α", "W_alpha"],
    ["h₁ + W₁₂ + Wₓ + bᵢ₀", "h_1 + W_12 + W_x + b_i0"],
    ["h_₁", "h_1"],
    ["h̃ + x̂ + ŷ + c̄ + ẋ", "h_tilde + x_hat + y_hat + c_bar + x_dot"],
    ["h̃ₜ", "h_tilde_t"],
    ["𝐖 @ 𝑥 + ℎ", "W @ x + h"],
    ["x² + y⁻¹⁰", "x ^ 2 + y ^ -10"],
    ["-x²", "-x ^ 2"],
    ["x²^3", "(x ^ 2) ^ 3"],
    ["h′ + h’ + h'", "h' + h' + h'"],
    ["σ₁(a)", "sigma_1(a)"],
    ["μ + µ", "mu + mu"],
  ])("%s", (text, expected) => {
    const printed = printSourceFile(parseClean(`cell A() { a = ${text} }`));
    expect(printed).toBe(`cell A() {\n  a = ${expected}\n}\n`);
  });

  test("places speak of the text as written", () => {
    const text = "cell A() { α′ = 𝐖ₓ ⊙ h̃ }";
    const [equation] = firstCell(text).items as EquationNode[];
    const read = (span: { start: number; end: number }): string => text.slice(span.start, span.end);
    expect(read(equation!.name.span)).toBe("α");
    expect(read(equation!.span)).toBe("α′ = 𝐖ₓ ⊙ h̃");
    expect(equation!.value.kind === "binary" && read(equation!.value.operatorSpan)).toBe("⊙");
    expect(equation!.value.kind === "binary" && read(equation!.value.left.span)).toBe("𝐖ₓ");
  });
});

describe("items", () => {
  test("line breaks separate nothing, and everything can stand on one line", () => {
    const lines = "a = b\n+ c\nd\n=\ne\nh' = f (\nx )\n[0]";
    expect(equations(lines).map((node) => shape(node.value))).toEqual(["(b + c)", "e", "f(x)[1]"]);
    expect(equations("a = b c = d; e = f;; h' = g").length).toBe(4);
    expect(equations("a = b\n- c").map((node) => shape(node.value))).toEqual(["(b - c)"]);
  });

  test("contextual words are names wherever an item cannot begin", () => {
    const text = `cell cell(input, context, from: real = 1, as) {
      input input, state: [input]
      context context: [context]
      state output: real = state
      param cell, from: [index] ~ state(from)
      use as = output(input, real = context)
      fn state(cell: [input], index: index(output)): real { output = cell return input }
      cell = context
      context' = cell + state
      state = output
      output output = input
      output context = state
    }
    fn input(context: real): real { state = context return state }
    import { cell, state as from, from as as, as } from "x"`;
    const tree = parseClean(text);
    expect(tree.imports[0]!.names.map(({ name, alias }) => [name.text, alias?.text])).toEqual([
      ["cell", undefined],
      ["state", "from"],
      ["from", "as"],
      ["as", undefined],
    ]);
    expect(firstCell(text).items.map((item) => item.kind)).toEqual([
      ...["input", "context", "state", "param", "use", "function"],
      ...["equation", "equation", "equation", "output", "output"],
    ]);
    expect(withoutPlaces(parseClean(printSourceFile(tree)).declarations)).toEqual(withoutPlaces(tree.declarations));
  });

  test("a word that begins a declaration is a name before a word that goes on with the expression", () => {
    const [first, second] = equations("a = f(b,\nstate mod (c))\nd = e *\ninput mod 2").map((item) =>
      shape(item.value),
    );
    expect([first, second]).toEqual(["f(b, (state mod c))", "(e * (input mod 2))"]);
    const [broken] = parseText("cell A(H) { a = b @\nstate mod: [H] }").tree.declarations;
    expect(broken).toMatchObject({ items: [{ kind: "state", names: [{ text: "mod" }] }] });
  });

  test("names that objects have by birth are names like others", () => {
    const names = ["__proto__", "constructor", "hasOwnProperty", "toString", "valueOf"];
    const cell = firstCell(`cell constructor(__proto__) {
      input ${names.join(", ")}: [__proto__]
      ${names.map((name) => `${name} = ${name}(${name}, __proto__ = 1).__proto__`).join("\n")}
    }`);
    expect(cell.name.text).toBe("constructor");
    expect(cell.items.length).toBe(1 + names.length);
  });

  test("documentation belongs to what follows", () => {
    const [equation, output] = firstCell(`cell A() {
      /// First line.
      // between
      ///
      ///   indented
      a = 1
      /// out
      output y = a
    }`).items;
    expect(equation).toMatchObject({ documentation: "First line.\n\n  indented" });
    expect(output).toMatchObject({ documentation: "out" });
    expect(parseClean("/// A cell.\ncell A() {}").declarations[0]).toMatchObject({ documentation: "A cell." });
    expect(parseClean("/// The file.\n\n/// A cell.\ncell A() {}").declarations[0]!.documentation).toBe("A cell.");
    expect(parseClean("/// A cell.\n\ncell A() {}").declarations[0]!.documentation).toBe("A cell.");
    expect(parseClean("//// not one\ncell A() {}").declarations[0]!.documentation).toBe(undefined);
  });

  test("forms of declarations", () => {
    const { items, parameters } = firstCell(`cell A(H, eps: real = 1e-5, k: real) {
      input t: index(V + 1)
      input s: real
      state h: [H] = h0
      param b: [H]
      param W: [2 * H] ~ zeros
    }`);
    expect(parameters.map(({ type, defaultValue }) => [type, defaultValue?.kind])).toEqual([
      ["dimension", undefined],
      ["real", "number"],
      ["real", undefined],
    ]);
    expect(items.map((item) => "type" in item && item.type.kind)).toEqual([
      ...["index-type", "real-type", "tensor-type", "tensor-type", "tensor-type"],
    ]);
    expect(items[4]).toMatchObject({ initializer: { kind: "reference", name: "zeros" } });
    expect(firstCell("cell A {}").parameters).toEqual([]);
  });

  test("slices", () => {
    const node = value("v[0:H, :, i, a:, :b]");
    if (node.kind !== "index") throw new Error("no index");
    expect(node.indices.map((index) => Object.keys(index).filter((key) => key !== "span" && key !== "kind"))).toEqual([
      ...[["start", "end"], [], ["value"], ["start"], ["end"]],
    ]);
  });

  test("an empty file, and one of comments alone", () => {
    expect(parseClean("")).toMatchObject({ imports: [], declarations: [], comments: [] });
    expect(parseClean("\ufeff// nothing\r\n/* more */").comments.map(({ text }) => text)).toEqual([
      "// nothing",
      "/* more */",
    ]);
  });

  test("what stands around an error is kept", () => {
    const { tree, diagnostics } = parseText("cell A() { a = 1\n b = +\n c = 3 }\ncell B() { d = 1 }");
    expect(diagnostics.length).toBe(1);
    expect(tree.declarations.map((node) => node.kind === "cell" && node.items.length)).toEqual([2, 1]);
  });
});
