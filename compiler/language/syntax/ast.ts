/**
 * The syntax tree: what the text says, before any meaning. Plain read-only data; every node has its span.
 * Spellings are canonical here: `σ(x)` is a call of `sigmoid`, `a ⊙ b` is `*`, `a · b` is `@`, `h₁` is `h_1`;
 * the printer writes the ASCII form.
 */
import type { Span } from "../../base/source/span.js";
import type { ImaginaryNode, Name, Node, NumberNode, ReferenceNode } from "./ast-leaves.js";

export type { Name, Node, NumberNode, ReferenceNode } from "./ast-leaves.js";

export interface SourceFileNode extends Node {
  readonly imports: readonly ImportNode[];
  /** Cells, functions and constants, which are equations, in source order. */
  readonly declarations: readonly (CellNode | FunctionNode | EquationNode)[];
  /** Ordinary comments, for the printer: each is put back before the item that followed it. */
  readonly comments: readonly CommentNode[];
  /** Where the text has blank lines: offsets of the items and comments below them, for the printer. */
  readonly blankLines: readonly number[];
}

/** A comment with its signs (`// text`, or the slash and star form), kept so that formatting loses nothing. */
export interface CommentNode extends Node {
  readonly text: string;
  /** True where it stands after something on its line. */
  readonly trailing: boolean;
}

/** `import { LSTM, GRU as Gru } from "./cells.cell"`. */
export interface ImportNode extends Node {
  readonly kind: "import";
  readonly names: readonly { readonly name: Name; readonly alias?: Name }[];
  readonly path: string;
  readonly pathSpan: Span;
}

/** `cell Name(I, H, eps: real = 1e-5) { … }`, `cell Name = Other(GRU)`, or `network Name(I, H; T >= 1) { … }`. */
export interface CellNode extends Node {
  readonly kind: "cell";
  /** Equations of one step, or of whole sequences. */
  readonly form: "cell" | "network";
  readonly name: Name;
  readonly documentation: string | undefined;
  readonly parameters: readonly CellParameterNode[];
  /** Dimensions that each call gives, of a network: those after the `;`. */
  readonly runtime: readonly RuntimeDimensionNode[];
  readonly items: readonly CellItem[];
  /** Where `stream` stands, which says that it looks at nothing ahead. */
  readonly stream?: StreamNode;
  /** Parts of a network that can be called by themselves. */
  readonly entries: readonly EntryNode[];
  /** The cell that it is, with some of the parameters of that one given; it has no parameters and items of its own then. */
  readonly other?: { readonly cell: Name; readonly arguments: readonly ArgumentNode[] };
}

/** `T`, `T >= 1`: its least size is 0 where none is given. */
export interface RuntimeDimensionNode extends Node {
  readonly name: Name;
  readonly least: number;
}

/**
 * A dimension (`I`), a named real (`eps: real`) or an index (`bos: index(V)`), perhaps with a default: `K = 2`, `eps: real = 1e-5`; or a cell:
 * `Cell: cell(I, H)`, also with one that is taken where none is given.
 */
export interface CellParameterNode extends Node {
  readonly name: Name;
  readonly type: "dimension" | "real" | "cell";
  readonly defaultValue?: Expression;
  /** Of an index, which is a real number that is whole. */
  readonly bound?: Expression;
  /** Of a cell. */
  readonly cell?: InterfaceNode;
}

/** `cell(I, H)`, `network(I, H; T) { input x: [T, I]  output y: [T, H] }`: what is given for a parameter must be such a one. */
export interface InterfaceNode extends Pick<CellNode, "form" | "runtime">, Node {
  readonly dimensions: readonly Name[];
  /** Missing where it is `cell(I, H)` alone. */
  readonly items?: readonly InterfaceItemNode[];
}

/** `input x, y: [I]`, `output z: [H]`. */
export interface InterfaceItemNode extends Node {
  readonly kind: "input" | "context" | "state" | "output";
  readonly names: readonly Name[];
  readonly type: TypeNode;
}

/** `stream`. */
export interface StreamNode extends Node {
  readonly kind: "stream";
  readonly documentation: string | undefined;
}

/** `entry next = scores, d.h' given memory, previous`: equations, made of what is given. */
export interface EntryNode extends Node {
  readonly kind: "entry";
  readonly documentation: string | undefined;
  readonly name: Name;
  readonly results: readonly Expression[];
  readonly given: readonly Name[];
}

export type CellItem = DeclarationNode | UseNode | EquationNode | OutputNode | LossNode | RequireNode | FunctionNode;

/**
 * `input x, y: [I]`, `context m: [S, D]`, `state h: [H] = e`, `param W: [H, I] ~ uniform(a)`, `fixed mask: [H] ~ 1`,
 * `setting beta: real = 1`.
 */
export interface DeclarationNode extends Node {
  readonly kind: "input" | "context" | "state" | "param" | "fixed" | "setting";
  readonly documentation: string | undefined;
  readonly names: readonly DeclaredName[];
  readonly type: TypeNode;
  /** `= expr` of a state or a setting. */
  readonly initial?: Expression;
  /** `~ glorot_uniform`, `~ uniform(a)`, `~ 0.5` of a param or a fixed value. */
  readonly initializer?: Expression;
}

/** `W`, or `W[n, _]` of a param, a fixed value or a state whose initial value is an expression for each value of indices. */
export interface DeclaredName extends Name {
  readonly indices?: readonly BinderNode[];
}

/** `[H, I]`, `real`, `index(V)`, `index(V)[T]`, `complex[H]`. `real` is a scalar, `[]` in shapes, and so is `complex` alone. */
export type TypeNode =
  | (Node & { readonly kind: "tensor-type"; readonly dimensions: readonly Expression[] })
  | (Node & { readonly kind: "real-type" })
  | (Node & { readonly kind: "complex-type"; readonly dimensions: readonly Expression[] })
  | (Node & { readonly kind: "index-type"; readonly bound: Expression; readonly dimensions: readonly Expression[] });

/**
 * `use lower, upper = LSTM(H, H)`; arguments by position or by name, `LayerNormLSTM(I, H, eps = 1e-3)`, among them params that are given.
 * `use second = first`, without arguments, names another used cell in the place of `cell`: its params are those of that one.
 */
export interface UseNode extends Node {
  readonly kind: "use";
  readonly documentation: string | undefined;
  readonly names: readonly UsedName[];
  readonly cell: Name;
  readonly arguments: readonly ArgumentNode[] | undefined;
  /** `with b_f ~ ones, inner.W[n] ~ orthogonal(1)`. */
  readonly starts: readonly StartNode[];
}

/** `l`, or `l[L]`: as many as a dimension says; `l[0]` and `l[1 : L]` are sections of one array. */
export interface UsedName extends Name {
  readonly count?: Expression;
  /** Of a range: where it begins; `count` is its end. */
  readonly first?: number;
}

/** How a param of a used cell begins, or of one that it uses. */
export interface StartNode extends Node {
  readonly path: readonly Name[];
  readonly indices?: readonly BinderNode[];
  readonly initializer: Expression;
}

export interface ArgumentNode extends Node {
  readonly name?: Name;
  readonly value: Expression;
}

/**
 * `r = expr`, or `h' = expr` with `next`. Inside functions `next` is always false. `r[n] = expr` and `output y[n] = expr` have an
 * {@link IndexedNode} as their value. `u, g = …` is an equation for each name: {@link RoundsValueNode}, {@link ResultValueNode}.
 */
export interface EquationNode extends Node {
  readonly kind: "equation";
  readonly documentation: string | undefined;
  readonly name: Name;
  readonly next: boolean;
  readonly value: Expression;
}

/** `output y = expr`; `output y, z = two(x)` is an output for each name. */
export interface OutputNode extends Node {
  readonly kind: "output";
  readonly documentation: string | undefined;
  readonly name: Name;
  readonly value: Expression;
}

/** `loss = expr per expr`, `loss kl = expr`: a sum over the batch, and what it is divided by. */
export interface LossNode extends Node {
  readonly kind: "loss";
  readonly documentation: string | undefined;
  /** `loss` where it has no other. */
  readonly name: Name;
  readonly value: Expression;
  readonly per?: Expression;
}

/** `require T >= K - 1`: what sizes must fulfil. It gives nothing a name. */
export interface RequireNode extends Node {
  readonly kind: "require";
  readonly documentation: string | undefined;
  readonly names: readonly [];
  readonly operator: "<" | "<=" | ">" | ">=" | "==";
  readonly left: Expression;
  readonly right: Expression;
}

/** `fn norm(v: [n], gain: [n]): [n] { d = v - mean(v); return d * gain }`; after `return`, perhaps its derivative. */
export interface FunctionNode extends Node {
  readonly kind: "function";
  readonly documentation: string | undefined;
  readonly name: Name;
  /** Those with a type: values. */
  readonly parameters: readonly { readonly name: Name; readonly type: TypeNode }[];
  /** Those without a type, and which of all parameters they are. */
  readonly dimensions: readonly { readonly name: Name; readonly position: number }[];
  /** Those that are functions: `f: fn([n]): [n]`. */
  readonly functions: readonly { readonly name: Name; readonly position: number; readonly type: FunctionTypeNode }[];
  /** One without a name, or several with names: `fn qr(A: [n, n]): (Q: [n, n], R: [n, n])`. */
  readonly results: readonly ResultNode[];
  readonly equations: readonly EquationNode[];
  readonly derivative?: DerivativeNode;
}

/** What a function gives, and the expression for it after `return`. */
export interface ResultNode {
  readonly name?: Name;
  readonly type: TypeNode;
  readonly value: Expression;
}

/** `fn([n], real): [n]`. */
export interface FunctionTypeNode extends Node {
  readonly kind: "function-type";
  readonly parameters: readonly TypeNode[];
  readonly result: TypeNode;
}

/** `derivative(dv, dw) = expr`: the tangents of a function's results, from those of its arguments. */
export interface DerivativeNode extends Node {
  readonly kind: "derivative";
  readonly tangents: readonly Name[];
  readonly values: readonly Expression[];
}

export type BinaryOperator =
  "+" | "-" | "*" | "/" | "mod" | "^" | "@" | "<" | "<=" | ">" | ">=" | "==" | "!=" | "and" | "or";
export type UnaryOperator = "-" | "not";

export type Expression =
  | NumberNode
  | ImaginaryNode
  | ReferenceNode
  | UnaryNode
  | BinaryNode
  | IfNode
  | CallNode
  | MemberNode
  | IndexNode
  | TupleNode
  | IndexedNode
  | RoundsValueNode
  | GroupNode
  | ResultValueNode;

export interface UnaryNode extends Node {
  readonly kind: "unary";
  readonly operator: UnaryOperator;
  readonly operand: Expression;
}

/** Binary operators; `operatorSpan` is the operator alone, for messages. */
export interface BinaryNode extends Node {
  readonly kind: "binary";
  readonly operator: BinaryOperator;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
}

/** `if c then a else b`. */
export interface IfNode extends Node {
  readonly kind: "if";
  readonly condition: Expression;
  readonly whenTrue: Expression;
  readonly whenFalse: Expression;
}

/** `tanh(x)`, `sum(v, axis = 0)`, `lower(x)`, `reshape(v, [N, D])`: arguments by position or by name. */
export interface CallNode extends Node {
  readonly kind: "call";
  readonly callee: Name;
  /** `l[k](x)`: which of an array of used cells. */
  readonly place?: Expression;
  readonly arguments: readonly ArgumentNode[];
}

/** `lower(x).name` (an output of a used cell), `lower.h` (a state or parameter of it), `lower.h'`. */
export interface MemberNode extends Node {
  readonly kind: "member";
  readonly object: Expression;
  readonly member: Name;
  readonly next: boolean;
}

/** `v[0:H]`, `v[i]`, `A[i, 0:H]`, `v[:H]`: one element an axis, missing axes are whole. */
export interface IndexNode extends Node {
  readonly kind: "index";
  readonly object: Expression;
  readonly indices: readonly (
    | (Node & { readonly kind: "at"; readonly value: Expression })
    | (Node & { readonly kind: "range"; readonly start?: Expression; readonly end?: Expression })
  )[];
}

/**
 * An expression for each value of some indices: the value of `A[i, j < N] = expr`, or the only argument of `sum(expr for j)`.
 * Nowhere else.
 */
export interface IndexedNode extends Node {
  readonly kind: "indexed";
  readonly indices: readonly BinderNode[];
  readonly value: Expression;
  /** Of an equation of a network. */
  readonly until?: UntilNode;
}

/** `over L <= N until c`: the first index goes up to the first place where c holds, and that is L; at most N. */
interface UntilNode extends Node {
  readonly length: Name;
  readonly most: Expression;
  readonly condition: Expression;
  /** 1 where it holds, for each value of the indices. */
  readonly stop: IndexedNode;
}

/** `j`, `j < N`: an index from 0 on. */
export interface BinderNode extends Node {
  readonly name: Name;
  readonly size?: Expression;
}

/** `[0.25, 0.5]`; where a function takes a list, a shape or an order of axes: `reshape(v, [N, D])`, `transpose(a, [1, 0])`. */
export interface TupleNode extends Node {
  readonly kind: "tuple";
  readonly items: readonly Expression[];
}

/** `u, g = (x, h) then (f(g) * u, f(u') * g) for k < L until c implicit`: what is repeated, for one name or for a group. */
export interface RoundsNode extends Node {
  readonly names: readonly Name[];
  /** Before the first round, one for each name. */
  readonly first: readonly Expression[];
  /** What a round gives; a name is its value of the round before. */
  readonly next: readonly Expression[];
  /** `k < L` has both, `6` and `L` only how many; `1 <= k < L` begins at 1, and `count` is where it ends. */
  readonly index?: Name;
  readonly from?: number;
  readonly count: Expression;
  readonly until?: Expression;
  readonly implicit: boolean;
}

/** The value of an equation that has rounds, and nowhere else: the names of a group share their rounds. */
export interface RoundsValueNode extends Node {
  readonly kind: "rounds";
  readonly rounds: RoundsNode;
  /** Which of the names. */
  readonly position: number;
}

/** `(A, B)`, an argument that is several values: `gradient(e, by = (A, B))`. */
export interface GroupNode extends Node {
  readonly kind: "group";
  readonly items: readonly Expression[];
}

/** The value of an equation or an output of the group `Q, R = qr(A)`, and of a name of rounds, `then leap(q, p) for L`: they share the call. */
export interface ResultValueNode extends Node {
  readonly kind: "result";
  readonly names: readonly ResultName[];
  readonly call: CallNode;
  /** Which of the names. */
  readonly position: number;
}

/** `R`, or `h'` with `next`. */
export type ResultName = Name & { readonly next?: true };
