/** `use l = LSTM(I, H) with b_f ~ ones, inner.W ~ orthogonal(1)`: how params of a used cell begin, in the scope of its user. */
import type { Dim } from "../../base/types/dim.js";
import type { Expression, Name, StartNode } from "../syntax/ast.js";
import { tensorNamed, tensorsIn } from "./cell-tensors.js";
import type { Checker } from "./checker.js";
import { resolveStart } from "./complex-initializer.js";
import { wordsFor } from "./scope.js";
import type { SemanticType } from "./semantic-type.js";
import { startOf } from "./starts.js";
import { substituteType } from "./substitute.js";
import { isStored, type TypedInstance, type TypedTensor } from "./typed-program.js";

/** A param of a used cell under its path in the cell around, with the expression that it begins with where that is a value of its own. */
export type UseStart = TypedTensor & { readonly startValue?: Expression };

/** By the paths in the used cell. */
export function resolveUseStarts(
  checker: Checker,
  instance: TypedInstance,
  starts: readonly StartNode[],
): ReadonlyMap<string, UseStart> {
  const found = new Map<string, UseStart>();
  for (const { path, indices, initializer, span } of starts) {
    const param = paramAt(checker, instance, path);
    const text = path.map((name) => name.text).join(".");
    if (param === undefined) continue;
    if (found.has(text)) {
      checker.report("duplicate-name", span, `\`${text}\` begins in two ways`);
      continue;
    }
    const name = `${instance.name}.${text}`;
    const { role, type } = param;
    const declared = { text: name, span, ...(indices && { indices }) };
    const isOfArray = instance.count !== undefined || param.isOfArray;
    const start = startOf(checker, declared, initializer, type);
    if (start !== undefined && isOfArray) {
      refuse(checker, initializer.span, `\`${text}\` is of several used cells, each with draws of its own`, "all begin with a number or one draw, `~ uniform(a, b)`; an expression is said where the param is declared"); // prettier-ignore
      continue;
    }
    const plain = start === undefined ? resolveStart(checker, initializer, type) : {};
    const tensor = { role, name, span, documentation: "", type, ...plain };
    found.set(text, start === undefined ? tensor : { ...tensor, start: start.start, startValue: start.value });
  }
  return found;
}

/** The param at a path, with its type in the dimensions of the cell around; undefined where something was reported. */
function paramAt(
  checker: Checker,
  instance: TypedInstance,
  path: readonly Name[],
): (Pick<TypedTensor, "role" | "type"> & { readonly isOfArray: boolean }) | undefined {
  let owner = instance;
  let isOfArray = false;
  const substitutions: ReadonlyMap<string, Dim>[] = [instance.dimensions];
  for (const { text, span } of path.slice(0, -1)) {
    const items = owner.cell.items.flatMap((item) => (item.kind === "instance" ? [item.instance] : []));
    const next = items.find(({ name }) => name === text);
    if (next === undefined) return reportMissing(checker, owner, { text, span }, "used cell", items.map(({ name }) => name)); // prettier-ignore
    substitutions.unshift(next.dimensions);
    owner = next;
    isOfArray ||= next.count !== undefined;
    if (owner.sharedWith !== undefined)
      return refuse(checker, span, `\`${text}\` has the params of \`${owner.sharedWith}\``);
  }
  const name = path[path.length - 1];
  if (name === undefined) return undefined;
  const tensor = tensorNamed(owner.cell, name.text);
  const params = tensorsIn(owner.cell).filter(isStored);
  if (tensor === undefined) return reportMissing(checker, owner, name, "param", params.map((param) => param.name)); // prettier-ignore
  if (!isStored(tensor)) {
    const words = wordsFor(tensor.role === "random" ? "equation" : tensor.role, name.text);
    return refuse(checker, name.span, `${words} is no param`, tensor.role === "state" ? "a state begins at a call: `l(x, h = …)`" : undefined); // prettier-ignore
  }
  if (owner.given.has(name.text))
    return refuse(checker, name.span, `\`${name.text}\` is given, and begins where it is declared`);
  let type: SemanticType | undefined = tensor.type;
  for (const substitution of substitutions) type = type && substituteType(type, substitution, { words: wordsFor("param", name.text), span: tensor.span }); // prettier-ignore
  if (type !== undefined) return { role: tensor.role, type, isOfArray };
  checker.reportTooLarge(name.span);
  return undefined;
}

function refuse(checker: Checker, span: Name["span"], message: string, help?: string): undefined {
  checker.report("misplaced-initializer", span, message, { help });
  return undefined;
}

function reportMissing(
  checker: Checker,
  { cell }: TypedInstance,
  { text, span }: Name,
  what: string,
  names: readonly string[],
): undefined {
  const list = names
    .slice(0, 8)
    .map((name) => `\`${name}\``)
    .join(", ");
  checker.report("unknown-member", span, `cell \`${cell.name}\` has no ${what} \`${text}\``, {
    help: checker.suggest(text, () => names) ?? (names.length === 0 ? undefined : `it has ${list}${names.length > 8 ? ", …" : ""}`), // prettier-ignore
  });
  return undefined;
}
