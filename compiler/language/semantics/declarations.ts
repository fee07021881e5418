/** What the files declare at their top: cells and functions, their own and imported ones. */
import type { DiagnosticCollector } from "../../base/diagnostics/diagnostic.js";
import { findCaptures } from "./captures.js";
import { addVariant } from "./variants.js";
import type { CellDeclaration, Declaration, FunctionDeclaration, ModuleEntry, ModuleScope } from "./declared.js";
import { resolveOthers } from "./specialise.js";
import { suggestion } from "./suggestion.js";
import type { CellNode, EquationNode, FunctionNode, ImportNode, Name } from "../syntax/ast.js";
import type { LoadedModule } from "./load-modules.js";

/** The scope of the root file; scopes of the others hang on its imports. */
export function declareModules(root: LoadedModule, collector: DiagnosticCollector): ModuleScope {
  const scopes = new Map<LoadedModule, ModuleScope>();
  const waiting = [root];
  for (let module = waiting.pop(); module !== undefined; module = waiting.pop()) {
    if (scopes.has(module)) continue;
    scopes.set(module, declareOwn(module, collector));
    waiting.push(...module.imports.values());
  }
  for (const [module, scope] of scopes) {
    for (const node of module.node.imports) declareImport(node, module.imports.get(node), scopes, scope, collector);
  }
  for (const scope of scopes.values()) resolveOthers(scope, collector);
  return scopes.get(root) as ModuleScope;
}

function declareOwn(module: LoadedModule, collector: DiagnosticCollector): ModuleScope {
  const declarations: Declaration[] = [];
  const scope: ModuleScope = { name: module.name, entries: new Map(), used: new Set(), declarations };
  for (const node of module.node.declarations) {
    const declaration = declarationOf(node, scope);
    declarations.push(declaration);
    if (declaration.kind === "function" && addVariant(declaration, scope)) continue;
    declare(scope, node.name.text, { declaration, span: node.name.span, imported: false }, collector);
  }
  return scope;
}

function declarationOf(node: CellNode | FunctionNode | EquationNode, module: ModuleScope): Declaration {
  if (node.kind === "equation") return { kind: "constant", node, module };
  return node.kind === "cell" ? declareCell(node, module) : declareFunction(node, module, undefined);
}

function declareCell(node: CellNode, module: ModuleScope): CellDeclaration {
  const functions = new Map<string, FunctionDeclaration>();
  const own = { written: node, node, home: module, module };
  const cell: CellDeclaration = { kind: "cell", ...own, functions, captures: findCaptures(node), bound: new Map() };
  for (const item of node.items) {
    if (item.kind !== "function" || functions.has(item.name.text)) continue;
    functions.set(item.name.text, declareFunction(item, module, cell));
  }
  return cell;
}

function declareFunction(
  node: FunctionNode,
  module: ModuleScope,
  owner: CellDeclaration | undefined,
): FunctionDeclaration {
  return { kind: "function", node, module, owner, variants: [] };
}

function declare(scope: ModuleScope, name: string, entry: ModuleEntry, collector: DiagnosticCollector): void {
  const known = scope.entries.get(name);
  if (known === undefined) {
    scope.entries.set(name, entry);
    return;
  }
  const [first, second] = known.span.start < entry.span.start ? [known, entry] : [entry, known];
  collector.report("duplicate-name", second.span, `\`${name}\` is declared twice in this file`, {
    related: [{ span: first.span, message: first.imported ? "the import" : "the first declaration" }],
    help: entry.imported || known.imported ? `import it by another name: \`${name} as …\`` : undefined,
  });
}

function declareImport(
  node: ImportNode,
  module: LoadedModule | undefined,
  scopes: ReadonlyMap<LoadedModule, ModuleScope>,
  scope: ModuleScope,
  collector: DiagnosticCollector,
): void {
  const target = module === undefined ? undefined : scopes.get(module);
  for (const { name, alias } of node.names) {
    const found = target?.entries.get(name.text);
    const exported = found?.imported === false ? found : undefined;
    if (target !== undefined && exported === undefined) reportMissing(name, target, collector);
    const local = alias ?? name;
    const entry = { declaration: exported?.declaration, span: local.span, imported: true };
    declare(scope, local.text, entry, collector);
  }
}

function reportMissing(name: Name, target: ModuleScope, collector: DiagnosticCollector): void {
  const own = target.declarations.map((declaration) => declaration.node.name.text);
  const list = own
    .slice(0, 8)
    .map((text) => `\`${text}\``)
    .join(", ");
  const there = own.length === 0 ? "it declares nothing" : `it declares ${list}${own.length > 8 ? ", …" : ""}`;
  collector.report("missing-export", name.span, `\`${target.name}\` declares no \`${name.text}\``, {
    help: suggestion(name.text, own) ?? there,
  });
}
