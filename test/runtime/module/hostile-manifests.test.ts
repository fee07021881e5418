/** Manifests that mean harm: a typed error, or a manifest that is one. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { asModule, checkManifest, ModuleError } from "../../../runtime/index.js";
import { fuzzParameters } from "../../support/fuzz.js";
import { changed, hostileChange, hostileValue } from "../../support/hostile-values.js";
import { leakyManifest } from "../../support/leaky-module.js";

const instantiate = (): never => {
  throw new Error("a check of the manifest runs nothing of the module");
};

function judge(manifest: unknown): "accepted" | "refused" {
  try {
    expect(checkManifest(manifest)).toBe(manifest);
    expect(asModule({ manifest, instantiate, instantiateAsync: instantiate }).manifest).toBe(manifest);
    return "accepted";
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    expect(error.message.length).toBeLessThan(1000);
    return "refused";
  }
}

test("a manifest with anything anywhere is accepted or refused with an error of ours", () => {
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(fc.array(hostileChange, { maxLength: 3 }), (changes) => {
      let manifest: unknown = structuredClone(leakyManifest);
      for (const change of changes) manifest = changed(manifest, change);
      seen[judge(manifest)]++;
    }),
    fuzzParameters(400),
  );
  expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(0);
});

test("anything else is no manifest", () => {
  fc.assert(
    fc.property(hostileValue, (value) => {
      expect(judge(value)).toBe("refused");
      expect(judge({ format: "recell-module", version: value })).toBe("refused");
    }),
    fuzzParameters(200),
  );
});
