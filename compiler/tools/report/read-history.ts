/** The history of a run of training: the events that `train` wrote, a line of JSON each. */
import { isRecord } from "../../../runtime/base/options.js";
import type { EndEvent, TrainEvent, UpdateEvent, ValidationEvent } from "../../../runtime/training/train/events.js";

/** A line that is no event. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
  readonly code = "invalid-history";
  /** From 1. */
  readonly line: number;

  constructor(line: number, message: string) {
    super(`line ${line}: ${message}`);
    this.line = line;
  }
}

/** What a history need not have: the time that an update took is in none that `train` writes. */
type Untold = "milliseconds" | "examples";

/** An update as a history has it. */
type RecordedUpdate = Omit<UpdateEvent, Untold> & Partial<Pick<UpdateEvent, Untold>>;

export interface TrainingHistory {
  /** At least one. */
  readonly updates: readonly RecordedUpdate[];
  readonly validations: readonly ValidationEvent[];
  /** How training ended; undefined where it goes on, or was stopped. */
  readonly end: EndEvent | undefined;
  /** What else happened: threads that were lost, checkpoints that could not be written, runs that went on. */
  readonly incidents: readonly { readonly update: number; readonly what: string }[];
}

type NumberNames = Readonly<Record<string, readonly string[]>>;

/** What each kind of event has that is read here. */
const numbers: NumberNames = {
  update: ["update", "epoch", "loss", "norm", "rate"],
  skipped: ["update", "epoch"],
  validation: ["update", "loss"],
  checkpoint: ["update"],
  resumed: ["update"],
  "worker-lost": ["update"],
  end: ["update"],
};

/**
 * Reads a history that `train` has written.
 *
 * @param text Lines of JSON. A last line that is not whole, as a process that was killed leaves it, is left out.
 * @throws HistoryError where a line is no event of training, or there is no update.
 */
export function readHistory(text: string): TrainingHistory {
  const lines = text.split("\n");
  const events = lines.flatMap((line, i): TrainEvent[] => {
    if (line.trim() === "") return [];
    const value = parse(line);
    if (value === undefined && i === lines.length - 1) return [];
    return [checkEvent(value, i + 1)];
  });
  const updates = events.filter((event) => event.kind === "update");
  if (updates.length === 0) throw new HistoryError(1, "there is no update in this history");
  return {
    updates,
    validations: events.filter((event) => event.kind === "validation"),
    end: events.findLast((event) => event.kind === "end"),
    incidents: events.flatMap((event) => {
      const what = incidentOf(event);
      return what === undefined ? [] : [{ update: event.update, what }];
    }),
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function checkEvent(value: unknown, line: number): TrainEvent {
  if (!isRecord(value)) throw new HistoryError(line, "expected an event of training, an object of JSON");
  const kind = String(value["kind"]);
  const names = Object.hasOwn(numbers, kind) ? numbers[kind]! : undefined;
  if (names === undefined) {
    throw new HistoryError(line, `expected an event of training, with a kind of ${Object.keys(numbers).join(", ")}`);
  }
  // Numbers that are not finite are null in JSON.
  const wrong = names.find((name) => typeof value[name] !== "number" && value[name] !== null);
  if (wrong !== undefined) throw new HistoryError(line, `an event of kind ${kind} must have the number \`${wrong}\``);
  if ("losses" in value && !isRecord(value["losses"])) throw new HistoryError(line, "`losses` must be numbers by name");
  if ("norms" in value && !isRecord(value["norms"])) throw new HistoryError(line, "`norms` must be numbers by name");
  if ("flow" in value && !isFlow(value["flow"])) throw new HistoryError(line, "`flow` must be an axis, places and norms by name"); // prettier-ignore
  for (const name of ["milliseconds", "examples"]) {
    if (name in value && typeof value[name] !== "number") throw new HistoryError(line, `\`${name}\` must be a number`);
  }
  return value as unknown as TrainEvent;
}

function isFlow(value: unknown): boolean {
  if (!isRecord(value) || typeof value["along"] !== "string" || !isRecord(value["norms"])) return false;
  const lists = [value["places"], ...Object.values(value["norms"])];
  const isList = (own: unknown): boolean => Array.isArray(own) && own.every((number) => number === null || typeof number === "number"); // prettier-ignore
  return lists.every(isList);
}

/** With what a run knows of its own updates: how long each took, by its number. */
export function withTimes(history: TrainingHistory, times: ReadonlyMap<number, number>): TrainingHistory {
  const updates = history.updates.map((own) => {
    const milliseconds = times.get(own.update);
    return milliseconds === undefined ? own : { ...own, milliseconds };
  });
  return { ...history, updates };
}

function incidentOf(event: TrainEvent): string | undefined {
  switch (event.kind) {
    case "worker-lost":
      return `a thread was lost: ${event.cause}`;
    case "skipped":
      return `nothing was learned: ${event.cause}`;
    case "checkpoint":
      return event.failed === undefined ? undefined : `a checkpoint could not be written: ${event.failed}`;
    case "resumed":
      return `went on from ${event.name}`;
    default:
      return undefined;
  }
}
