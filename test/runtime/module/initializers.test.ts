/** What manifests say of initialisers, of all that the language has. */
import { expect, test } from "vitest";
import { initializerNames } from "../../../compiler/language/semantics/initializers.js";
import { drawnInitializer, initializerKinds, isDrawn } from "../../../runtime/module/initializers.js";

test("every initialiser of the language is a kind, and one by an expression is another", () => {
  expect(Object.keys(initializerKinds).sort()).toEqual([...initializerNames, "computed"].sort());
});

test.each([
  [{ kind: "zeros" }, [3], {}],
  [{ kind: "orthogonal" }, [3, 4], { law: "normal" }],
  [{ kind: "uniform", bound: 2 }, [3, 4], { law: "uniform" }],
  [{ kind: "glorot_uniform" }, [3, 4], { law: "uniform", fans: 7 }],
  [{ kind: "glorot_normal" }, [3, 4, 5], { law: "normal", fans: 35 }],
  [{ kind: "he_uniform" }, [3, 4, 5], { law: "uniform", fans: 20 }],
  [{ kind: "he_normal" }, [6], { law: "normal", fans: 6 }],
] as const)("%j of shape %j", (initializer, shape, drawn) => {
  expect(drawnInitializer(initializer, shape)).toEqual({ ...initializer, ...drawn });
  expect(isDrawn(initializer)).toBe("law" in drawn);
});
