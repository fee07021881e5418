// Generated from grammar.ts by `npm run generate`; not edited by hand.
import type { CstNode, ICstVisitor, IToken } from "chevrotain";

export interface TypeCstNode extends CstNode {
  name: "type";
  children: TypeCstChildren;
}

export type TypeCstChildren = {
  LeftBracket?: (IToken)[];
  expression?: (ExpressionCstNode)[];
  Comma?: (IToken)[];
  RightBracket?: (IToken)[];
  Name?: IToken[];
  LeftParen?: IToken[];
  RightParen?: IToken[];
  axis?: ExpressionCstNode[];
};

export interface IndicesCstNode extends CstNode {
  name: "indices";
  children: IndicesCstChildren;
}

export type IndicesCstChildren = {
  LeftBracket: IToken[];
  expression: ExpressionCstNode[];
  Comma?: IToken[];
  RightBracket: IToken[];
};

export interface EquationValueCstNode extends CstNode {
  name: "equationValue";
  children: EquationValueCstChildren;
}

export type EquationValueCstChildren = {
  first: ExpressionCstNode[];
  Then?: IToken[];
  next?: ExpressionCstNode[];
  For?: IToken[];
  From?: IToken[];
  LessEqual?: (IToken)[];
  count?: ExpressionCstNode[];
  Until?: (IToken)[];
  stop?: ExpressionCstNode[];
  Implicit?: IToken[];
  Over?: IToken[];
  Length?: IToken[];
  most?: ExpressionCstNode[];
  end?: ExpressionCstNode[];
  Per?: IToken[];
  per?: ExpressionCstNode[];
};

export interface ExpressionCstNode extends CstNode {
  name: "expression";
  children: ExpressionCstChildren;
}

export type ExpressionCstChildren = {
  If?: (IToken)[];
  expression?: (ExpressionCstNode)[];
  Then?: (IToken)[];
  Else?: (IToken)[];
  operation?: OperationCstNode[];
};

export interface OperationCstNode extends CstNode {
  name: "operation";
  children: OperationCstChildren;
}

export type OperationCstChildren = {
  operand: (OperandCstNode)[];
  binaryOperator?: BinaryOperatorCstNode[];
};

export interface BinaryOperatorCstNode extends CstNode {
  name: "binaryOperator";
  children: BinaryOperatorCstChildren;
}

export type BinaryOperatorCstChildren = {
  Plus?: IToken[];
  Minus?: IToken[];
  Star?: IToken[];
  Slash?: IToken[];
  At?: IToken[];
  Caret?: IToken[];
  Less?: IToken[];
  LessEqual?: IToken[];
  Greater?: IToken[];
  GreaterEqual?: IToken[];
  EqualEqual?: IToken[];
  NotEqual?: IToken[];
  And?: IToken[];
  Or?: IToken[];
  Mod?: IToken[];
};

export interface OperandCstNode extends CstNode {
  name: "operand";
  children: OperandCstChildren;
}

export type OperandCstChildren = {
  Minus?: IToken[];
  Not?: IToken[];
  primary: PrimaryCstNode[];
  selection?: SelectionCstNode[];
  Superscript?: IToken[];
};

export interface PrimaryCstNode extends CstNode {
  name: "primary";
  children: PrimaryCstChildren;
}

export type PrimaryCstChildren = {
  NumberLiteral?: IToken[];
  Name?: IToken[];
  callArguments?: CallArgumentsCstNode[];
  NextName?: IToken[];
  LeftParen?: IToken[];
  expression?: (ExpressionCstNode)[];
  Comma?: (IToken)[];
  RightParen?: IToken[];
  LeftBracket?: IToken[];
  RightBracket?: IToken[];
};

export interface CallArgumentsCstNode extends CstNode {
  name: "callArguments";
  children: CallArgumentsCstChildren;
}

export type CallArgumentsCstChildren = {
  LeftParen: IToken[];
  argument?: ArgumentCstNode[];
  Comma?: (IToken)[];
  For?: IToken[];
  expression?: ExpressionCstNode[];
  RightParen: IToken[];
};

export interface ArgumentCstNode extends CstNode {
  name: "argument";
  children: ArgumentCstChildren;
}

export type ArgumentCstChildren = {
  Name?: IToken[];
  Dot?: IToken[];
  Equals?: IToken[];
  expression: ExpressionCstNode[];
};

export interface SelectionCstNode extends CstNode {
  name: "selection";
  children: SelectionCstChildren;
}

export type SelectionCstChildren = {
  callArguments?: CallArgumentsCstNode[];
  Dot?: IToken[];
  Name?: IToken[];
  NextName?: IToken[];
  LeftBracket?: IToken[];
  index?: IndexCstNode[];
  Comma?: IToken[];
  RightBracket?: IToken[];
};

export interface IndexCstNode extends CstNode {
  name: "index";
  children: IndexCstChildren;
}

export type IndexCstChildren = {
  Colon?: (IToken)[];
  end?: (ExpressionCstNode)[];
  start?: ExpressionCstNode[];
};

export interface SourceFileCstNode extends CstNode {
  name: "sourceFile";
  children: SourceFileCstChildren;
}

export type SourceFileCstChildren = {
  topLevel?: (TopLevelCstNode)[];
  TopSeparator?: IToken[];
};

export interface TopLevelCstNode extends CstNode {
  name: "topLevel";
  children: TopLevelCstChildren;
}

export type TopLevelCstChildren = {
  importDeclaration?: ImportDeclarationCstNode[];
  cell?: CellCstNode[];
  fn?: FnCstNode[];
  equation?: EquationCstNode[];
};

export interface ImportDeclarationCstNode extends CstNode {
  name: "importDeclaration";
  children: ImportDeclarationCstChildren;
}

export type ImportDeclarationCstChildren = {
  Import: IToken[];
  ImportLeftBrace: IToken[];
  importName: ImportNameCstNode[];
  Comma?: IToken[];
  ImportRightBrace: IToken[];
  From: IToken[];
  StringLiteral: IToken[];
};

export interface ImportNameCstNode extends CstNode {
  name: "importName";
  children: ImportNameCstChildren;
}

export type ImportNameCstChildren = {
  Exported: IToken[];
  As?: IToken[];
  Alias?: IToken[];
};

export interface CellCstNode extends CstNode {
  name: "cell";
  children: CellCstChildren;
}

export type CellCstChildren = {
  cellHeader: CellHeaderCstNode[];
  otherCell?: OtherCellCstNode[];
  cellBody?: CellBodyCstNode[];
};

export interface OtherCellCstNode extends CstNode {
  name: "otherCell";
  children: OtherCellCstChildren;
}

export type OtherCellCstChildren = {
  Equals: IToken[];
  Name: IToken[];
  callArguments: CallArgumentsCstNode[];
};

export interface CellBodyCstNode extends CstNode {
  name: "cellBody";
  children: CellBodyCstChildren;
}

export type CellBodyCstChildren = {
  LeftBrace: IToken[];
  item?: (ItemCstNode)[];
  Separator?: IToken[];
  RightBrace: IToken[];
};

export interface CellHeaderCstNode extends CstNode {
  name: "cellHeader";
  children: CellHeaderCstChildren;
}

export type CellHeaderCstChildren = {
  Cell?: IToken[];
  Network?: IToken[];
  Name: IToken[];
  LeftParen?: IToken[];
  cellParameter?: CellParameterCstNode[];
  Comma?: IToken[];
  runtimeDimensions?: RuntimeDimensionsCstNode[];
  RightParen?: IToken[];
};

export interface RuntimeDimensionsCstNode extends CstNode {
  name: "runtimeDimensions";
  children: RuntimeDimensionsCstChildren;
}

export type RuntimeDimensionsCstChildren = {
  HeaderSeparator: IToken[];
  runtimeDimension: RuntimeDimensionCstNode[];
  Comma?: IToken[];
};

export interface RuntimeDimensionCstNode extends CstNode {
  name: "runtimeDimension";
  children: RuntimeDimensionCstChildren;
}

export type RuntimeDimensionCstChildren = {
  Name: IToken[];
  GreaterEqual?: IToken[];
  NumberLiteral?: IToken[];
};

export interface CellParameterCstNode extends CstNode {
  name: "cellParameter";
  children: CellParameterCstChildren;
}

export type CellParameterCstChildren = {
  Name: IToken[];
  Colon?: IToken[];
  cellInterface?: CellInterfaceCstNode[];
  type?: TypeCstNode[];
  Equals?: IToken[];
  expression?: ExpressionCstNode[];
};

export interface CellInterfaceCstNode extends CstNode {
  name: "cellInterface";
  children: CellInterfaceCstChildren;
}

export type CellInterfaceCstChildren = {
  InterfaceWord: IToken[];
  LeftParen: IToken[];
  expression?: ExpressionCstNode[];
  Comma?: IToken[];
  runtimeDimensions?: RuntimeDimensionsCstNode[];
  RightParen: IToken[];
  InterfaceLeftBrace?: IToken[];
  interfaceItem?: (InterfaceItemCstNode)[];
  Separator?: IToken[];
  InterfaceRightBrace?: IToken[];
};

export interface InterfaceItemCstNode extends CstNode {
  name: "interfaceItem";
  children: InterfaceItemCstChildren;
}

export type InterfaceItemCstChildren = {
  Input?: IToken[];
  Context?: IToken[];
  State?: IToken[];
  Output?: IToken[];
  Name: IToken[];
  Comma?: IToken[];
  Colon: IToken[];
  type: TypeCstNode[];
};

export interface ItemCstNode extends CstNode {
  name: "item";
  children: ItemCstChildren;
}

export type ItemCstChildren = {
  declaration?: DeclarationCstNode[];
  use?: UseCstNode[];
  output?: OutputCstNode[];
  loss?: LossCstNode[];
  requirement?: RequirementCstNode[];
  stream?: StreamCstNode[];
  entry?: EntryCstNode[];
  fn?: FnCstNode[];
  equation?: EquationCstNode[];
};

export interface DeclarationCstNode extends CstNode {
  name: "declaration";
  children: DeclarationCstChildren;
}

export type DeclarationCstChildren = {
  Input?: IToken[];
  Context?: IToken[];
  State?: IToken[];
  Param?: IToken[];
  Fixed?: IToken[];
  Setting?: IToken[];
  declaredName: DeclaredNameCstNode[];
  Comma?: IToken[];
  Colon: IToken[];
  type: TypeCstNode[];
  Equals?: IToken[];
  initial?: ExpressionCstNode[];
  Tilde?: IToken[];
  initializer?: ExpressionCstNode[];
};

export interface DeclaredNameCstNode extends CstNode {
  name: "declaredName";
  children: DeclaredNameCstChildren;
}

export type DeclaredNameCstChildren = {
  Name: IToken[];
  indices?: IndicesCstNode[];
};

export interface UseCstNode extends CstNode {
  name: "use";
  children: UseCstChildren;
}

export type UseCstChildren = {
  Use: IToken[];
  usedName: UsedNameCstNode[];
  Comma?: (IToken)[];
  Equals: IToken[];
  CellName: IToken[];
  callArguments?: CallArgumentsCstNode[];
  With?: IToken[];
  useStart?: UseStartCstNode[];
};

export interface UsedNameCstNode extends CstNode {
  name: "usedName";
  children: UsedNameCstChildren;
}

export type UsedNameCstChildren = {
  Name: IToken[];
  LeftBracket?: IToken[];
  expression?: ExpressionCstNode[];
  Colon?: IToken[];
  end?: ExpressionCstNode[];
  RightBracket?: IToken[];
};

export interface UseStartCstNode extends CstNode {
  name: "useStart";
  children: UseStartCstChildren;
}

export type UseStartCstChildren = {
  Name: IToken[];
  Dot?: IToken[];
  indices?: IndicesCstNode[];
  Tilde: IToken[];
  expression: ExpressionCstNode[];
};

export interface OutputCstNode extends CstNode {
  name: "output";
  children: OutputCstChildren;
}

export type OutputCstChildren = {
  Output: IToken[];
  Name: IToken[];
  indices?: IndicesCstNode[];
  Comma?: IToken[];
  Others?: IToken[];
  Equals: IToken[];
  equationValue: EquationValueCstNode[];
};

export interface LossCstNode extends CstNode {
  name: "loss";
  children: LossCstChildren;
}

export type LossCstChildren = {
  Loss: IToken[];
  Name: IToken[];
  Equals: IToken[];
  equationValue: EquationValueCstNode[];
};

export interface RequirementCstNode extends CstNode {
  name: "requirement";
  children: RequirementCstChildren;
}

export type RequirementCstChildren = {
  Require: IToken[];
  expression: ExpressionCstNode[];
};

export interface StreamCstNode extends CstNode {
  name: "stream";
  children: StreamCstChildren;
}

export type StreamCstChildren = {
  Stream: IToken[];
};

export interface EntryCstNode extends CstNode {
  name: "entry";
  children: EntryCstChildren;
}

export type EntryCstChildren = {
  Entry: IToken[];
  Name: IToken[];
  Equals: IToken[];
  expression: ExpressionCstNode[];
  Comma?: (IToken)[];
  Given?: IToken[];
  Cut?: IToken[];
};

export interface EquationCstNode extends CstNode {
  name: "equation";
  children: EquationCstChildren;
}

export type EquationCstChildren = {
  Name?: IToken[];
  NextName?: IToken[];
  indices?: IndicesCstNode[];
  Comma?: IToken[];
  Others?: (IToken)[];
  Equals: IToken[];
  equationValue: EquationValueCstNode[];
};

export interface FnCstNode extends CstNode {
  name: "fn";
  children: FnCstChildren;
}

export type FnCstChildren = {
  functionHeader: FunctionHeaderCstNode[];
  FunctionLeftBrace: IToken[];
  functionItem?: (FunctionItemCstNode)[];
  FunctionSeparator?: IToken[];
  FunctionRightBrace: IToken[];
};

export interface FunctionHeaderCstNode extends CstNode {
  name: "functionHeader";
  children: FunctionHeaderCstChildren;
}

export type FunctionHeaderCstChildren = {
  Fn: IToken[];
  Name: IToken[];
  LeftParen: IToken[];
  functionParameter?: FunctionParameterCstNode[];
  Comma?: IToken[];
  RightParen: IToken[];
  Colon: IToken[];
  functionResults?: FunctionResultsCstNode[];
  type?: TypeCstNode[];
};

export interface FunctionResultsCstNode extends CstNode {
  name: "functionResults";
  children: FunctionResultsCstChildren;
}

export type FunctionResultsCstChildren = {
  LeftParen: IToken[];
  Name: IToken[];
  Colon: IToken[];
  type: TypeCstNode[];
  Comma?: IToken[];
  RightParen: IToken[];
};

export interface FunctionParameterCstNode extends CstNode {
  name: "functionParameter";
  children: FunctionParameterCstChildren;
}

export type FunctionParameterCstChildren = {
  Name: IToken[];
  Colon?: IToken[];
  functionType?: FunctionTypeCstNode[];
  type?: TypeCstNode[];
};

export interface FunctionTypeCstNode extends CstNode {
  name: "functionType";
  children: FunctionTypeCstChildren;
}

export type FunctionTypeCstChildren = {
  Fn: IToken[];
  LeftParen: IToken[];
  type: TypeCstNode[];
  Comma?: IToken[];
  RightParen: IToken[];
  Colon: IToken[];
  result: TypeCstNode[];
};

export interface FunctionItemCstNode extends CstNode {
  name: "functionItem";
  children: FunctionItemCstChildren;
}

export type FunctionItemCstChildren = {
  equation?: EquationCstNode[];
  returnValue?: ReturnValueCstNode[];
  derivative?: DerivativeCstNode[];
};

export interface ReturnValueCstNode extends CstNode {
  name: "returnValue";
  children: ReturnValueCstChildren;
}

export type ReturnValueCstChildren = {
  Return: IToken[];
  expression: ExpressionCstNode[];
};

export interface DerivativeCstNode extends CstNode {
  name: "derivative";
  children: DerivativeCstChildren;
}

export type DerivativeCstChildren = {
  Derivative: IToken[];
  LeftParen: IToken[];
  Name?: IToken[];
  Comma?: IToken[];
  RightParen: IToken[];
  Equals: IToken[];
  expression: ExpressionCstNode[];
};

export interface ICstNodeVisitor<IN, OUT> extends ICstVisitor<IN, OUT> {
  type(children: TypeCstChildren, param?: IN): OUT;
  indices(children: IndicesCstChildren, param?: IN): OUT;
  equationValue(children: EquationValueCstChildren, param?: IN): OUT;
  expression(children: ExpressionCstChildren, param?: IN): OUT;
  operation(children: OperationCstChildren, param?: IN): OUT;
  binaryOperator(children: BinaryOperatorCstChildren, param?: IN): OUT;
  operand(children: OperandCstChildren, param?: IN): OUT;
  primary(children: PrimaryCstChildren, param?: IN): OUT;
  callArguments(children: CallArgumentsCstChildren, param?: IN): OUT;
  argument(children: ArgumentCstChildren, param?: IN): OUT;
  selection(children: SelectionCstChildren, param?: IN): OUT;
  index(children: IndexCstChildren, param?: IN): OUT;
  sourceFile(children: SourceFileCstChildren, param?: IN): OUT;
  topLevel(children: TopLevelCstChildren, param?: IN): OUT;
  importDeclaration(children: ImportDeclarationCstChildren, param?: IN): OUT;
  importName(children: ImportNameCstChildren, param?: IN): OUT;
  cell(children: CellCstChildren, param?: IN): OUT;
  otherCell(children: OtherCellCstChildren, param?: IN): OUT;
  cellBody(children: CellBodyCstChildren, param?: IN): OUT;
  cellHeader(children: CellHeaderCstChildren, param?: IN): OUT;
  runtimeDimensions(children: RuntimeDimensionsCstChildren, param?: IN): OUT;
  runtimeDimension(children: RuntimeDimensionCstChildren, param?: IN): OUT;
  cellParameter(children: CellParameterCstChildren, param?: IN): OUT;
  cellInterface(children: CellInterfaceCstChildren, param?: IN): OUT;
  interfaceItem(children: InterfaceItemCstChildren, param?: IN): OUT;
  item(children: ItemCstChildren, param?: IN): OUT;
  declaration(children: DeclarationCstChildren, param?: IN): OUT;
  declaredName(children: DeclaredNameCstChildren, param?: IN): OUT;
  use(children: UseCstChildren, param?: IN): OUT;
  usedName(children: UsedNameCstChildren, param?: IN): OUT;
  useStart(children: UseStartCstChildren, param?: IN): OUT;
  output(children: OutputCstChildren, param?: IN): OUT;
  loss(children: LossCstChildren, param?: IN): OUT;
  requirement(children: RequirementCstChildren, param?: IN): OUT;
  stream(children: StreamCstChildren, param?: IN): OUT;
  entry(children: EntryCstChildren, param?: IN): OUT;
  equation(children: EquationCstChildren, param?: IN): OUT;
  fn(children: FnCstChildren, param?: IN): OUT;
  functionHeader(children: FunctionHeaderCstChildren, param?: IN): OUT;
  functionResults(children: FunctionResultsCstChildren, param?: IN): OUT;
  functionParameter(children: FunctionParameterCstChildren, param?: IN): OUT;
  functionType(children: FunctionTypeCstChildren, param?: IN): OUT;
  functionItem(children: FunctionItemCstChildren, param?: IN): OUT;
  returnValue(children: ReturnValueCstChildren, param?: IN): OUT;
  derivative(children: DerivativeCstChildren, param?: IN): OUT;
}
