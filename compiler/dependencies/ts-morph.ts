/**
 * What Node gets for `#ts-morph` (`imports` in package.json): where an ES module imports the package itself, Node reads its twelve
 * megabytes once more to find the names of what they export.
 */
import { createRequire } from "node:module";
import type TsMorph from "ts-morph";

export default createRequire(import.meta.url)("ts-morph") as typeof TsMorph;
