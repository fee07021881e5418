/**
 * Where values come from is for messages alone: nothing that computes reads it, and programs read back from their texts, which have none of
 * it, become the same entries in all stages, whatever derives and rewrites them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import ts from "typescript";
import { describe, expect, it, test } from "vitest";
import { at } from "../../../../compiler/base/at.js";
import { DiagnosticCollector } from "../../../../compiler/base/diagnostics/diagnostic.js";
import { cellAxes, type SizedAxis } from "../../../../compiler/base/types/call-axes.js";
import { buildEntries } from "../../../../compiler/driver/entries.js";
import { checkSource, parseSource } from "../../../../compiler/driver/check-source.js";
import type { GraphFunction } from "../../../../compiler/ir/graph/graph-function.js";
import { parseProgram } from "../../../../compiler/ir/graph/parse.js";
import { printFunction } from "../../../../compiler/ir/graph/print.js";
import { rewriteFunction } from "../../../../compiler/ir/graph/rewrite.js";
import { shapeContext } from "../../../../compiler/ir/graph/shape-rules.js";
import { innerGradient } from "../../../../compiler/passes/autodiff/inner-gradient.js";
import { gradientOf, tangentsOnly } from "../../../../compiler/passes/autodiff/whole-derivatives.js";
import * as lists from "../../../../compiler/passes/graph/passes.js";
import { type GraphPass, runPasses } from "../../../../compiler/passes/pass.js";
import { lowerNamed } from "../../../../compiler/program/lowering/ast-to-graph.js";
import { programOfCell } from "../../../../compiler/program/cell-program.js";
import { programOfNetwork } from "../../../../compiler/program/network-program.js";
import type { LoweredCell, LoweredNetwork } from "../../../../compiler/program/base/lowered-cell.js";
import type { Program } from "../../../../compiler/program/program.js";
import { arbitraryCell } from "../../../../compiler/tools/testing/fast-check.js";
import { arbitraryGraph, graphDimensions } from "../../../support/arbitrary-graph.js";
import { fuzzParameters } from "../../../support/fuzz.js";
import { networkOf } from "../../../support/random-network.js";
import { sourceFiles } from "../../../support/source-imports.js";

const root = join(import.meta.dirname, "../../../..");
const treeOf = (path: string): ts.SourceFile =>
  ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.Latest, true);

/** What is read of an origin, in any way that names it; writing a field in an object reads none. */
function fieldsRead(tree: ts.SourceFile, fields: ReadonlySet<string>): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const name = nameRead(node);
    if (name !== undefined && fields.has(name)) {
      const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
      found.push(`${tree.fileName}:${line + 1} reads ${name}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function nameRead(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.name.text;
  if (ts.isElementAccessExpression(node) && ts.isStringLiteral(node.argumentExpression))
    return node.argumentExpression.text;
  if (!ts.isBindingElement(node) || !ts.isObjectBindingPattern(node.parent)) return undefined;
  const name = node.propertyName ?? node.name;
  return ts.isIdentifier(name) || ts.isStringLiteral(name) ? name.text : undefined;
}

const fieldsOfOrigin = new Set(
  treeOf("compiler/ir/graph/origin.ts").statements.flatMap((statement) =>
    ts.isInterfaceDeclaration(statement)
      ? statement.members.flatMap(({ name }) => (name !== undefined && ts.isIdentifier(name) ? [name.text] : []))
      : [],
  ),
);

describe("a field of an origin is read", () => {
  it.each(["compiler/ir", "compiler/passes"])("by nothing in %s, which hands origins on", (room) => {
    expect(fieldsOfOrigin).toContain("span");
    expect(sourceFiles([room]).flatMap((path) => fieldsRead(treeOf(path), fieldsOfOrigin))).toEqual([]);
  });

  it.each([
    ["origin.isNew", 1],
    ["instruction.origin?.isNew", 1],
    ['origin["isNew"]', 1],
    ["(({ isNew }) => isNew)(origin)", 1],
    ["(({ origin: { isNew: is } }) => is)(instruction)", 1],
    ["({ ...origin, isNew: true })", 0],
  ])("in one way or another: %s", (text, count) => {
    const tree = ts.createSourceFile("any.ts", text, ts.ScriptTarget.Latest, true);
    expect(fieldsRead(tree, new Set(["isNew"]))).toHaveLength(count);
  });
});

const readBack = (fn: GraphFunction, axes: readonly SizedAxis[]): GraphFunction =>
  at(parseProgram(printFunction(fn), axes).functions, 0);

/** With the numbers that reading gives values, which those that have no name are called by. */
const placed = (fn: GraphFunction, axes: readonly SizedAxis[]): GraphFunction =>
  rewriteFunction(fn, shapeContext(axes), () => undefined);

type Change = typeof readBack;

describe("random functions, read back", () => {
  const axes = cellAxes(graphDimensions);
  const context = shapeContext(axes);
  const all = [...lists.graphPasses, lists.beforeKernels[0] as GraphPass];
  const derivatives = [
    (fn: GraphFunction) => gradientOf(fn, context, undefined, true),
    (fn: GraphFunction) => tangentsOnly(fn, context),
  ];
  const sameOf = (run: (fn: GraphFunction) => GraphFunction, fn: GraphFunction): boolean =>
    printFunction(run(fn)) === printFunction(run(readBack(fn, axes)));

  test("become the same in every pass, and so do their derivatives", () => {
    fc.assert(
      fc.property(arbitraryGraph(24, true), ({ fn: drawn }) => {
        const fn = placed(drawn, axes);
        for (const pass of all)
          expect(
            sameOf((one) => pass.run(one, context), fn),
            pass.name,
          ).toBe(true);
        const whole = runPasses(fn, lists.equationPasses, context);
        for (const [i, derive] of derivatives.entries()) {
          expect(sameOf(derive, placed(whole, axes)), String(i)).toBe(true);
          const derived = placed(derive(whole), axes);
          expect(
            sameOf((one) => runPasses(one, lists.derivativePasses, context), derived),
            String(i),
          ).toBe(true);
        }
      }),
      fuzzParameters(15, 8),
    );
  });

  test("a pass that looks at where a value comes from is found", () => {
    const looking = (fn: GraphFunction): GraphFunction =>
      rewriteFunction(fn, context, (b, operation, operands, { origin }) =>
        origin.note === "one" && operation.kind === "map" && operation.op === "add"
          ? [b.map("sub", ...operands)]
          : undefined,
      );
    const found = fc
      .sample(arbitraryGraph(24, true), { numRuns: 20, seed: 3 })
      .filter(({ fn }) => !sameOf(looking, placed(fn, axes)));
    expect(found.length).toBeGreaterThan(2);
  });
});

/** A program, its functions changed. */
function withFunctions(program: Program, change: Change): Program {
  const own = (fn: GraphFunction): GraphFunction => change(fn, program.axes);
  const { forward, initial, starts, found, parts } = program;
  return {
    ...program,
    forward: own(forward),
    initial: initial && own(initial),
    starts: starts && { ...starts, fn: own(starts.fn) },
    ...(found && { found: { ...found, fn: own(found.fn) } }),
    ...(parts && { parts: parts.map((part) => ({ ...part, program: withFunctions(part.program, change) })) }),
  };
}

/** All functions of all stages of the entries, each with where it is of. */
function stagesOf(program: Program): string[] {
  const texts: string[] = [];
  buildEntries(program, {
    ...{ gradient: true, jvp: true, hvp: false },
    observe: ({ entry, stage, fn }) => {
      texts.push(`${entry} after ${stage}\n${printFunction(fn)}`);
    },
  });
  return texts;
}

/** What a program says, its functions as texts. */
const described = (program: Program): unknown => {
  const text = (fn: GraphFunction | undefined): string | undefined => fn && printFunction(fn);
  const { forward, initial, starts, found, parts, ...rest } = program;
  return {
    ...rest,
    functions: [forward, initial, starts?.fn, found?.fn].map(text),
    parts: parts?.map((part) => described(part.program)),
  };
};

/** What lowering gives, its functions changed; calls of declared derivatives are told by the numbers of values. */
function changed<L extends LoweredCell | LoweredNetwork>(lowered: L, change: Change): L {
  const axes = "axes" in lowered ? lowered.axes : cellAxes(lowered.runtimeDimensions);
  const own = (fn: GraphFunction): GraphFunction => change(fn, axes);
  const starts = lowered.starts && { ...lowered.starts, fn: change(lowered.starts.fn, []) };
  const common = { ...lowered, declared: [], starts };
  if (!("whole" in lowered))
    return { ...common, step: own(lowered.step), initial: lowered.initial && own(lowered.initial) };
  const parts = lowered.parts?.map((part) => ({ ...part, network: changed(part.network, change) }));
  return { ...common, whole: own(lowered.whole), ...(parts && { parts }) };
}

/** @param written how many operations rounds may be that are written out */
function expectReadBack(text: string, name: string | undefined, written: number): void {
  const { program: typed } = checkSource(parseSource(text, {}));
  const cell = name ?? [...typed.cells.keys()].at(-1)!;
  const given = { dimensions: new Map<string, number>(), reals: new Map<string, number>(), assumeSizes: true, mostWrittenOut: written, dtype: "f32" } as const; // prettier-ignore
  const collector = new DiagnosticCollector();
  const lowered = lowerNamed(typed, cell, given, innerGradient, collector);
  expect(collector.diagnostics).toEqual([]);
  const made = (change: Change): Program => {
    const one = changed(lowered!, change);
    return "step" in one ? programOfCell(one) : programOfNetwork(one);
  };
  expect(described(made(readBack))).toEqual(described(made(placed)));
  const program = made(placed);
  expect(stagesOf(withFunctions(program, readBack))).toEqual(stagesOf(withFunctions(program, placed)));
}

/** A softmax, sums that rounds do not share, rounds whose derivative is that of where they end, and places as numbers. */
const cellOfRounds = `cell Rounds(H) {
  input x: [H]
  state h: [H]
  param W: [H, H] ~ normal(0.1)
  param b: [H] ~ normal(0.1)
  q = x then tanh(W @ q + x + b + h) + q for 4
  p = 0 * x then 0.1 * p + x for 30 until max(abs(p' - p)) < 1e-9 implicit
  s[i] = i * h[i] + sum((i - j) * x[j] for j)
  g = h then g + x for 3
  h' = (softmax(q) + p + s) * g
  output y = h'
}`;

/** Everything that a stream goes on with, by its name. */
const streamed = `import { LSTM } from "std/lstm"

network Streamed(V, E, H; T) {
  input words: index(V)[T]
  param table: [V, E] ~ normal(1)
  param filter: [H, 3, H] ~ normal(1)
  use low = LSTM(E, H)
  last = before(words, 0)
  y = low(table[last])
  z = before(y, fill(1, [H]))
  total = cumsum(z, axis = T)
  place[t] = t * total[t]
  output out = place
}`;

describe("what lowering gives, read back, becomes the same program and the same entries", () => {
  test("random cells", () => {
    fc.assert(
      fc.property(arbitraryCell(), fc.constantFrom(0, 400), ({ source, cell }, written) => {
        expectReadBack(source, cell, written);
      }),
      fuzzParameters(3, 20),
    );
  });

  test("random networks", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(11), { minLength: 24, maxLength: 40 }), (choices) => {
        expectReadBack(networkOf(choices), undefined, 400);
      }),
      fuzzParameters(2, 60),
    );
  });

  it.each([
    ["rounds", cellOfRounds, 400],
    ["rounds as a loop", cellOfRounds, 0],
    ["states of a stream", streamed, 400],
  ])("%s", (_, text, written) => {
    expectReadBack(text, undefined, written);
  });
});
