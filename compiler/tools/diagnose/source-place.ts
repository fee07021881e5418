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

/** @param name What the equation whose right-hand side the span is defines, as its cell calls it. */
export function placeOf(span: Span | undefined, lookup: PlaceLookup, name?: string): SourcePlace | undefined {
  const source = span === undefined ? undefined : lookup(span.file);
  if (span === undefined || source === undefined) return undefined;
  const text = source.textOf(span).replace(/\s+/gu, " ");
  return {
    file: span.file,
    line: source.locate(span.start).line,
    text: name === undefined ? text : `${name} = ${text}`,
  };
}
