/** Every stage can be looked at, and kernels are valid after each of theirs. */
import { describe, expect, it, test, vi } from "vitest";
import { type Stage, type StagedProgram, stages, stagesPassed, textsAfter } from "../../../compiler/driver/stages.js";
import { type KernelTargetName, targetPasses } from "../../../compiler/passes/kernel/passes.js";
import { buildKernels, emitModule, lowerSource, readyForKernels } from "../../../compiler/driver/pipeline.js";
import { parseKernel, parseUnplanned } from "../../../compiler/ir/kernel/parse.js";
import { printKernel, printKernelFunction } from "../../../compiler/ir/kernel/print.js";
import { printFunction } from "../../../compiler/ir/graph/print.js";
import type { GraphFunction } from "../../../compiler/ir/graph/graph-function.js";
import { verifyKernel } from "../../../compiler/ir/kernel/verify.js";
import { beforeKernels, graphPasses } from "../../../compiler/passes/graph/passes.js";
import { type EntryVersion, historyOf, runOf } from "../../../compiler/program/entry.js";
import { buildEntries } from "../../../compiler/driver/entries.js";
import { networkStages } from "../../../compiler/program/network-program.js";
import { kernelStages, longestTargets } from "../../support/kernel-stages.js";
import { attendingNetwork } from "../../support/attending.js";
import { alignerProgram } from "../../support/aligner-program.js";
import { sizesFor, standardCells } from "../../support/standard-cells.js";

const all = { gradient: true, jvp: false, hvp: false };
/** What a text of an entry has. */
const words = {
  text: (entry) => entry,
  graph: (entry) => `func ${entry}`,
  kernels: (entry) => `kernel ${entry}`,
  code: (entry, target) => (target === "js" ? `function ${entry}` : `(export "${entry}"`),
} satisfies Record<Stage["gives"], (entry: string, target: KernelTargetName) => string>;

const eachKernelTarget = longestTargets.flatMap((target) =>
  (["f32", "f64"] as const).map((dtype) => [target, dtype] as const),
);

/** What stages show beside entries. */
const besides = ({ name, gives }: Stage): readonly string[] =>
  gives === "kernels" ? ["buffers"] : name === "layout" ? ["layout"] : [];

const cells = new Map(standardCells().map((entry) => [entry.cell, entry]));

function lowered(name: string): StagedProgram {
  const { source, cell, dimensions } = cells.get(name)!;
  const found = lowerSource(source, { cell, dimensions: sizesFor(dimensions, 2) }, "all sizes");
  const { network, written } = found;
  return { program: found.program!, cell: found.cell, network, written };
}

describe.each(["LSTM", "GRU", "LuongDotGRU", "LayerNormLSTM", "MinGRU"])("%s", (name) => {
  const { program: source } = lowered(name);
  const program = buildEntries(source, all);
  const sizes = new Map([["%B", 3], ...source.axes.map(({ symbol, kind }): [string, number] => [symbol, kind === "steps" ? 4 : 5])]); // prettier-ignore

  it.each(eachKernelTarget)(
    "has valid kernels after each stage, in the order of stages, for %s in %s",
    (target, dtype) => {
      const passed = kernelStages(program, target, dtype);
      for (const { stage, kernel } of passed) {
        expect(verifyKernel(kernel, sizes), stage).toEqual([]);
      }
      const known = stages.filter(({ gives, targets }) => gives === "kernels" && targets.includes(target));
      expect(passed.map(({ stage }) => stage)).toEqual(known.map((stage) => stage.name));
    },
  );
});

const observedPrograms = [
  ...["GRU", "LuongDotGRU"].map((name) => lowered(name).program),
  alignerProgram,
  lowerSource(attendingNetwork, {}, "symbolic").program!,
  lowerSource(
    `cell Own(H) {
      input x: [H]
      state h: [H] = tanh(a * 2)
      param a: [H] ~ 2 * exp(b)
      param b: [H]
      h' = tanh(h + x * a)
      output y = h'
    }`,
    {},
    "symbolic",
  ).program!,
  lowerSource(`cell Filter(K) { input x: real param taps: [K] output y = taps @ past(x, K) }`, {}, "symbolic").program!,
];

test("the stages of graphs are those that entries pass, and several times where that is said", () => {
  const most = new Map<string, number>();
  for (const program of observedPrograms) {
    const last = new Map<string, GraphFunction>();
    const { entries } = buildEntries(program, {
      ...{ gradient: true, jvp: true, hvp: true },
      observe: (version) => {
        most.set(version.stage, Math.max(most.get(version.stage) ?? 0, runOf(version)));
        last.set(version.entry, version.fn);
      },
    });
    // What was looked at last is what kernels are made of.
    expect([...last.keys()].sort()).toEqual([...entries.keys()].sort());
    for (const { name, fn } of entries.values())
      expect(printFunction({ ...last.get(name)!, name }), name).toBe(printFunction(fn));
  }
  // Before there are entries, and after.
  const others = ["lower", ...Object.keys(networkStages), ...beforeKernels.map(({ name }) => name)];
  const known = stages.filter(({ gives, name }) => gives === "graph" && !others.includes(name));
  expect(Object.fromEntries([...most].map(([name, runs]) => [name, runs > 1]))).toEqual(
    Object.fromEntries(known.map(({ name, repeats }) => [name, repeats])),
  );
});

test("each version has the history of what it was made from", () => {
  const histories = new Map<string, string[]>();
  for (const program of observedPrograms) {
    const known = new Set<EntryVersion>();
    buildEntries(program, {
      ...{ gradient: true, jvp: true, hvp: true },
      observe: (version) => {
        expect(version.from === undefined || known.has(version.from), `${version.entry} ${version.stage}`).toBe(true);
        known.add(version);
        histories.set(version.entry, historyOf(version).map(({ entry, stage }) => `${entry} ${stage}`)); // prettier-ignore
      },
    });
  }
  expect(histories.get("step")).toEqual(expect.arrayContaining(["forward order-sums", "step one-step"]));
  expect(histories.get("step")).not.toContain("forward window-delays");
  expect(histories.get("stepContexts")).toEqual(expect.arrayContaining(["step one-step", "stepContexts split-contexts"])); // prettier-ignore
  expect(histories.get("backward")).toEqual(expect.arrayContaining(["forward window-delays", "backward derive"]));
  expect(histories.get("initialBackward")).toEqual(expect.arrayContaining(["initial simplify", "initialBackward derive"])); // prettier-ignore
  expect(histories.get("stepInitial")).toEqual([...histories.get("initial")!, "stepInitial one-step"]);
  for (const [entry, [first]] of histories)
    expect(first, entry).toBe(`${["initial", "start"].find((of) => entry.toLowerCase().includes(of)) ?? "forward"} equations`); // prettier-ignore
});

test("no pass runs unseen", () => {
  const seen: string[] = [];
  const passes = [...graphPasses, ...beforeKernels];
  const spies = passes.map((pass) => ({ name: pass.name, spy: vi.spyOn(pass, "run") }));
  for (const program of observedPrograms) {
    const observe = ({ stage }: EntryVersion) => void seen.push(stage);
    const entries = buildEntries(program, { gradient: true, jvp: true, hvp: true, observe });
    readyForKernels(entries, (_, pass) => void seen.push(pass));
  }
  const ran = spies.map(({ name, spy }) => [name, spy.mock.calls.length]);
  vi.restoreAllMocks();
  expect(ran).toEqual(passes.map(({ name }) => [name, seen.filter((stage) => stage === name).length]));
});

test.each(eachKernelTarget)(
  "no pass on kernels runs unseen, for %s in %s, nor where they are printed",
  (target, dtype) => {
    const { beforeMemory, afterMemory } = targetPasses[target];
    const passes = [...beforeMemory, ...afterMemory];
    const spies = passes.map((pass) => vi.spyOn(pass, "run"));
    const { program } = lowered("GRU");
    const seen: string[] = [];
    const observe = (stage: string): void => void seen.push(stage);
    buildKernels(buildEntries(program, all), { passes: targetPasses[target], dtype, observe });
    const ran = spies.map((spy) => spy.mock.calls.length);
    const [module, fma] = target === "js" ? (["js", false] as const) : (["wasm", true] as const);
    emitModule(program, { ...all, target: module, dtype, fma, wasmFile: false });
    const printed = spies.map((spy) => spy.mock.calls.length);
    vi.restoreAllMocks();
    expect(seen.filter((stage) => !["kernels", "memory"].includes(stage))).toEqual(passes.map(({ name }) => name));
    expect(ran).toEqual(passes.map(() => 1));
    expect(printed).toEqual(passes.map(() => 2));
  },
);

test.each(["js", "wasm"] as const)("what is shown of kernels is what a module of %s has", (target) => {
  const text = `cell Table(V, H) {
    input i: index(V)
    state h: [H]
    param E: [V, H]
    h' = tanh(h + E[i])
    output y = h'
  }`;
  const { program, cell, written } = lowerSource(text, { dimensions: { V: 50, H: 4 } }, "all sizes");
  const own: string[] = [];
  emitModule(program!, { ...all, target, dtype: "f32", fma: false, wasmFile: false }, (kernels) => {
    own.push(...kernels.functions.map(printKernelFunction));
    return kernels;
  });
  const stage = stages.find(({ name }) => name === "memory")!;
  const shown = textsAfter({ program: program!, cell, network: undefined, written }, stage, {
    ...all,
    target,
    dtype: "f32",
  });
  expect([...shown.values()].slice(1)).toEqual(own);
  expect(shown.get("backward")).toContain("where it has rows");
});

/** What stages show of kernels, one after the other, is a program of kernels. */
function expectReadBack(text: string): void {
  const parse = text.includes("\nslot ") || text.startsWith("slot ") ? parseKernel : parseUnplanned;
  const kernels = parse(text);
  expect(printKernel(kernels)).toBe(text);
  if ("slots" in kernels) expect(verifyKernel(kernels, new Map([["%B", 2], ["%T", 3], ["T", 3], ["S", 2]]))).toEqual([]); // prettier-ignore
}

it("shows with kernels whose buffers have no places what is known of these", () => {
  const shown = (name: string): string =>
    [...textsAfter(lowered("GRU"), stages.find((stage) => stage.name === name)!, { ...all, target: "wasm", dtype: "f32" }).values()].join("\n"); // prettier-ignore
  const packed = shown("pack-operands");
  for (const words of [
    " held\n",
    " persistent",
    / in panels of \d+\n/u,
    /^buffer input\.x: real\[7\*%B\*%T\] external persistent$/mu,
  ])
    expect(packed).toMatch(words);
  expect(shown("kernels")).not.toContain(" in panels of ");
  expectReadBack(packed);
});

describe("of a network with two entries", () => {
  const text = `network Parts(H; T, S >= 1) {
    input x: [T, H]
    input memory: [S, H]
    param W: [H, H]
    z = x @ W
    keys = tanh(memory @ W)
    h[t] = tanh(before(h, W[0])[t] + z[t] + softmax(keys @ z[t]) @ memory)
    output y = h
    entry first = z
    entry rest = y given z
  }`;
  const { program, cell, network, written } = lowerSource(text, { dimensions: { H: 2 } }, "all sizes");
  const staged: StagedProgram = { program: program!, cell, network, written };
  const parts = ["first", "rest"];
  const isOf = (part: string, name: string): boolean => name.startsWith(`${part}$`);

  it.each([true, false])("each stage shows those of one, with the buffers that they use (gradient: %s)", (gradient) => {
    const empty = new Set<string>();
    for (const stage of stages) {
      if (stage.ofWhole) continue;
      // Parts have no gradient: passes on their kernels are the same beside one.
      if (gradient && stage.gives === "kernels" && !["kernels", "memory"].includes(stage.name)) continue;
      const [target = "js"] = stage.targets;
      const options = { ...all, gradient, target, dtype: "f32" } as const;
      const whole = textsAfter(staged, stage, options);
      if (stage.gives === "kernels") expectReadBack([...whole.values()].join("\n"));
      for (const part of parts) {
        const own = textsAfter(staged, stage, { ...options, entry: part });
        const buffers = own.get("buffers");
        if (stage.gives === "kernels") expectReadBack([...own.values()].join("\n"));
        own.delete("buffers");
        expect([...own], `${stage.name} ${part}`).toEqual([...whole].filter(([name]) => isOf(part, name)));
        if (own.size === 0) empty.add(stage.name);
        for (const [name, printed] of gradient ? [...own].slice(-1) : [])
          expect(textsAfter(staged, stage, { ...options, entry: name }).get(name)).toBe(printed);
        if (stage.gives !== "kernels") continue;
        const names = [...buffers!.matchAll(/^buffer "?([^:"]*)"?: .*?(?: slot (\d+).*)?$/gmu)];
        const kernels = [...own.values()].join("");
        expect(names.length).toBeGreaterThan(3);
        for (const [, name = "", slot] of names) {
          expect(kernels).toContain(name);
          if (slot !== undefined) expect(buffers).toMatch(new RegExp(`^slot ${slot}: `, "mu"));
        }
        const other = parts.find((one) => one !== part)!;
        expect(names.filter(([, name = ""]) => isOf(other, name))).toEqual([]);
        for (const [, name = ""] of kernels.matchAll(/(\w+\$(?:input|output|step\.\w+)\.\w+)/gu))
          expect(buffers, name).toContain(name);
      }
    }
    const ofOthers = ["expand-strong-products", "gradient-rows", "derive", "derive-gradient", "lengths"];
    expect([...empty].filter((name) => !ofOthers.includes(name))).toEqual([]);
    expect(empty).toContain("derive");
  });
});

test.each([
  ["GRU", lowered("GRU"), ["backward", "forward", "step"]],
  [
    "a program that is no cell",
    { program: alignerProgram, cell: undefined, network: undefined, written: undefined },
    ["backward", "forward"],
  ],
])("every stage prints every entry of %s that passes it", (_, staged, names) => {
  const shown = new Set<string>();
  for (const stage of stages) {
    for (const target of stage.targets) {
      const texts = textsAfter(staged, stage, { ...all, target, dtype: "f32" });
      for (const [entry, text] of texts) {
        if (names.includes(entry)) expect(text).toContain(words[stage.gives](entry, target));
        shown.add(stage.name);
      }
      const beside = besides(stage);
      if (stage.name === "layout") expect([...texts.keys()]).toEqual(beside);
      else if (["kernels", "code"].includes(stage.gives))
        expect([...texts.keys()].sort()).toEqual([...beside, ...names].sort());
    }
  }
  const ofNetworks = ["cut", ...Object.keys(networkStages)];
  // That program is no text, and does not stream.
  const ofTexts = ["parse", "check", "complex-to-real", "lower", "one-step", "split-contexts"];
  const missing = ["derive-gradient", ...ofNetworks, ...(staged.written === undefined ? ofTexts : [])];
  expect([...shown, ...missing].sort()).toEqual(stages.map(({ name }) => name).sort());
});

describe("what becomes of a network before it is entries", () => {
  const text = `network Said(H; N) {
    input x: [N, H]
    input gold: [N, H]
    param W: [H, H]
    z = x @ W
    said[t] = tanh(before(said, fill(0, [H]))[t] + z[t]) over L <= N until said[t, 0] > 0.5
    loss = sum((z - gold) ^ 2, axis = [0, 1]) per N
    output y = said
    entry first = z
  }`;
  const { program, cell, network, written } = lowerSource(text, {}, "symbolic");
  const staged: StagedProgram = { program: program!, cell, network, written };
  const options = { ...all, target: "js", dtype: "f32" } as const;
  const shown = (name: string): Map<string, string> =>
    textsAfter(
      staged,
      stages.find((stage) => stage.name === name)!,
      options,
    );

  it("has a stage each, which lists of entries have too", () => {
    const passed = stagesPassed(staged, options);
    const before = (entry: string): string[] => passed.get(entry)!.map(({ stage }) => stage.name);
    const whole = ["parse", "check", "complex-to-real", "lower", "losses", "stream-states", "lengths", "equations"];
    expect(before("forward").slice(0, whole.length)).toEqual(whole);
    expect(before("lengths").slice(0, 6)).toEqual(["parse", "check", "complex-to-real", "lengths", "equations", "drop-derivatives"]); // prettier-ignore
    const cut = ["parse", "check", "cut", "complex-to-real", "lower", "losses", "stream-states", "equations"];
    expect(before("first$forward").slice(0, cut.length)).toEqual(cut);
  });

  it("says of each version which part it is of", () => {
    const seen = new Map<string, string | undefined>();
    buildEntries(staged.program, { ...all, observe: ({ entry, part }) => void seen.set(entry, part) });
    expect([...seen].filter(([, part]) => part !== undefined)).toEqual([
      ["first$forward", "first"],
      ["first$step", "first"],
    ]);
    expect(seen.has("forward")).toBe(true);
  });

  it("is printed after each", () => {
    expect(shown("cut").get("Said$first")).toMatch(/^network Said\$first\(H; N, L\)\n[^]*output z: \[N, H\]\n/u);
    expect([...shown("lower").keys()]).toEqual(["forward", "first$forward"]);
    expect(shown("lower").get("forward")).toContain("func forward(%x: real[N, H]");
    expect(shown("lower").get("forward")).toContain(" states [said before]");
    expect(shown("losses").get("forward")).toContain("batch_sum");
    expect(shown("losses").get("forward")).toContain("%input.x: real[N, H]");
    expect([...shown("lengths").keys()]).toEqual(["forward", "lengths"]);
    expect(shown("equations").get("forward")).not.toContain(" states [");
  });
});

test("complex names are two real ones before they are lowered", () => {
  const text = "cell Turned(H) { input x: [H] state z: complex[H] z' = 0.5i * z + x output y = re(z') }";
  const { program, cell, network, written } = lowerSource(text, {}, "symbolic");
  const stage = stages.find(({ name }) => name === "complex-to-real")!;
  const texts = textsAfter({ program: program!, cell, network, written }, stage, {
    ...all,
    target: "js",
    dtype: "f32",
  });
  expect(texts.get("Turned")).toMatch(/state z\.re: \[H\]\nstate z\.im: \[H\]\n/u);
  expect(texts.get("Turned")).not.toContain("complex");
});
