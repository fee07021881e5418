/** Members of declared types: tensors and sizes of calls. */
import type { InputEntry, Manifest, TensorEntry } from "../../../runtime/module/manifest.js";
import { namedAxes, toldSizes } from "../../../runtime/module/axes.js";
import { printString } from "../text/literal.js";

export interface Member {
  /** As a property name in a type: quoted where it has to be. */
  readonly name: string;
  readonly type: string;
  readonly docs: string;
  readonly optional: boolean;
}

/** `[B, T, 64]`, and the author's words. */
export function describe(entry: TensorEntry, note = ""): string {
  const shape = `\`[${[...entry.axes, ...entry.shape].join(", ")}]\``;
  return [`${shape}${note}`, entry.documentation].filter((text) => text !== "").join("\n\n");
}

interface TensorOptions {
  readonly type?: string;
  readonly optional?: boolean;
  readonly note?: string;
}

export function tensors(entries: readonly TensorEntry[], options: TensorOptions = {}): Member[] {
  return entries.map((entry) => member(entry.name, options.type ?? "Values", describe(entry, options.note), options));
}

/** Those that have derivatives. */
export const realOf = <Entry extends { readonly dtype?: "real" | "index" }>(entries: readonly Entry[]): Entry[] =>
  entries.filter(({ dtype }) => dtype !== "index");

/** Of indices: which there may be. */
function integersOf({ bound = 0 }: Pick<InputEntry, "bound">): string {
  return `, integers from 0 to ${typeof bound === "number" ? bound - 1 : `${bound} - 1 of the example`}`;
}

/** Contexts as calls take them, or as they are handed out where nothing is told. */
export function contextMembers(
  entries: Manifest["contexts"],
  { type, ...options }: TensorOptions & { readonly type?: "Reals" } = {},
): Member[] {
  return entries.map((entry) => {
    const isIndex = entry.dtype === "index";
    const own = type === undefined ? (isIndex ? "Int32Array" : "Values") : isIndex ? "Indices" : type;
    const values = isIndex ? integersOf(entry) : "";
    return member(entry.name, own, describe(entry, values + (options.note ?? "")), options);
  });
}

/** States are handed out as they lie in memory, and taken as inputs are. */
export function stateMembers(
  entries: Manifest["states"],
  isGiven: boolean,
  note = (_entry: Manifest["states"][number]): string => "",
): Member[] {
  return entries.map((entry) => {
    const isIndex = entry.dtype === "index";
    const [taken, left] = isIndex ? ["Indices", "Int32Array"] : ["Reals", "Values"];
    const values = isIndex ? integersOf(entry) : "";
    return member(entry.name, isGiven ? taken : left, describe(entry, values + note(entry)), { optional: isGiven });
  });
}

export function member(
  name: string,
  type: string,
  docs: string,
  { optional = false }: { optional?: boolean } = {},
): Member {
  return { name: propertyName(name), type: optional ? `${type} | undefined` : type, docs, optional };
}

export const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/u.test(name) ? name : printString(name));

/** A type with members, written where it is used. */
export function inline(members: readonly Member[]): string {
  if (members.length === 0) return "{}";
  return `{ ${members.map(({ name, type, optional }) => `readonly ${name}${optional ? "?" : ""}: ${type}`).join("; ")} }`;
}

export function inputMembers(inputs: Manifest["inputs"]): Member[] {
  return inputs.map((entry) => {
    const { name, dtype, forLosses = false } = entry;
    const optional = forLosses ? "; only losses need it" : "";
    const own =
      dtype === "index"
        ? member(name, "Indices", describe(entry, integersOf(entry) + optional))
        : member(name, "Reals", describe(entry, optional));
    return forLosses ? { ...own, optional: true } : own;
  });
}

/** What results say of sizes that follow from others. */
export function toldMembers(manifest: Manifest): Member[] {
  const told = toldSizes(manifest);
  if (told.length === 0) return [];
  const lists = inline(told.map((name) => member(name, "Int32Array", "")));
  return [member("sizes", lists, "`[B]` each, sizes of outputs in each example.")];
}

/** @param named those that may be told */
export function sizeMembers(manifest: Manifest, named = namedAxes(manifest)): Member[] {
  if (named.length === 0) return [];
  const size = "number | Indices | { readonly padded: number; readonly each: Indices }";
  const names = named.map((name) => member(name, size, "", { optional: true }));
  const docs =
    "Sizes of this call: a number for all examples; a list with each example's own, the tensors padded to the largest; " +
    "or such a list as `each` and the padded size. The capacities where left out." +
    manifest.axes
      .flatMap(({ name, option, minimum }) =>
        option === "sizes" && minimum !== undefined && named.includes(name)
          ? [` \`${name}\` is at least ${minimum}.`]
          : [],
      )
      .join("");
  return [member("sizes", inline(names), docs, { optional: true })];
}

export const optional = { optional: true };
