/** `recell explain --after`: graphs with symbols, kernels with sizes, and what is no stage. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { attendingNetwork } from "../../support/attending.js";
import { recell } from "../../support/command-line.js";

const folder = mkdtempSync(join(tmpdir(), "recell-after-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, "gru.cell");
writeFileSync(
  file,
  'import { GRU } from "std/gru"\ncell Own(I, H) { input x: [I] use g = GRU(I, H) output y = g(x) }\n',
);

const after = (stage: string, ...more: string[]) => recell("explain", file, "--after", stage, ...more);

test("graphs keep symbols, the step as lowered too", async () => {
  expect((await after("lower")).out).toMatch(/^func step\(%g\.h: real\[H\]/u);
  expect((await after("merge-projections", "--entry", "forward")).out).toMatch(/^func forward\([^]*real\[3\*H/u);
});

test("kernels need all sizes and are those of a target", async () => {
  const open = await after("kernels");
  expect([open.code, open.error]).toEqual([2, expect.stringMatching(/I|H/u)]);
  const sizes = ["-d", "I=4", "-d", "H=8", "--entry", "step"];
  expect((await after("pack-operands", ...sizes)).out).toMatch(
    /^buffer packed\.0: .* in panels of 4\n[^]*\n\nkernel step of one %T \{[^]*packed/mu,
  );
  const tiles = await after("tile-products", ...sizes);
  expect(tiles.out).toMatch(/^kernel step/mu);
  expect(tiles.out).not.toContain("product ");
  const js = await after("drop-single-rounds", ...sizes, "--target", "js");
  const wasm = await after("drop-single-rounds", ...sizes, "--target", "wasm");
  expect(js.out).not.toBe(wasm.out);
});

test("texts before there are entries, and what is made of kernels", async () => {
  expect((await after("parse")).out).toMatch(
    /^import \{ GRU \} from "std\/gru"\n\ncell Own\(I, H\) \{\n {2}input x: \[I\]\n/u,
  );
  expect((await after("check")).out).toBe(
    "cell Own(I, H)\ninput x: [I]\nuse g: GRU(I = I, H = H)\ny: [H]\noutput y: [H]\n",
  );
  expect((await after("derive", "--entry", "backward")).out).toMatch(/^func backward\([^]*grad\.param\.g\./u);
  const first = await after("derive-gradient", "--hvp", "--entry", "hvp");
  expect(first.out).toMatch(/^func hvp\([^)]*%grad\.output\.y: [^)]*\) -> \(grad\./u);
  expect((await after("derive", "--hvp", "--entry", "hvp")).out).toMatch(/^func hvp\([^]*-> \(tangent\.grad\./u);
  expect((await after("list", "--hvp", "--entry", "hvp")).out).toMatch(/^derive-gradient .*\nderive  /mu);
  const sizes = ["-d", "I=4", "-d", "H=8"];
  const places = (await after("memory", ...sizes, "--entry", "buffers")).out;
  expect(places).toMatch(/^slot 0: real\[/mu);
  expect(places).toMatch(/^buffer input\.x: real\[4\*%B\*%T\] slot \d+ external$/mu);
  const layout = (await after("layout", ...sizes)).out;
  expect(layout).toMatch(
    /^word 0: the size %B\n[^]*^lengths: at the address in word \d+\n[^]*^param\.g\.\S+: byte \d+$/mu,
  );
  expect((await after("print", ...sizes, "--entry", "step")).out).toMatch(/^\(module[^]*\(export "step"/u);
  expect((await after("print", ...sizes, "--entry", "step", "--target", "js")).out).toMatch(/^ +function step\(/mu);
  const other = await after("layout", ...sizes, "--target", "js");
  expect([other.code, other.error]).toEqual([2, expect.stringContaining("layout is no stage of js; only of wasm")]);
});

test("with --segments the functions are those that build --segments makes", async () => {
  const sizes = ["-d", "I=2", "-d", "H=3", "--entry", "backward"];
  const [whole, cut] = [await after("kernels", ...sizes), await after("kernels", ...sizes, "--segments")];
  expect([whole.code, cut.code]).toEqual([0, 0]);
  expect(whole.out).not.toContain("counts.sums");
  expect(cut.out).toContain("counts.sums");
  const ahead = join(folder, "ahead.cell");
  writeFileSync(ahead, "network Ahead(; T) { input x: [T] param a: [] ~ zeros output y = a * reverse(x) }");
  const told = await recell("explain", ahead, "--after", "derive", "--segments");
  expect([told.code, told.error]).toEqual([1, expect.stringMatching(/no-segments[^]*the gradient cannot be computed in segments/u)]);
  const { code, out } = await recell("explain", ahead, "--after", "derive", "--segments", "--json");
  expect([code, JSON.parse(out)]).toEqual([1, { diagnostics: [expect.objectContaining({ code: "no-segments" })] }]);
}); // prettier-ignore

test("what is no stage, or none of that target, is told", async () => {
  const none = await after("fuse-tails", "-d", "I=4", "-d", "H=8", "--target", "js");
  expect([none.code, none.error]).toEqual([2, expect.stringMatching(/fuse-tails is no stage of js; only of wasm/u)]);
  const alone = await recell("explain", file, "--target", "js");
  expect([alone.code, alone.error]).toEqual([2, expect.stringMatching(/--target goes with --after/u)]);
  const other = await after("memory", "-d", "I=4", "-d", "H=8", "--target", "auto");
  expect([other.code, other.error]).toEqual([
    2,
    expect.stringMatching(/--target must be wasm or js or wasm-fma, got "auto"/u),
  ]);
  const list = await after("list");
  expect(list.out).toMatch(
    /^parse +[^]*^lower +one example[^]*^simplify +.*\(several times: simplify:1, simplify:2, …\)$[^]*^hoist-addresses +.*\(kernels, js only\)$[^]*\(kernels, wasm-fma only\)$[^]*\(code, not js\)$/mu,
  );
});

test("what hosts with fused multiply-add run is shown by its pass, and by the code that is made of it", async () => {
  const sizes = ["-d", "I=4", "-d", "H=8", "--entry", "step"];
  const fused = await after("fuse-multiply-adds", ...sizes);
  expect(fused.out).toMatch(/^ +product .*[^]*^ +contracted \w+ < 8\n +fused$[^]* fused tanh\(/mu);
  expect((await after("choose-lanes", ...sizes, "--target", "wasm-fma")).out).not.toContain("fused");
  expect((await after("print", ...sizes, "--target", "wasm-fma")).out).toContain("f32x4.relaxed_madd");
  expect((await after("print", ...sizes, "--target", "wasm")).out).not.toContain("relaxed");
  const plain = await after("fuse-multiply-adds", ...sizes, "--target", "wasm");
  expect([plain.code, plain.error]).toEqual([2, expect.stringContaining("fuse-multiply-adds is no stage of wasm; only of wasm-fma")]); // prettier-ignore
});

test("the list of an entry is what ran on it, in order", async () => {
  const listed = async (...more: string[]) => {
    const { out, error } = await after("list", ...more);
    return out === "" ? error : out.split("\n").map((line) => line.split(" ")[0]!);
  };
  const backward = await listed("--entry", "backward");
  expect(backward.slice(0, 6)).toEqual([
    "parse",
    "check",
    "complex-to-real",
    "lower",
    "equations",
    "expand-unwindows:1",
  ]);
  const derive = backward.indexOf("derive");
  expect(backward.slice(derive, derive + 4)).toEqual(["derive", "drop-derivatives", "expand-strong-products", "expand-unwindows:2"]); // prettier-ignore
  const step = (await listed("--entry", "step")) as string[];
  const places = [
    "equations",
    "expand-unwindows",
    "separate-loops",
    "order-sums",
    "merge-projections",
    "drop-derivatives:1",
    "one-step",
    "drop-derivatives:2",
    "split-contexts",
    "kernels",
    "layout",
    "print",
  ];
  expect(step.filter((name) => places.includes(name))).toEqual(places);
  expect(await listed("--entry", "step", "--target", "js")).toEqual(expect.not.arrayContaining(["layout"]));
  expect(step).not.toContain("window-delays");
  for (const name of ["drop-derivatives:1", "one-step"])
    expect((await after(name, "--entry", "step")).out).toMatch(/^func step\(/u);
  for (const name of step.slice(3, step.indexOf("drop-derivatives:1")))
    expect((await after(name, "--entry", "step")).out, name).toMatch(name === "lower" ? /^func step\(/u : /^func forward\(/u); // prettier-ignore
  const { functions } = JSON.parse((await after("list", "--entry", "step", "--json")).out) as { functions: { entry: string; stages: string[] }[] }; // prettier-ignore
  expect(functions).toEqual([{ entry: "step", stages: step.filter((name) => name !== "") }]);
  expect(await listed("--entry", "jvp")).toContain("there is no entry jvp; there is one with --jvp");
  expect(await listed("--entry", "forwards")).toContain("there is no entry forwards; did you mean forward?");
  expect(await listed("--entry", "nosuch")).toContain("there are forward, ");
});

test("each run of a stage that runs several times", async () => {
  const runs = await Promise.all([1, 2, 3, 4].map((run) => after(`simplify:${run}`, "--entry", "forward")));
  expect(new Set(runs.map(({ out }) => out)).size).toBeGreaterThan(1);
  expect(runs[3]!.out).toBe((await after("simplify", "--entry", "forward")).out);
  expect((await after("simplify:3", "--entry", "backward")).out).toBe(runs[2]!.out);
  expect((await after("simplify:5", "--entry", "backward")).out).toMatch(/^func backward\(/u);
  const backward = await after("simplify:6", "--entry", "backward");
  expect([backward.code, backward.error]).toEqual([
    2,
    expect.stringContaining("there is no simplify:6: simplify runs 5 times on backward"),
  ]);
  const names = ["simplify:6", "simplify:0", "simplify:x", "memory:2", "list:2"];
  const errors = await Promise.all(names.map((name) => after(name)));
  expect(errors.map(({ code, error }) => [code, error.split("\n")[0]])).toEqual([
    [2, expect.stringContaining("there is no simplify:6: simplify runs at most 5 times on an entry here")],
    [2, expect.stringContaining("there is no simplify:0: ")],
    [2, expect.stringContaining("there is no simplify:x: ")],
    [2, expect.stringContaining("there is no memory:2: memory runs once, so it needs no number")],
    [2, expect.stringContaining("there is no list:2: list is no stage and takes no number")],
  ]);
});

test("a stage that runs on no entry, and which entries there are", async () => {
  const total = join(folder, "total.cell");
  writeFileSync(total, "network Total(H; T) {\n  input x: [T, H]\n  output y = sum(reverse(x), axis = 0)\n}\n");
  const { code, error } = await recell("explain", total, "--after", "one-step");
  expect([code, error]).toEqual([
    2,
    expect.stringContaining("one-step does not run on any entry here; there are forward, backward"),
  ]);
});

test("what a stream does once, and at each step", async () => {
  const own = join(folder, "attending.cell");
  writeFileSync(own, attendingNetwork);
  const shown = (...more: string[]) => recell("explain", own, "--after", ...more);
  expect((await shown("split-contexts", "--entry", "stepContexts")).out).toMatch(/^func stepContexts\(/u);
  expect((await shown("one-step", "--entry", "step")).out).not.toContain("%T");
  const derive = await shown("derive", "--entry", "stepContexts");
  expect(derive.error).toContain("derive does not run on stepContexts; it runs on forward, backward");
});

test("an entry of a network is all of its functions, or one", async () => {
  const own = join(folder, "parts.cell");
  writeFileSync(
    own,
    `network Parts(H; T) {
  input x: [T, H]
  param W: [H, H]
  z = x @ W
  h[t] = tanh(before(h, zeros([H]))[t] + z[t])
  output y = h
  entry first = z
  entry rest = y given z
}
`,
  );
  const shown = async (...more: string[]) => {
    const { code, out, error } = await recell("explain", own, ...more);
    return code === 0 ? out : error;
  };
  const sizes = ["-d", "H=2"];
  expect(await shown("--entry", "first")).toMatch(/^Parts\n\nfirst\$forward\n/u);
  expect(await shown("--entry", "firs")).toContain("there is no entry firs; did you mean first?");
  const memory = await shown("--after", "memory", ...sizes, "--entry", "rest");
  expect(memory).toMatch(/^buffer "rest\$input\.z": [^]*^kernel "rest\$step" [^]*^kernel "rest\$forward" /mu);
  expect(memory).not.toMatch(/first\$|^kernel \w/mu);
  const step = await shown("--after", "memory", ...sizes, "--entry", "rest$step");
  expect(step).toMatch(/^buffer "rest\$step\.input\.z": [^]*^kernel "rest\$step" /mu);
  expect(step).not.toContain("rest$input.z");
  expect(await shown("--after", "derive", "--entry", "first")).toContain(
    "derive does not run on first; it runs on forward, backward",
  );
  expect(await shown("--after", "one-step", "--entry", "rest$forward")).toContain(
    "one-step does not run on rest$forward; it runs on step, first$step, rest$step",
  );
  expect(await shown("--after", "simplify", "--entry", "frist")).toContain(
    "there is no entry frist; did you mean first?",
  );
  for (const stage of ["parse", "layout"])
    expect(await shown("--after", stage, ...sizes, "--entry", "first")).toContain(
      `recell: ${stage} prints one text for all entries: leave --entry out`,
    );
});

test("an entry that is not there is told with what would make it", async () => {
  const jvp = await after("simplify", "--entry", "jvp");
  expect([jvp.code, jvp.error]).toEqual([2, expect.stringContaining("does not run on jvp; there is one with --jvp")]);
  expect((await after("simplify", "--entry", "jvp", "--jvp")).out).toMatch(/^func jvp\(/u);
  expect((await after("simplify", "--entry", "nosuch")).error).toContain("there is no entry nosuch; simplify runs on ");
  expect((await after("simplify", "--entry", "fwd")).error).toContain(
    "there is no entry fwd; simplify runs on forward, step, backward",
  );
  expect((await after("simplify", "--entry", "forwards")).error).toContain("did you mean forward?");
});

test("without the gradient nothing is kept for it, and it is told what is left out", async () => {
  const forward = ["--entry", "forward", "--no-gradient"];
  expect((await after("remove-unused-values", "--entry", "forward")).out).toContain("residual.");
  expect((await after("remove-unused-values", ...forward)).out).not.toContain("residual.");
  const backward = await after("simplify", "--entry", "backward", "--no-gradient");
  expect(backward.error).toContain("simplify does not run on backward; there is one without --no-gradient");
  expect((await after("list", "--entry", "backward", "--no-gradient")).error).toContain(
    "there is one without --no-gradient",
  );
  expect((await after("simplify", "--no-gradient", "--hvp")).error).toContain(
    "--hvp includes the gradient: leave out --no-gradient",
  );
});
