import { dependencyCodes } from "./dependencies.js";
import { nameCodes } from "./names.js";
import { shapeCodes } from "./shapes.js";

/** What the meaning of a text can be wrong about: names, shapes, cycles. */
export const semanticCodes = { ...nameCodes, ...shapeCodes, ...dependencyCodes } as const;
