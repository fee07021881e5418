/** The names inside a cell or a function. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import type { Span } from "../../base/source/span.js";
import type { Dim } from "../../base/types/dim.js";
import type { CellNode, EquationNode, LossNode, Name, OutputNode, UseNode, Expression } from "../syntax/ast.js";
import type { CellDeclaration, FunctionDeclaration, ModuleScope } from "./declared.js";
import { untilKey, weightKey } from "./node-keys.js";
import type { SemanticType } from "./semantic-type.js";

type EntryKind =
  | "dimension"
  | "real"
  | "input"
  | "context"
  | "state"
  | "param"
  | "fixed"
  | "setting"
  | "equation"
  | "output"
  | "instance"
  | "function"
  | "cell";

export interface ScopeEntry {
  readonly kind: EntryKind | "parameter" | "function-parameter" | "tangent" | "index";
  readonly span: Span;
  /** Of a dimension: known at run time only. */
  readonly runtime?: boolean;
  /** Of a dimension: the least size that it can stand for; 1 where nothing is said. */
  readonly least?: number;
  /** Of a dimension that the values of a network tell, `over L <= N until c`. */
  readonly found?: FoundLength;
}

/** A length that values tell. */
export interface FoundLength {
  /** As it is written; of one that a used network finds, what that comes to. */
  readonly most: Expression | Dim;
  /** The key of what is true where it ends. */
  readonly key: string;
}

/** What a function takes and gives that another one is given. */
export interface GivenFunctionType {
  readonly parameters: readonly SemanticType[];
  readonly result: SemanticType;
}

/** Names of one cell or function. */
export interface Scope {
  readonly words: string;
  readonly entries: Map<string, ScopeEntry>;
  /** Types of values as far as they are known. */
  readonly types: Map<string, SemanticType>;
  readonly used: Set<string>;
  /** Names declared twice: which declaration is meant nobody knows, so nothing more is said about their kind. */
  readonly contested: ReadonlySet<string>;
  /** Functions that can be called by name besides the builtins: the cell's, then the file's. */
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  readonly module: ModuleScope;
  /** Names in `entries` that are values of the cell around a function. */
  readonly captured: ReadonlySet<string>;
  /** Functions that a function is given, by the names of its arguments. */
  readonly given: Map<string, GivenFunctionType>;
  /** Other names of the cell around a function, which it does not see: for messages. */
  readonly hidden: ReadonlyMap<string, ScopeEntry>;
}

/** One with no names of its own. */
export function emptyScope(words: string, module: ModuleScope): Scope {
  return {
    words,
    entries: new Map(),
    types: new Map(),
    used: new Set(),
    contested: new Set(),
    functions: new Map(),
    module,
    captured: new Set(),
    given: new Map(),
    hidden: new Map(),
  };
}

export interface CellScope extends Scope {
  readonly form: CellNode["form"];
  readonly equations: readonly (EquationNode | OutputNode)[];
  /** `h'` by the name of the state. */
  readonly nexts: ReadonlyMap<string, EquationNode>;
  readonly instances: ReadonlyMap<string, UseNode>;
}

const kindWords: Readonly<Record<ScopeEntry["kind"], string>> = {
  dimension: "the dimension",
  real: "the parameter",
  input: "the input",
  context: "the context",
  state: "the state",
  param: "the param",
  fixed: "the fixed value",
  setting: "the setting",
  equation: "the equation",
  output: "the output",
  instance: "the used cell",
  function: "the function",
  cell: "the cell",
  parameter: "the argument",
  "function-parameter": "the function",
  tangent: "the tangent",
  index: "the index",
};

/** "the input `x`". */
export function wordsFor(kind: ScopeEntry["kind"], name: string): string {
  return `${kindWords[kind]} \`${name}\``;
}

/** Names that the emitted module gives a meaning of its own, beside the names of tensors. */
const interfaceNames = new Set([
  "batch",
  "steps",
  "lengths",
  "sizes",
  "final",
  "initial",
  "params",
  "sparse",
  "tangents",
]);
/** Can no tensor of a call have this name? */
export const isNameOfModule = (name: string): boolean => interfaceNames.has(name);
/** What `gradient` of a network with losses gives beside gradients by inputs. */
const resultNames: ReadonlySet<string> = new Set(["loss", "losses"]);
/** Under which safetensors files keep what is no tensor. */
const nameInFiles = "__metadata__";
/** Beside settings. */
const namesInSnapshots = new Set(["cell", "states", "contexts"]);
const interfaceKinds: ReadonlySet<ScopeEntry["kind"]> = new Set<ScopeEntry["kind"]>([
  "input",
  "context",
  "state",
  "setting",
  "output",
]);

/** Names of dimensions that the contexts of a cell bring: whole axes that are not parameters of the cell. */
export function runtimeDimensionsOf(cell: CellDeclaration): Map<string, Span> {
  const { parameters: given, runtime } = cell.node;
  const parameters = new Set([...given, ...runtime].map((parameter) => parameter.name.text));
  const found = new Map<string, Span>();
  for (const item of cell.node.items) {
    if (item.kind !== "context" || !("dimensions" in item.type)) continue;
    for (const dimension of item.type.dimensions) {
      if (dimension.kind !== "reference" || dimension.next) continue;
      if (!parameters.has(dimension.name) && !found.has(dimension.name)) found.set(dimension.name, dimension.span);
    }
  }
  return found;
}

/** Declares everything in a cell; reports names declared twice and names that the module needs. */
export function declareCellScope(cell: CellDeclaration, collector: DiagnosticCollector): CellScope {
  const names = new CellNames(
    collector,
    cell.node.items.some(({ kind }) => kind === "loss"),
  );
  const nexts = new Map<string, EquationNode>();
  const instances = new Map<string, UseNode>();
  const equations: (EquationNode | OutputNode)[] = [];
  for (const { name, type } of cell.node.parameters) names.declare(name, type);
  for (const text of cell.bound.keys()) names.entries.set(text, { kind: "cell", span: cell.node.name.span });
  for (const { name, least } of cell.node.runtime) names.declare(name, "dimension", { runtime: true, least });
  for (const [text, span] of runtimeDimensionsOf(cell)) names.declare({ text, span }, "dimension", { runtime: true });
  for (const item of cell.node.items) {
    switch (item.kind) {
      case "input":
      case "context":
      case "state":
      case "param":
      case "fixed":
      case "setting":
        for (const name of item.names) names.declare(name, item.kind);
        break;
      case "use":
        for (const name of item.names) if (names.declare(name, "instance")) instances.set(name.text, item);
        break;
      case "function":
        names.declare(item.name, "function");
        break;
      case "output":
        if (names.declare(item.name, "output")) equations.push(item, ...foundLength(item, names, cell.node.runtime));
        break;
      case "loss":
        if (names.declare(item.name, "output")) equations.push(...equationsOfLoss(item));
        break;
      case "equation":
        if (item.next) declareNext(item, nexts, collector);
        else if (names.declare(item.name, "equation")) equations.push(item, ...foundLength(item, names, cell.node.runtime)); // prettier-ignore
    }
  }
  return {
    ...emptyScope(`cell \`${cell.node.name.text}\``, cell.module),
    form: cell.node.form,
    entries: names.entries,
    contested: names.contested,
    functions: cell.functions,
    equations,
    nexts,
    instances,
  };
}

/** Declares the length that an equation finds; the equation that tells where it ends has a name that nobody can write. */
function foundLength(
  { name, value, span }: EquationNode | OutputNode,
  names: CellNames,
  runtime: CellNode["runtime"],
): EquationNode[] {
  if (value.kind !== "indexed" || value.until === undefined) return [];
  const { length, most, stop } = value.until;
  const key = untilKey(name.text);
  // What may be empty has no end.
  const given = most.kind === "reference" ? runtime.find((own) => own.name.text === most.name) : undefined;
  const found = { runtime: true, least: given !== undefined && given.least > 0 ? 1 : 0, found: { most, key } };
  if (!names.declare(length, "dimension", found)) return [];
  const own = { ...name, text: key };
  return [{ kind: "equation", documentation: undefined, next: false, span, name: own, value: stop }];
}

/** Its value under its own name, and what it is divided by under one that nobody can write. */
function equationsOfLoss({ name, value, per, span }: LossNode): EquationNode[] {
  const equation = { kind: "equation", documentation: undefined, next: false, span } as const;
  const weight = per && { ...equation, name: { ...name, text: weightKey(name.text) }, value: per };
  return [{ ...equation, name, value }, ...(weight ? [weight] : [])];
}

/** What the names of a cell stand for, while they are declared. */
class CellNames {
  readonly entries = new Map<string, ScopeEntry>();
  readonly contested = new Set<string>();
  private readonly collector: DiagnosticCollector;
  private readonly hasLosses: boolean;

  constructor(collector: DiagnosticCollector, hasLosses: boolean) {
    this.collector = collector;
    this.hasLosses = hasLosses;
  }

  /** @returns whether the name was free */
  declare(
    { text, span }: Pick<Name, "text" | "span">,
    kind: ScopeEntry["kind"],
    more: Partial<ScopeEntry> = {},
  ): boolean {
    const known = this.entries.get(text);
    if (known !== undefined) {
      this.contested.add(text);
      this.reportTwice(known, { kind, span }, text);
      return false;
    }
    if (interfaceKinds.has(kind) && interfaceNames.has(text)) {
      this.collector.report("reserved-name", span, `${wordsFor(kind, text)} has a name that the module needs`, {
        help: `compiled modules use ${[...interfaceNames].map((name) => `\`${name}\``).join(", ")} themselves`,
      });
    }
    if (kind === "setting" && namesInSnapshots.has(text)) {
      this.collector.report(
        "reserved-name",
        span,
        `${wordsFor(kind, text)} has a name that snapshots of a stream need`,
        {
          help: `they have ${[...namesInSnapshots].map((name) => `\`${name}\``).join(", ")}, and the settings: choose another name`,
        },
      );
    }
    if (kind === "input" && this.hasLosses && resultNames.has(text)) {
      this.collector.report("reserved-name", span, `${wordsFor(kind, text)} has a name that the module needs`, {
        help: "`gradient` of a network with losses gives `loss` and `losses` beside gradients by inputs: choose another name",
      });
    }
    if ((kind === "param" || kind === "fixed") && text === nameInFiles) {
      this.collector.report("reserved-name", span, `${wordsFor(kind, text)} has a name that files of params need`, {
        help: "safetensors files keep what is no tensor under it: choose another name",
      });
    }
    this.entries.set(text, { kind, span, ...more });
    return true;
  }

  private reportTwice(known: ScopeEntry, { kind, span }: ScopeEntry, text: string): void {
    const isNextMissing = known.kind === "state" && kind === "equation";
    const isSaidTwice = known.kind === "equation" && kind === "output";
    this.collector.report("duplicate-name", span, `\`${text}\` is declared twice`, {
      related: [{ span: known.span, message: `${wordsFor(known.kind, text)} is declared here` }],
      help: isNextMissing
        ? `the next value of the state is \`${text}' = …\``
        : isSaidTwice
          ? `an output is an equation too: write \`output ${text} = …\` once`
          : undefined,
    });
  }
}

function declareNext(node: EquationNode, nexts: Map<string, EquationNode>, collector: DiagnosticCollector): void {
  const { text, span } = node.name;
  const known = nexts.get(text);
  if (known === undefined) nexts.set(text, node);
  else {
    collector.report("duplicate-name", span, `\`${text}'\` has two equations`, {
      related: [{ span: known.name.span, message: "the first" }],
    });
  }
}
