/** Spans as people read them. */
import { SourceFile } from "../../base/source/source-file.js";
import type { Span } from "../../base/source/span.js";
import { standardSources } from "../../language/std/sources.js";
import type { SourcePlace } from "./diagnosis.js";

/** The file of a span; undefined where its text is not known. */
export type PlaceLookup = (file: string) => SourceFile | undefined;

/** Files that were read, and those that ship with the compiler. */
export function placeLookup(sources: ReadonlyMap<string, SourceFile>): PlaceLookup {
  return (file) => {
    const standard = standardSources.get(file);
    return sources.get(file) ?? (standard === undefined ? undefined : new SourceFile(file, standard));
  };
}

/** @param left Name of the equation whose right-hand side the span is. */
export function placeOf(span: Span | undefined, lookup: PlaceLookup, left?: string): SourcePlace | undefined {
  const source = span === undefined ? undefined : lookup(span.file);
  if (span === undefined || source === undefined) return undefined;
  const text = source.textOf(span).replace(/\s+/gu, " ");
  // Without the used cell; of a complex value with the part.
  const [name] = /[^.]+(?:\.(?:re|im)'?)?$/u.exec(left ?? "") ?? [];
  return {
    file: span.file,
    line: source.locate(span.start).line,
    text: name === undefined ? text : `${name} = ${text}`,
  };
}
