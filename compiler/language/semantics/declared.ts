/** What a declaration at the top of a file is known as. */
import type { Span } from "../../base/source/span.js";
import type { CellNode, CellParameterNode, EquationNode, FunctionNode } from "../syntax/ast.js";
import type { Captures } from "./captures.js";

export interface CellDeclaration {
  readonly kind: "cell";
  /** As it stands in the text of `home`. */
  readonly written: CellNode;
  readonly home: ModuleScope;
  /** What it is, in the words of `module`: where it was written as another cell, that one with what was given filled in. */
  readonly node: CellNode;
  readonly module: ModuleScope;
  /** Functions declared inside the cell. */
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  /** Those of them that read values of the cell: they are checked with its equations. */
  readonly captures: Captures;
  /** Cells that were given for its parameters. */
  readonly bound: ReadonlyMap<string, BoundCell>;
  /** What a parameter that is a cell has to be: no cell that anything could be made of. */
  readonly isInterface?: true;
  /** Dimensions that stand for what they are by default, and where that is wanted. */
  readonly standing?: { readonly names: ReadonlySet<string>; readonly wanted: Span };
}

/** A cell in the place of a parameter: what its dimensions are called there. */
export interface BoundCell {
  /** In the words of `module`. */
  readonly parameter: CellParameterNode;
  readonly module: ModuleScope;
  /** Where it is given. */
  readonly span: Span;
  readonly declaration: CellDeclaration;
  /** By the name in the interface, the name in the cell. */
  readonly dimensions: ReadonlyMap<string, string>;
}

export interface FunctionDeclaration {
  readonly kind: "function";
  readonly node: FunctionNode;
  readonly module: ModuleScope;
  /** The cell around it, whose dimensions and constant values it sees. */
  owner: CellDeclaration | undefined;
  /** Others of its name, of arguments with other numbers of axes: of the first in the file only. */
  readonly variants: FunctionDeclaration[];
  /** The first of its name, where it is another. */
  variantOf?: FunctionDeclaration;
}

/** A value at the top of a file, the same wherever it is read. */
export interface ConstantDeclaration {
  readonly kind: "constant";
  readonly node: EquationNode;
  readonly module: ModuleScope;
}

export type Declaration = CellDeclaration | FunctionDeclaration | ConstantDeclaration;

export interface ModuleEntry {
  /** Missing where an import failed: the name is known, and nothing more is said about it. */
  readonly declaration: Declaration | undefined;
  readonly span: Span;
  readonly imported: boolean;
}

export interface ModuleScope {
  readonly name: string;
  readonly entries: Map<string, ModuleEntry>;
  /** Names that were looked up. */
  readonly used: Set<string>;
  readonly declarations: readonly Declaration[];
}
