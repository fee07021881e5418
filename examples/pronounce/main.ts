/** `node dist/examples/pronounce/main.js`: a network learns from a dictionary how words are said. */
import { join } from "node:path";
import { dataPackage, examples, sayTime } from "../shared/project.js";
import { readWords } from "./data.js";
import { runJob } from "./job.js";

const say = console.log;
const { dictionary } = (await dataPackage("cmu-pronouncing-dictionary", say)) as { dictionary: Record<string, string> };
await runJob({ ...readWords(dictionary, 1), heldOut: 3000, beamed: 1000, dimensions: { E: 32, H: 96, A: 48 }, batch: 16, updates: 9000, seed: 1, out: join(examples, "pronounce", "out"), say }); // prettier-ignore
sayTime(say);
