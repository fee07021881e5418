/** Arguments that must be what `openStreams` gives. */
import { isModule, refuse } from "../base/arguments.js";
import { isRecord } from "../base/options.js";

const methods = ["open", "close", "step", "snapshot"];

/** @throws TypeError unless it has what streams have. */
export function checkStreams(where: string, value: unknown): void {
  const has = isRecord(value) && !isModule(value) && methods.every((name) => typeof value[name] === "function");
  if (!has) refuse(where, "the first argument", "streams (from openStreams)", value);
}
