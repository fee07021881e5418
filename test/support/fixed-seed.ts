/** Before every file of tests: properties that say no seed of their own have one, so that `npm test` does the same each time. */
import fc from "fast-check";
import { fuzzParameters } from "./fuzz.js";

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: fuzzParameters(1).seed });
