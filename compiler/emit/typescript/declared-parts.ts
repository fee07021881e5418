/** What declarations say of parts of a network that are called by themselves: for each the types of calls and of its functions. */
import type { Manifest, PartEntry } from "../../../runtime/module/manifest.js";
import { manifestOfPart } from "../../../runtime/module/part-manifest.js";
import type { DeclaredMethod, DeclaredType } from "./declared.js";
import { forwardMethod, selectMethod, sequenceTypes, streamMethods, streamTypes } from "./declared-calls.js";
import { inline, type Member, member } from "./members.js";

/** Types of the whole are used where they are the same. */
const ofWhole = new Set(["Params", "Fixed"]);

export function partTypes(manifest: Manifest): DeclaredType[] {
  return (manifest.entries ?? []).flatMap((part) => typesOfPart(manifest, part));
}

/** The member of an instance; nothing where there are no parts. */
export function partsMember({ entries = [] }: Manifest): Member[] {
  if (entries.length === 0) return [];
  const parts = entries.map(({ name }) => member(name, nameIn(name, "Functions"), ""));
  return [
    member("entries", inline(parts), "Parts of the network that are called by themselves, with the same params."),
  ];
}

/** No name of a source has this sign. */
const nameIn = (part: string, type: string): string => `${part}$${type}`;

function typesOfPart(manifest: Manifest, part: PartEntry): DeclaredType[] {
  const own = manifestOfPart(manifest, part);
  const functions: DeclaredType = {
    name: "Functions",
    docs: [`The entry \`${part.name}\`.`, part.documentation].filter(Boolean).join("\n\n"),
    type: { members: [], methods: [forwardMethod, ...(own.has.step ? [...streamMethods, selectMethod] : [])] },
  };
  const types = [...sequenceTypes(own), ...(own.has.step ? streamTypes(own) : []), functions];
  const declared = types.filter(({ name }) => !ofWhole.has(name));
  const names = new Set(declared.map(({ name }) => name));
  const renamed = (type: string): string => (names.has(type) ? nameIn(part.name, type) : type);
  return declared.map(({ name, docs, type }) => ({ name: renamed(name), docs, type: typeWith(type, renamed) }));
}

function typeWith(type: DeclaredType["type"], renamed: (type: string) => string): DeclaredType["type"] {
  if (typeof type === "string") return renamed(type);
  const { members, methods = [] } = type;
  return {
    members: members.map((own) => ({ ...own, type: renamed(own.type) })),
    methods: methods.map((method): DeclaredMethod => ({
      ...method,
      parameters: method.parameters.map(([name, of, optional]) => [name, renamed(of), optional]),
      result: renamed(method.result),
    })),
  };
}
