/**
 * Types of an emitted module: every tensor by its name, with its shape and the author's documentation in a comment.
 * The whole file is one structure, printed once. Only this file uses ts-morph; it is large, so import this file when
 * declarations are wanted and not before.
 */
import tsMorph, {
  type MethodSignatureStructure,
  type OptionalKind,
  type PropertySignatureStructure,
  type SourceFileStructure,
  type TypeAliasDeclarationStructure,
  type VariableStatementStructure,
} from "#ts-morph";
import type { Manifest } from "../../../runtime/module/manifest.js";
import { commentText } from "../js/literal.js";
import {
  type DeclarationOptions,
  type DeclaredType,
  declaredTypes,
  literalType,
  type Member,
  type Method,
  optionsAreOptional,
  variantType,
} from "./declared-types.js";

// Not imported by name: Node knows no names of a CommonJS file before it has run.
const { IndentationText, Project, StructureKind, VariableDeclarationKind, Writers } = tsMorph;

/** The text of the module's `.d.ts`. It imports nothing, as the module itself. */
export function printDeclarations(manifest: Manifest, options: DeclarationOptions = {}): string {
  const project = new Project({ useInMemoryFileSystem: true, skipLoadingLibFiles: true });
  project.manipulationSettings.set({ indentationText: IndentationText.TwoSpaces });
  const text = project.createSourceFile("module.d.ts", structureOf(manifest, options)).getFullText();
  // What follows a `=` or `:` is printed one level too deep; nothing else is indented.
  return text.replace(/^ {2}/gmu, "");
}

/** An empty line before each statement. */
const leadingTrivia = "\n";

function structureOf(manifest: Manifest, module: DeclarationOptions): SourceFileStructure {
  const options = {
    name: "options",
    type: "InstantiateOptions",
    hasQuestionToken: optionsAreOptional(manifest, module),
  };
  const declared = { isExported: true, hasDeclareKeyword: true, leadingTrivia };
  const constant = (name: string, type: string, docs: string): VariableStatementStructure => ({
    kind: StructureKind.VariableStatement,
    ...declared,
    declarationKind: VariableDeclarationKind.Const,
    docs: docsOf(docs),
    declarations: [{ name, type }],
  });
  const title = `${manifest.cell}, compiled by recell ${manifest.compiler}. Tensors are row-major; B examples, T steps.`;
  return {
    kind: StructureKind.SourceFile,
    statements: [
      (writer) => writer.write("// Types of a compiled cell. Generated: edits are lost when it is compiled again."),
      ...declaredTypes(manifest, module).map(aliasOf),
      constant("manifest", literalType(manifest), "What the module says about itself."),
      ...(module.fma === true ? [constant("variant", variantType(manifest, module), variantDocs(module))] : []),
      {
        kind: StructureKind.Function,
        ...declared,
        name: "instantiate",
        docs: docsOf(`${title}\n\n${manifest.documentation}`.trim()),
        parameters: [options],
        returnType: "Instance",
      },
      {
        kind: StructureKind.Function,
        ...declared,
        name: "instantiateAsync",
        docs: docsOf("The same as `instantiate`, for code that should not care how a module starts."),
        parameters: [options],
        returnType: "Promise<Instance>",
      },
    ],
  };
}

function variantDocs({ wasmFile = false }: DeclarationOptions): string {
  const which = "Which kernels this host runs: `wasm-fma`, with fused multiply-add (relaxed SIMD), where it has that.";
  return wasmFile ? `${which} Give \`instantiate\` the file of that variant.` : which;
}

function aliasOf({ name, docs, type }: DeclaredType): TypeAliasDeclarationStructure {
  const written =
    typeof type === "string"
      ? type
      : Writers.objectType({ properties: type.members.map(propertyOf), methods: (type.methods ?? []).map(methodOf) });
  return { kind: StructureKind.TypeAlias, leadingTrivia, name, isExported: true, docs: docsOf(docs), type: written };
}

function propertyOf({ name, type, docs, optional }: Member): OptionalKind<PropertySignatureStructure> {
  return { name, type, isReadonly: true, hasQuestionToken: optional, docs: docsOf(docs) };
}

function methodOf({ name, parameters, result, docs }: Method): OptionalKind<MethodSignatureStructure> {
  return {
    name,
    parameters: parameters.map(([parameter, type, optional]) => ({
      name: parameter,
      type,
      hasQuestionToken: optional,
    })),
    returnType: result,
    docs: docsOf(docs),
  };
}

/** Comments come out on several lines where they start with a line break. */
function docsOf(text: string): string[] {
  if (text === "") return [];
  return [text.includes("\n") ? `\n${commentText(text)}` : commentText(text)];
}
