/**
 * Expressions with complex numbers as expressions of real numbers: what stands after this, the graphs, their derivatives and
 * kernels, knows of none. Each complex expression becomes two, which share what they have in common.
 */
import { invariant } from "../../base/diagnostics/invariant.js";
import { dimConstant } from "../../base/types/dim.js";
import { initialKey, nextKey } from "../../language/semantics/node-keys.js";
import { axesOf } from "../../language/semantics/semantic-type.js";
import { factorsOf, readsIndex, typedParts, withTypedParts } from "../../language/semantics/typed-parts.js";
import type {
  FunctionArgument,
  TypedCall,
  TypedExpression,
  TypedFunction,
  TypedGradient,
  TypedNode,
  TypedResult,
  TypedRounds,
  TypedRun,
  TypedOf,
} from "../../language/semantics/typed-program.js";
import { PartArithmetic, partName, type ComplexParts, realOf, share, zeroOf } from "./parts.js";

const isComplex = ({ type }: Pick<TypedExpression, "type">): boolean => type.kind === "complex";

export class ComplexToReal {
  private readonly names: ReadonlySet<string>;
  private readonly functions = new Map<TypedFunction, TypedFunction>();
  private readonly rounds = new Map<TypedRounds, TypedRounds>();
  private readonly calls = new Map<TypedCall, TypedCall>();
  private readonly runs = new Map<TypedRun, TypedRun>();
  private readonly gradients = new Map<TypedGradient, TypedGradient>();

  /** @param names Complex values of the cell, which its functions may read. */
  constructor(names: ReadonlySet<string>) {
    this.names = names;
  }

  /** A value that is not complex itself, whatever is inside; the same where nothing is. */
  real(node: TypedExpression): TypedExpression {
    if (node.kind === "complex") return this.taken(node);
    if (node.kind === "call" || node.kind === "result") return this.called(node);
    if (node.kind === "gradient") return { ...node, of: this.gradientOf(node) };
    if (node.kind === "rounds") return this.roundPart(node, "re");
    if (node.kind === "run") return { ...node, run: this.runOf(node) };
    if (node.kind === "elementwise" && node.operation === "abs" && node.operands.some(isComplex)) {
      const [operand = node] = node.operands;
      return new PartArithmetic(node).size(this.parts(operand));
    }
    const parts = typedParts(node);
    const own = parts.map((part) => this.real(part));
    return own.every((part, i) => part === parts[i]) ? node : withTypedParts(node, own);
  }

  /** A name of rounds that is real, or a part of one that is complex: that goes on as two names. */
  private roundPart(node: TypedOf<"rounds">, part: keyof ComplexParts): TypedExpression {
    const { types } = node.rounds;
    const before = types.slice(0, node.position).filter((type) => type.kind === "complex").length;
    const position = node.position + before + (part === "im" ? 1 : 0);
    const rounds = this.roundsOf(node.rounds);
    return rounds === node.rounds
      ? node
      : { ...node, rounds, position, type: isComplex(node) ? realOf(node.type) : node.type };
  }

  /** The names of a group share theirs, here too. */
  private roundsOf(rounds: TypedRounds): TypedRounds {
    const known = this.rounds.get(rounds);
    if (known !== undefined) return known;
    const { names, types, first, next, until } = rounds;
    const of = <T>(i: number, whole: T, parts: () => readonly T[]): readonly T[] =>
      types[i]?.kind === "complex" ? parts() : [whole];
    const values = (all: readonly TypedExpression[]): TypedExpression[] =>
      all.flatMap((value, i) => {
        const pair = (): TypedExpression[] => {
          const { re, im } = this.pair(value);
          return [re, im];
        };
        return types[i]?.kind === "complex" ? pair() : [this.real(value)];
      });
    const own = {
      first: values(first),
      next: values(next),
      until: until && this.real(until),
    };
    const isSame =
      own.until === until &&
      [own.first, own.next].every((list, n) => list.every((value, i) => value === [first, next][n]?.[i]));
    const made = isSame
      ? rounds
      : {
          ...rounds,
          ...own,
          names: names.flatMap((name, i) => of(i, name, () => partsOfName(name))),
          types: types.flatMap((type, i) => of(i, type, () => [realOf(type), realOf(type)])),
        };
    this.rounds.set(rounds, made);
    return made;
  }

  /** Those who read a call share it. */
  private runOf(node: TypedOf<"run">): TypedRun {
    const known = this.runs.get(node.run);
    if (known !== undefined) return known;
    const whole = withTypedParts(
      node,
      typedParts(node).map((part) => this.real(part)),
    );
    const made = whole.kind === "run" ? whole.run : node.run;
    this.runs.set(node.run, made);
    return made;
  }

  /** Those of several values share theirs. */
  private gradientOf(node: TypedOf<"gradient">): TypedGradient {
    const known = this.gradients.get(node.of);
    if (known !== undefined) return known;
    const parts = typedParts(node);
    const [value = node, ...by] = parts.map((part) => this.real(part));
    const made = [value, ...by].every((part, i) => part === parts[i]) ? node.of : { value, by };
    this.gradients.set(node.of, made);
    return made;
  }

  /** Of real numbers, too, whose imaginary part is zero. */
  parts(node: TypedExpression): ComplexParts {
    if (!isComplex(node)) return { re: this.real(node), im: undefined };
    const to = new PartArithmetic(node);
    const { re, im } = this.unequal(node, to);
    return { re: to.whole(re), im: to.whole(im) };
  }

  /** Both parts in full. */
  pair(node: TypedExpression): { readonly re: TypedExpression; readonly im: TypedExpression } {
    const { re, im } = this.parts(node);
    return { re: re ?? zeroOf(node), im: im ?? zeroOf(node) };
  }

  /** `re`, `im` and `arg`, which are real. */
  private taken({ operation, operands, ...node }: TypedOf<"complex">): TypedExpression {
    const [operand] = operands;
    invariant(operand !== undefined, `${operation} of nothing`);
    const { re, im } = this.pair(operand);
    if (operation !== "arg") return operation === "re" ? re : im;
    return new PartArithmetic(node).apply("atan2", im, re);
  }

  /** ComplexParts that may lack axes along which they repeat. */
  private unequal(node: TypedExpression, to: PartArithmetic): ComplexParts {
    switch (node.kind) {
      case "value":
      case "captured":
      case "next":
      case "round-value":
      case "member": {
        const part = (of: keyof ComplexParts): TypedExpression => ({ ...node, name: partName(node.name, of), type: realOf(node.type) }); // prettier-ignore
        return { re: part("re"), im: part("im") };
      }
      case "complex": {
        const [a = node, b = node] = node.operands;
        if (node.operation === "complex") return { re: this.unlessZero(a), im: this.unlessZero(b) };
        const { re, im } = this.parts(a);
        return { re, im: to.negative(im) };
      }
      case "elementwise":
        return this.elementwise(node, to);
      case "product":
      case "outer":
        return to.product(this.parts(node.left), this.parts(node.right), (left, right) => {
          return { ...node, left, right, type: realOf(node.type) };
        });
      case "call":
      case "result":
        return this.resultOf(node);
      case "rounds":
        return { re: this.roundPart(node, "re"), im: this.roundPart(node, "im") };
      case "index-reduction":
        return this.sumOfProducts(node, to) ?? this.linear(node);
      default:
        return this.linear(node);
    }
  }

  private unlessZero(node: TypedExpression): TypedExpression | undefined {
    return node.kind === "number" && node.value === 0 ? undefined : this.real(node);
  }

  private elementwise(node: TypedOf<"elementwise">, to: PartArithmetic): ComplexParts {
    const [first = node, second = node, third = node] = node.operands;
    if (node.operation === "if") {
      const condition = share(this.real(first));
      const [yes, no] = [this.parts(second), this.parts(third)];
      const choose = (of: keyof ComplexParts) =>
        (yes[of] ?? no[of]) && to.apply("if", condition, yes[of] ?? to.number(0), no[of] ?? to.number(0));
      return { re: choose("re"), im: choose("im") };
    }
    const a = this.parts(first);
    if (node.operation === "negate") return { re: to.negative(a.re), im: to.negative(a.im) };
    if (node.operation === "exp") return to.exponential(a);
    if (node.operation === "^") return to.power(a, wholeOf(second));
    const b = this.parts(second);
    switch (node.operation) {
      case "+":
        return { re: to.sum(a.re, b.re), im: to.sum(a.im, b.im) };
      case "-":
        return { re: to.difference(a.re, b.re), im: to.difference(a.im, b.im) };
      case "*":
        return to.product(a, b);
      case "/":
        return to.quotient(a, b);
      default:
        invariant(false, `\`${node.operation}\` of complex numbers`);
    }
  }

  /** What moves, adds or repeats elements does so with those of each part. */
  private linear(node: TypedExpression): ComplexParts {
    const inside = typedParts(node);
    const own = inside.map((part): ComplexParts => {
      if (part.type.kind !== "index") return this.parts(part);
      // Both parts are read at the same place, which may be made of complex numbers itself.
      const place = share(this.real(part));
      return { re: place, im: place };
    });
    const of = (part: keyof ComplexParts): TypedExpression | undefined => {
      const isZero = own.every((parts, i) => inside[i]?.type.kind === "index" || parts[part] === undefined);
      if (isZero) return undefined;
      const full = own.map((parts, i) => parts[part] ?? zeroOf(inside[i] ?? node));
      const made = { ...withTypedParts(node, full), type: realOf(node.type) };
      // What stands before the first of a sequence goes on in streams as a state of its own.
      return made.kind === "concat" && made.before !== undefined
        ? { ...made, before: partName(made.before, part) }
        : made;
    };
    return { re: of("re"), im: of("im") };
  }

  /** In the order of `@`, as sums of real products are: each product of parts is summed for itself. */
  private sumOfProducts(node: TypedOf<"index-reduction">, to: PartArithmetic): ComplexParts | undefined {
    const factors = node.operation === "sum" ? factorsOf(node.body) : [];
    const inside = factors.filter((factor) => readsIndex(factor, node.index));
    const last = inside.pop();
    if (last === undefined || factors.length < 2) return undefined;
    const times = (left: ComplexParts, right: TypedExpression): ComplexParts => to.product(left, this.parts(right));
    const one: ComplexParts = { re: undefined, im: undefined };
    const multiplied = (all: readonly TypedExpression[]): ComplexParts => {
      const [first, ...others] = all;
      return first === undefined ? one : others.reduce(times, this.parts(first));
    };
    const sum = (body: TypedExpression): TypedExpression => ({ ...node, body, type: body.type });
    const ends = this.parts(last);
    const sums =
      inside.length === 0
        ? { re: ends.re && sum(ends.re), im: ends.im && sum(ends.im) }
        : to.product(multiplied(inside), ends, (left, right) => sum(to.times(left, right)));
    const outside = factors.filter((factor) => factor !== last && !inside.includes(factor));
    return outside.length === 0 ? sums : to.product(multiplied(outside), sums);
  }

  /** Of the two parts along a new first axis, as a result is one value. */
  private resultOf(node: TypedOf<"call" | "result">): ComplexParts {
    const two = share(this.called(node));
    const part = (start: number): TypedExpression => ({
      kind: "slice",
      operand: two,
      axis: 0,
      start: dimConstant(start),
      length: dimConstant(1),
      drop: true,
      span: node.span,
      type: realOf(node.type),
    });
    return { re: part(0), im: part(1) };
  }

  private called(node: TypedOf<"call" | "result">): TypedExpression {
    const type = isComplex(node) ? pairType(node) : node.type;
    if (node.kind === "call") {
      const call = this.callOf(node);
      return call === node ? node : { ...node, ...call, type };
    }
    const call = this.calls.get(node.call) ?? this.callOf(node.call);
    this.calls.set(node.call, call);
    return call === node.call ? node : { ...node, call, type };
  }

  private callOf(call: TypedCall): TypedCall {
    const fn = this.functionOf(call.fn);
    const given = call.arguments.map((argument, i) => {
      if (call.fn.parameters[i]?.type.kind !== "complex") return [this.real(argument)];
      const { re, im } = this.pair(argument);
      return [re, im];
    });
    const functions = new Map([...call.functions].map(([name, one]) => [name, this.given(one)]));
    const isSame =
      fn === call.fn &&
      given.every(([only], i) => only === call.arguments[i]) &&
      [...functions].every(([name, one]) => one === call.functions.get(name));
    return isSame ? call : { dimensions: call.dimensions, fn, functions, arguments: given.flat() };
  }

  private given(argument: FunctionArgument): FunctionArgument {
    if (argument.fn === undefined) return argument;
    const fn = this.functionOf(argument.fn);
    return fn === argument.fn ? argument : { ...argument, fn };
  }

  private functionOf(fn: TypedFunction): TypedFunction {
    const known = this.functions.get(fn);
    if (known !== undefined) return known;
    const { parameters, equations, captured, derivative } = fn;
    const results = fn.results.map((result) => this.result(result));
    const own = equations.flatMap((equation) => this.nodes(equation, isComplex(equation.value)));
    const isSame =
      results.every(({ value }, i) => value === fn.results[i]?.value) &&
      own.length === equations.length &&
      own.every((one, i) => one === equations[i]);
    const hasComplex = parameters.some(isComplex) || [...captured].some((name) => this.names.has(name));
    const made: TypedFunction =
      isSame && !hasComplex
        ? fn
        : {
            ...fn,
            results,
            equations: own,
            parameters: parameters.flatMap((one) =>
              isComplex(one) ? partsOfName(one.name).map((name) => ({ name, type: realOf(one.type) })) : [one],
            ),
            captured: new Set([...captured].flatMap((name) => (this.names.has(name) ? partsOfName(name) : [name]))),
            derivative: derivative && {
              ...derivative,
              equations: derivative.equations.flatMap((one) => this.nodes(one, isComplex(one.value))),
              values: derivative.values.map((value) => this.real(value)),
            },
          };
    this.functions.set(fn, made);
    return made;
  }

  /** Of a complex one both parts, in the shape of that. */
  private result({ value, ...result }: TypedResult): TypedResult {
    if (!isComplex(result)) return { ...result, value: this.real(value) };
    const to = new PartArithmetic({ span: value.span, type: result.type });
    const { re, im } = this.pair(value);
    const operands = [re, im].map((part) => to.whole(part) ?? part);
    const type = pairType(result);
    return { ...result, type, value: { kind: "stack", axis: 0, operands, span: value.span, type } };
  }

  /** An equation, or those of its parts. */
  nodes(node: TypedNode, isOfParts: boolean): TypedNode[] {
    if (!isOfParts) {
      const value = this.real(node.value);
      return [value === node.value ? node : { ...node, value }];
    }
    const pair = this.pair(node.value);
    return (["re", "im"] as const).map((part) => {
      const name = partName(node.name, part);
      return { ...node, name, key: keyOf(node, name), value: pair[part] };
    });
  }
}

/** The key of the same about a part. */
function keyOf({ key, name }: TypedNode, part: string): string {
  if (key === name) return part;
  return key === nextKey(name) ? nextKey(part) : initialKey(part);
}

export const partsOfName = (name: string): string[] => [partName(name, "re"), partName(name, "im")];

function pairType({ type }: Pick<TypedExpression, "type">): TypedExpression["type"] {
  return { kind: "real", axes: [{ dim: dimConstant(2), source: undefined }, ...axesOf(type)] };
}

/** A literal, perhaps with a minus: checked before. */
function wholeOf(node: TypedExpression): number {
  if (node.kind === "number") return node.value;
  invariant(node.kind === "elementwise" && node.operands[0] !== undefined, "a power is a literal");
  return -wholeOf(node.operands[0]);
}
