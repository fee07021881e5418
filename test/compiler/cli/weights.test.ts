import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cell } from "../../../compiler/index.js";
import {
  adam,
  arrays,
  checkpoints,
  fromNumbers,
  readNpz,
  saveParams,
  train,
  writeSafetensors,
} from "../../../runtime/index.js";
import { checkpointFolder } from "../../../runtime/node/index.js";
import { recell } from "../../support/command-line.js";

const folder = mkdtempSync(join(tmpdir(), "recell-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);
const line = `import { squared_error } from "std/losses"
network Line(; T) {
  input x, y: [T]
  param a: [] ~ ones
  loss = sum(squared_error(a * x, y)) per T
}`;

beforeAll(async () => {
  const ones = (...shape: number[]) => fromNumbers(new Float32Array(shape.reduce((n, size) => n * size, 1)).fill(0.5), shape); // prettier-ignore
  writeFileSync(file("torch.safetensors"), writeSafetensors(new Map([["rnn.weight_ih_l0", ones(8, 3)], ["rnn.weight_hh_l0", ones(8, 2)], ["rnn.bias_ih_l0", ones(8)], ["rnn.bias_hh_l0", ones(8)], ["table", ones(4, 1)]]))); // prettier-ignore
  writeFileSync(file("bad.safetensors"), "<!doctype html>");
  const module = await cell(line, { gradient: true });
  const kept = checkpoints(checkpointFolder(file("run")), { every: 2 });
  await train({ module, data: arrays({ x: [[1]], y: [[2]] }), optimizer: adam(), batch: 1, updates: 2, seed: 0, checkpoints: kept }).finish(); // prettier-ignore
  const instance = module.instantiate({ sizes: { T: 1 } });
  writeFileSync(file("line.safetensors"), saveParams(module, instance));
});

test("inspect", async () => {
  const { code, out } = await recell("weights", "inspect", file("torch.safetensors"));
  expect(code).toBe(0);
  expect(out).toContain("safetensors, 5 tensors, 60 numbers, 240 bytes");
  expect(out).toMatch(/^rnn\.weight_ih_l0 +\[8, 3\] +F32 +0\.5 +0\.5 +0\.5 +0 +0 +0$/mu);
  const run = await recell("weights", "inspect", file("run/step-0000000002.safetensors"), file("line.safetensors"));
  expect(run.out).toMatch(
    /a checkpoint of training, [^]*its run:[^]*^ {2}optimizer +"adam .*$[^]*^ {2}done +2$[^]*^param\/a/mu,
  );
  expect(run.out).toMatch(
    /parameters of a module of recell, 1 tensor, 1 number, 4 bytes\n\ntexts in it:\n {2}cell +"Line"/u,
  );
  const json = JSON.parse((await recell("weights", "inspect", file("line.safetensors"), "--json")).out) as unknown;
  expect(json).toMatchObject([{ kind: "parameters", tensors: [{ name: "a", figures: { min: 1, deviation: 0 } }] }]);
});

test("convert, between libraries, precisions and kinds of files, and out of a checkpoint", async () => {
  const args = ["--to", "recell", "--rename", "rnn.=", "-o", file("ours.npz"), "--dtype", "f64"];
  const { code, out, error } = await recell("weights", "convert", file("torch.safetensors"), ...args);
  expect([code, error]).toEqual([0, ""]);
  expect(out).toMatch(/^from pytorch to recell:\n {2}lstm {2}3 to 2 {2}rnn\.weight_ih_l0, .* → rnn\.W_i, /u);
  expect(out).toContain("as they were: table\n");
  const arrays = readNpz(readFileSync(file("ours.npz")));
  expect(arrays.get("b_f")).toEqual({ shape: [2], values: Float64Array.of(1, 1) });
  expect(arrays.get("table")!.values).toBeInstanceOf(Float64Array);
  const best = await recell("weights", "convert", file("run/step-0000000002.safetensors"), "-o", file("last.safetensors")); // prettier-ignore
  expect(best.out).toBe(`wrote ${file("last.safetensors")}, 1 tensors\n`);
  const diff = await recell("weights", "diff", file("line.safetensors"), file("last.safetensors"));
  expect([diff.code, diff.out]).toEqual([1, expect.stringMatching(/^with different numbers:\n {2}a {2}1 of 1 {2}most by 0\.00\d+ {2}at \[\]: 1 and 1\.00\d+\n0 tensors the same; largest difference 0\.00/u)]); // prettier-ignore
  expect((await recell("weights", "diff", file("line.safetensors"), file("last.safetensors"), "--tolerance", "0.1")).code).toBe(0); // prettier-ignore
});

test("diff of files with other names and shapes", async () => {
  await recell("weights", "convert", file("torch.safetensors"), "--to", "keras", "-o", file("keras.safetensors"));
  const { code, out } = await recell("weights", "diff", file("torch.safetensors"), file("keras.safetensors"));
  expect(code).toBe(1);
  expect(out).toMatch(/^only in .*torch\.safetensors:\n(?: {2}rnn\..*\n){4}only in .*keras\.safetensors:\n(?: {2}rnn\/.*\n){3}1 tensor the same\n$/u); // prettier-ignore
});

test.each([
  [2, [], /weights needs one of inspect, convert, diff, and files/u],
  [2, ["inpsect", "torch.safetensors"], /has no "inpsect"; did you mean inspect\?/u],
  [2, ["diff", "torch.safetensors"], /weights diff takes FILE FILE, got 1 files/u],
  [
    2,
    ["inspect", "torch.safetensors", "--to", "keras"],
    /--to is an option of recell weights convert, not of inspect/u,
  ],
  [2, ["convert", "torch.safetensors", "--to", "keras"], /needs --out FILE that ends in .* got nothing/u],
  [2, ["convert", "torch.safetensors", "--to", "torch", "-o", "x.npz"], /--to must be recell or pytorch or keras/u],
  [2, ["convert", "torch.safetensors", "--from", "keras", "-o", "x.npz"], /--from and --gru need --to/u],
  [2, ["convert", "torch.safetensors", "--take", "best", "-o", "x.npz"], /--take is for checkpoints of training/u],
  [2, ["convert", "torch.safetensors", "--rename", "a", "-o", "x.npz"], /--rename takes OLD=NEW/u],
  [2, ["diff", "torch.safetensors", "bad.safetensors", "--tolerance", "-1"], /--tolerance must be a number/u],
  [2, ["inspect", "missing.safetensors"], /cannot read .*missing\.safetensors: no such file/u],
  [1, ["inspect", "bad.safetensors"], /bad\.safetensors: this is no safetensors file, but an HTML page/u],
  [1, ["convert", "line.safetensors", "--to", "keras", "-o", "x.npz"], /line\.safetensors: there is no layer known/u],
  [
    1,
    ["convert", "torch.safetensors", "--rename", "rnn.weight_ih_l0=table", "-o", "x.npz"],
    /two tensors would be called "table"/u,
  ],
])("exits with %i for %j", async (expected, args, message) => {
  const paths = args.map((arg) => (/\.(?:safetensors|npz)$/u.test(arg) ? file(arg) : arg));
  const { code, out, error } = await recell("weights", ...paths);
  expect([code, out]).toEqual([expected, ""]);
  expect(error).toMatch(message);
});
