/** The rooms of the WebAssembly printer: what each imports. */
import { describe, expect, it } from "vitest";
import { sourceImports } from "../../../support/source-imports.js";

const rooms = ["assembler", "kernels", "memory", "module"];
const imports = sourceImports(["compiler/emit/wasm"]);

/** `assembler`, or `base` for what is outside. */
const roomOf = (path: string): string => /^compiler\/(?:emit\/wasm\/)?([^/]+)\//u.exec(path)?.[1] ?? path;

function importsOfRoom(room: string): string[] {
  const own = imports.filter(({ from }) => roomOf(from) === room).map(({ to }) => roomOf(to));
  return [...new Set(own)].filter((target) => target !== room).sort();
}

describe("the rooms of the WebAssembly printer", () => {
  it("are four, with all files in them", () => {
    expect([...new Set(imports.map(({ from }) => roomOf(from)))].sort()).toEqual(rooms);
  });

  it("have an assembler that could be a package of its own", () => {
    expect(importsOfRoom("assembler")).toEqual(["base"]);
  });

  it("know of the passes what machines are, and nothing of how they rewrite", () => {
    const passes = imports.filter(({ to }) => roomOf(to) === "passes").map(({ to }) => to);
    expect([...new Set(passes)]).toEqual(["compiler/passes/kernel/target.ts"]);
  });

  it("import each other along one road", () => {
    const arrows = rooms.map((room) => [room, importsOfRoom(room).filter((target) => rooms.includes(target))]);
    expect(Object.fromEntries(arrows)).toEqual({
      assembler: [],
      kernels: ["assembler", "memory"],
      memory: [],
      module: [],
    });
  });
});
