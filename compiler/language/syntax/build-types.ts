/** Types, and the parameters of cells, from the concrete syntax tree. */
import type { CellParameterNode, FunctionTypeNode, InterfaceItemNode, InterfaceNode, Name, TypeNode } from "./ast.js";
import { type ExpressionBuilder, Incomplete, only, textOf } from "./build-expression.js";
import { type NetworksBuilder, runtimeDimensions } from "./build-networks.js";
import type * as cst from "./cst.generated.js";
import { endOf } from "./lexer.js";
import { clip, type SyntaxReporter } from "./reporter.js";

export class TypesBuilder {
  private readonly expressions: ExpressionBuilder;
  private readonly networks: NetworksBuilder;
  private readonly reporter: SyntaxReporter;

  constructor(expressions: ExpressionBuilder, networks: NetworksBuilder, reporter: SyntaxReporter) {
    this.expressions = expressions;
    this.networks = networks;
    this.reporter = reporter;
  }

  functionParameter({ children }: cst.FunctionParameterCstNode): {
    readonly name: Name;
    readonly type: TypeNode | FunctionTypeNode | undefined;
  } {
    const name = this.expressions.name(only(children.Name));
    if (children.functionType !== undefined) return { name, type: this.functionType(only(children.functionType)) };
    return { name, type: children.Colon === undefined ? undefined : this.type(only(children.type)) };
  }

  private functionType({ children }: cst.FunctionTypeCstNode): FunctionTypeNode {
    const parameters = (children.type ?? []).map((node) => this.type(node));
    const result = this.type(only(children.result));
    const { startOffset } = only(children.Fn);
    return { kind: "function-type", parameters, result, span: this.reporter.span(startOffset, result.span.end) };
  }

  cellParameter({ children }: cst.CellParameterCstNode): CellParameterNode {
    const name = this.expressions.name(only(children.Name));
    const cell = children.cellInterface && this.interfaceOf(only(children.cellInterface));
    if (cell !== undefined) {
      const otherwise = children.expression && this.expressions.build(only(children.expression));
      const span = this.expressions.join(name.span, (otherwise ?? cell).span);
      return { name, type: "cell", cell, ...(otherwise && { defaultValue: otherwise }), span };
    }
    const type = children.type === undefined ? undefined : this.type(only(children.type));
    const value = children.expression === undefined ? undefined : this.expressions.build(only(children.expression));
    const span = this.expressions.join(name.span, value?.span ?? type?.span ?? name.span);
    const isIndex = type?.kind === "index-type" && type.dimensions.length === 0;
    const isReal = type?.kind === "real-type" || isIndex;
    const isFraction = !isReal && value?.kind === "number" && !Number.isInteger(value.value);
    if ((type !== undefined && !isReal) || isFraction) {
      const about = type ?? name;
      const message = `\`${clip(name.text)}\` is neither a dimension nor a real`;
      this.reporter.report("cell-parameter-type", about.span.start, about.span.end, message, {
        help: isFraction
          ? `a real number: \`${clip(name.text)}: real = …\``
          : `write \`${clip(name.text)}\` for a dimension, \`${clip(name.text)}: real\` for a number, \`${clip(name.text)}: index(V)\` for an index`,
      });
    }
    const bound = isIndex ? { bound: type.bound } : {};
    return { name, type: isReal ? "real" : "dimension", ...bound, ...(value && { defaultValue: value }), span };
  }

  private interfaceOf({ children }: cst.CellInterfaceCstNode): InterfaceNode {
    const dimensions = (children.expression ?? []).map((node) => {
      const built = this.expressions.build(node);
      if (built.kind === "reference" && !built.next) return { text: built.name, span: built.span };
      this.reporter.report("cell-parameter-type", built.span.start, built.span.end, "a dimension has a name here", {
        help: "the first is that of the input, the last that of the output: `cell(I, H)`",
      });
      throw new Incomplete();
    });
    const word = only(children.InterfaceWord);
    const form = textOf(word) === "network" ? "network" : "cell";
    const closing = only(children.InterfaceRightBrace ?? children.RightParen);
    const span = this.reporter.span(word.startOffset, endOf(closing));
    const runtime = (runtimeDimensions(children) ?? []).map((node) => this.networks.runtimeDimension(node));
    const items = (children.interfaceItem ?? []).map((item) => this.interfaceItem(item));
    const isWhole = children.InterfaceLeftBrace !== undefined;
    if (!isWhole && (form === "network" || runtime.length > 0 || dimensions.length === 0)) {
      const message = `nothing says what such a ${form} has`;
      this.reporter.report("cell-parameter-type", span.start, span.end, message, {
        help:
          form === "network"
            ? "its inputs and outputs stand after it: `network(I, H; T) { input x: [T, I]; output y: [T, H] }`"
            : "`cell(I, H)` has one input of the first dimension and one output of the last; what others have stands after them: `cell(I, H) { input x: [I]; … }`",
      });
      throw new Incomplete();
    }
    return { form, dimensions, runtime, ...(isWhole && { items }), span };
  }

  private interfaceItem({ children }: cst.InterfaceItemCstNode): InterfaceItemNode {
    const { Input, Context, State, Output, Name: names = [] } = children;
    const word = only(Input ?? Context ?? State ?? Output);
    const kind = Input ? "input" : Context ? "context" : State ? "state" : "output";
    const type = this.type(only(children.type));
    const span = this.reporter.span(word.startOffset, type.span.end);
    return { kind, names: names.map((name) => this.expressions.name(name)), type, span };
  }

  type({ children }: cst.TypeCstNode): TypeNode {
    if (children.Name === undefined) {
      const span = this.reporter.span(only(children.LeftBracket).startOffset, endOf(only(children.RightBracket)));
      const dimensions = (children.expression ?? []).map((dimension) => this.expressions.build(dimension));
      return { kind: "tensor-type", dimensions, span };
    }
    const name = this.expressions.name(only(children.Name));
    const isIndices = name.text === "index" && children.expression?.length === 1;
    if (name.text === "complex" || (children.LeftBracket && !isIndices))
      return this.expressions.complexType(children, name);
    const [first, second] = (children.expression ?? []).map((expression) => this.expressions.build(expression));
    const bound = second === undefined ? first : undefined;
    if (name.text === "real" && bound === undefined) return { kind: "real-type", span: name.span };
    if (name.text === "index" && bound !== undefined) {
      const end = endOf(only(children.RightBracket ?? children.RightParen));
      const dimensions = (children.axis ?? []).map((dimension) => this.expressions.build(dimension));
      return { kind: "index-type", bound, dimensions, span: this.reporter.span(name.span.start, end) };
    }
    const message = `\`${clip(name.text)}\` is not a type`;
    this.reporter.report("unknown-type", name.span.start, name.span.end, message, { help: typeHelp(name.text) });
    throw new Incomplete();
  }
}

export function isValueType(type: TypeNode | FunctionTypeNode | undefined): type is TypeNode {
  return type !== undefined && type.kind !== "function-type";
}

function typeHelp(name: string): string {
  if (/^(float|double|number|scalar|f32|f64|float32|float64)$/.test(name)) return "a number is `real`";
  if (name === "cell") return "a cell that is given has its parameters: `C: cell(H, H)`";
  if (/^(index|int|integer|token)$/.test(name))
    return "an integer has a bound: `index(V)` is one from 0 to V - 1; a dimension stands without a type";
  if (/^(parameter|tensor|variable|array|ndarray|vector|matrix|list)$/iu.test(name))
    return "a type is `[H, I]`, `real` or `index(V)`, and how a param begins stands after it: `param W: [H, I] ~ glorot_uniform`";
  return `a type is \`[${clip(name)}]\` for a vector of that dimension, \`real\` or \`index(V)\``;
}
