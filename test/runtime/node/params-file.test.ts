import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { SafetensorsError } from "../../../runtime/base/errors.js";
import { loadModule, saveParams } from "../../../runtime/index.js";
import { FileError, loadParamsFile, saveParamsFile } from "../../../runtime/node/index.js";
import { leakyText } from "../../support/leaky-module.js";

const folder = fs.mkdtempSync(join(tmpdir(), "recell-params-"));
afterAll(() => fs.rmSync(folder, { recursive: true }));

const leakyModule = await loadModule(leakyText);

const trained = (value: number) => {
  const instance = leakyModule.instantiate({ sizes: { S: 1 } });
  for (const name of Object.keys(instance.params)) instance.params[name]!.fill(value);
  return instance;
};
const firstOf = (instance: ReturnType<typeof trained>): number => Object.values(instance.params)[0]![0]!;

describe("parameters in a file", () => {
  test("come back, by a path and by a URL, and leave nothing beside it", async () => {
    const path = join(folder, "weights/leaky.safetensors");
    await saveParamsFile(leakyModule, trained(3), pathToFileURL(path), { epoch: "7" });
    expect(Buffer.from(saveParams(leakyModule, trained(3), { epoch: "7" })).equals(fs.readFileSync(path))).toBe(true);
    const instance = trained(0);
    await loadParamsFile(leakyModule, instance, path);
    expect(firstOf(instance)).toBe(3);
    expect(fs.readdirSync(join(folder, "weights"))).toEqual(["leaky.safetensors"]);
  });

  test("stay where what should replace them is wrong, or cannot be written", async () => {
    const path = join(folder, "kept.safetensors");
    await saveParamsFile(leakyModule, trained(3), path);
    const before = fs.readFileSync(path);
    for (const metadata of [{ epoch: 7 }, { note: "\ud800" }, { cell: "Other" }]) {
      await expect(saveParamsFile(leakyModule, trained(4), path, metadata as never)).rejects.toThrow(TypeError);
    }
    fs.chmodSync(path, 0o444);
    await expect(saveParamsFile(leakyModule, trained(4), path)).rejects.toMatchObject({ code: "read-only", path });
    expect(fs.readFileSync(path).equals(before)).toBe(true);
  });

  test.each([
    ["an object that cannot be printed", { toJSON: () => expect.unreachable() }, "an object"],
    ["numbers too large for JSON", [1n], "Array of length 1"],
    ["a text with a zero", `\0${"x".repeat(1e6)}`, JSON.stringify(`\0${"x".repeat(39)}`)],
    ["a URL of no file", new URL("https://example.org/w"), 'a URL that begins with "https:"'],
  ])("have a path: %s is refused in few words", async (_, path, got) => {
    const message = `the path must be a text or a file URL, got ${got}`;
    const call = loadParamsFile(leakyModule, trained(1), path as never);
    await expect(call).rejects.toThrow(new TypeError(`loadParamsFile: ${message}`));
    const save = saveParamsFile(leakyModule, trained(1), path as never);
    await expect(save).rejects.toThrow(new TypeError(`saveParamsFile: ${message}`));
  });

  test("that cannot be read are told of, with the path", async () => {
    const instance = trained(1);
    const load = (path: string) => loadParamsFile(leakyModule, instance, path);
    await expect(load(join(folder, "none"))).rejects.toThrow(`cannot read ${join(folder, "none")}: no such file`);
    await expect(load(folder)).rejects.toMatchObject({ name: "FileError", code: "not-a-file" });
    if (process.platform !== "win32") await expect(load("/dev/zero")).rejects.toBeInstanceOf(FileError);
    fs.writeFileSync(join(folder, "torn"), "x");
    await expect(load(join(folder, "torn"))).rejects.toBeInstanceOf(SafetensorsError);
    await expect(load(7 as never)).rejects.toThrow("loadParamsFile: the path must be a text or a file URL, got 7");
    expect(firstOf(instance)).toBe(1);
  });
});
