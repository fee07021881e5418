/** Names of buffers: different for different roles, and what follows from a role. */
import { expect, test } from "vitest";
import {
  deriveRole,
  gradName,
  isHeldByCaller,
  isInternal,
  kernelInPart,
  nameInPart,
  nameOfRole,
  type Role,
  roleInPart,
  rowsName,
  streamedRole,
  tangentName,
  type TensorKind,
} from "../../../../compiler/program/base/roles.js";

const kinds: readonly TensorKind[] = [
  "input", "context", "initial", "final", "state", "param", "fixed", "output", "residual", "draw", "start", "random", "setting",
  "found", "rows", "counts",
]; // prettier-ignore

test("different roles have different names, whatever values are called", () => {
  const names = ["h", "step", "param", "grad", "tangent.h", "low.h"];
  const roles = kinds.flatMap((kind) => names.map((name): Role => ({ kind, name })));
  const all = roles.flatMap((role) => [
    role,
    deriveRole(role, ["grad"]),
    deriveRole(role, ["tangent"]),
    deriveRole(role, ["tangent", "grad"]),
    { ...role, streamed: true },
    { ...role, part: "step" },
    { ...role, part: "grad" },
  ]);
  expect(new Set(all.map(nameOfRole)).size).toBe(all.length);
});

test("names that are made of names are those of their roles", () => {
  const role: Role = { kind: "param", name: "low.W" };
  expect(nameOfRole(role)).toBe("param.low.W");
  expect(gradName(nameOfRole(role))).toBe(nameOfRole(deriveRole(role, ["grad"])));
  expect(tangentName(gradName("param.low.W"))).toBe(nameOfRole(deriveRole(role, ["tangent", "grad"])));
  expect(rowsName("grad.param.E")).toBe(nameOfRole({ kind: "rows", name: "grad.param.E" }));
  const streamed: Role = { kind: "input", name: "x", streamed: true, part: "next" };
  expect(nameOfRole(streamed)).toBe(nameInPart("next", "step.input.x"));
  expect([kernelInPart(undefined, "step"), kernelInPart("next", "step")]).toEqual(["step", "next$step"]);
});

test("of a stream the state before a step and after it are one, and params are those of the whole", () => {
  const streamed = (kind: TensorKind): string => nameOfRole(streamedRole({ kind, name: "h" }));
  expect(streamed("initial")).toBe("step.state.h");
  expect(streamed("final")).toBe("step.state.h");
  expect(streamed("output")).toBe("step.output.h");
  expect(streamed("param")).toBe("param.h");
  expect(nameOfRole(roleInPart({ kind: "fixed", name: "h" }, "next"))).toBe("fixed.h");
  expect(nameOfRole(roleInPart({ kind: "context", name: "h" }, "next"))).toBe("next$context.h");
});

test("what callers see, and what stays as they wrote it", () => {
  expect(kinds.filter((kind) => isInternal({ kind, name: "h" }))).toEqual(["residual"]);
  expect(kinds.filter((kind) => isHeldByCaller({ kind, name: "h" }))).toEqual(["param", "fixed"]);
  const by = (["tangent", "grad"] as const).map((each) =>
    isHeldByCaller({ kind: "param", name: "W", derived: [each] }),
  );
  expect(by).toEqual([true, false]);
});
