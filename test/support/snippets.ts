/** What help says to write, compiled: every part between ticks is right in a cell that has what it reads. */
import { expect } from "vitest";
import { check } from "../../compiler/index.js";
import { builtinNames } from "../../compiler/language/semantics/builtins.js";
import { standardHeadOf } from "../../compiler/language/std/sources.js";

/** Types of the names that help uses. */
const types: Readonly<Record<string, string>> = {
  ...named("[N]", "a b x v w z h q_0"),
  ...named("[N, N]", "A B U W"),
  E: "[V, N]",
  F: "complex[N]",
};

function named(type: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, type]));
}

const sizes = ["D", "H", "I", "K", "L", "M", "N", "O", "P", "R", "T", "V", "Y"];
const beginsItem = /^(?:input|param|fixed|state|use|fn|output)\b/u;

/** The parts of a help between ticks, those with `…` in them left out: they say a form. */
export function snippetsOf(help: string): readonly string[] {
  return [...help.matchAll(/`([^`]+)`/gu)].map(([, code = ""]) => code).filter((code) => !code.includes("…"));
}

/** All of a help in one cell, as the reader would write them. @returns how many were compiled. */
export function expectSnippetsRight(help: string): number {
  const codes = snippetsOf(help);
  const imports = codes.filter((code) => code.startsWith("import "));
  const items: string[] = [];
  const declared = new Set<string>();
  for (const [i, code] of codes.filter((one) => !one.startsWith("import ")).entries()) {
    const typed = /^(\w+): (.+)$/u.exec(code);
    if (typed !== null) items.push(`input ${code}`);
    else if (beginsItem.test(code)) items.push(code);
    else if (/^\w+(?:\[[^\]]*\])? = /u.test(code)) items.push(code);
    else if (/ (?:[<>]=?|[=!]=) \S+$/u.test(code)) items.push(`s_${i} = if ${code} then 1 else 0`);
    else if (/^\w{2,}$/u.test(code))
      expect(builtinNames.has(code) || standardHeadOf(code) !== undefined, code).toBe(true);
    else if (code !== "N") items.push(`s_${i} = ${code}`);
    const name = typed?.[1] ?? /^(?:(?:input|param|fixed|state|use|fn|output) )?(\w+)/u.exec(items[items.length - 1] ?? "")?.[1]; // prettier-ignore
    if (name !== undefined) declared.add(name);
  }
  const text = items.join("\n  ");
  const read = Object.entries(types).filter(([name]) => !declared.has(name) && new RegExp(`\\b${name}\\b`, "u").test(text)); // prettier-ignore
  const given = read.map(([name, type]) =>
    type.startsWith("complex") ? `${name} = complex(zeros([N]), ones([N]))` : `param ${name}: ${type}`,
  );
  if (/\(k\b/u.test(text)) given.push("k = argmax(ones([N]))");
  const head = sizes.filter((size) => !declared.has(size)).join(", ");
  const cell = `cell Snippet(${head}, p: real = 2) {\n  ${given.join("\n  ")}\n  ${text}\n  output the_end = p\n}`;
  const source = [...imports, cell].join("\n");
  const errors = check(source).diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ message }) => message), source).toEqual([]); // prettier-ignore
  return codes.length;
}
