import { execFileSync } from "node:child_process";
import { afterEach, expect, test, vi } from "vitest";
import { ModuleError } from "../../../runtime/base/errors.js";
import { importText } from "../../../runtime/module/import-text.js";

/** How browsers refuse. */
const messages = [
  "Failed to fetch dynamically imported module: data:text/javascript;charset=utf-8,",
  "error loading dynamically imported module: data:text/javascript;charset=utf-8,",
  "Importing a module script failed.",
];

afterEach(() => {
  vi.restoreAllMocks();
});

test("the address ends in what Bun takes for JavaScript, whatever dots the text has", async () => {
  const seen: string[] = [];
  await importText("// gru.wasm, 0.5\n// line", async (address) => {
    seen.push(address);
    return Promise.resolve({});
  });
  expect(seen).toHaveLength(1);
  expect(seen[0]!.split(".").at(-1)).toBe("js");
  expect(await importText("export const value = 1; // last line")).toMatchObject({ value: 1 });
});

test("stacks do not carry the whole module", () => {
  // Not here, where the test runner maps stacks.
  const text = 'export function fail() { throw new Error("no"); } // a long text';
  const program = `
    import { importText } from ${JSON.stringify(new URL("../../../dist/runtime/module/import-text.js", import.meta.url))};
    const { fail } = await importText(${JSON.stringify(text)});
    try { fail(); } catch (error) { console.log(error.stack); }`;
  const stack = execFileSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  expect(stack).toContain("recell/module.js:1:");
  expect(stack).not.toContain("a%20long%20text");
});

test.each(messages)("takes a blob where a policy refuses data: %s", async (message) => {
  const revoked = vi.spyOn(URL, "revokeObjectURL");
  const seen: string[] = [];
  const found = await importText("export {};\n", async (address) => {
    seen.push(address);
    if (address.startsWith("data:")) throw new TypeError(message);
    const blob = await fetch(address);
    expect(blob.headers.get("content-type")).toBe("text/javascript");
    expect(await blob.text()).toMatch(/^export \{\};\n\n/u);
    return "loaded";
  });
  expect(found).toBe("loaded");
  expect(seen.map((address) => address.split(":")[0])).toEqual(["data", "blob"]);
  expect(revoked).toHaveBeenCalledWith(seen[1]);
});

test("says what to do where a policy refuses both", async () => {
  const refused = importText("export {};\n", () => Promise.reject(new TypeError(messages[0])));
  await expect(refused).rejects.toThrow(ModuleError);
  await expect(refused).rejects.toMatchObject({
    code: "blocked",
    message: expect.stringContaining("script-src") as string,
  });
});

test("an error of the module itself is not tried again", async () => {
  let calls = 0;
  const failing = importText("export {};\n", () => {
    calls++;
    return Promise.reject(new TypeError("x is not a function"));
  });
  await expect(failing).rejects.toThrow("x is not a function");
  expect(calls).toBe(1);
});
