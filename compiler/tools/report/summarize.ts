/** A history in a few sentences. */
import type { TrainingHistory } from "./read-history.js";

const mostIncidents = 12;

/** Sentences on how long it ran, how it ended, the best validation, and what went wrong on the way. */
export function summarize({ updates, validations, end, incidents }: TrainingHistory): string[] {
  const last = updates.at(-1)!;
  const ending = end === undefined ? "It has not come to its end." : `It ended by its ${end.reason}.`;
  const lines = [
    `${last.update} ${last.update === 1 ? "update" : "updates"}, in ${last.epoch + 1} ${last.epoch === 0 ? "epoch" : "epochs"}; the loss of the last is ${short(last.loss)}. ${ending}`,
  ];
  const best = validations.filter(({ best }) => best).at(-1);
  if (best !== undefined) {
    lines.push(`The best validation is ${short(best.loss)}, at update ${best.update}, of ${validations.length}.`); // prettier-ignore
  }
  lines.push(...incidents.slice(0, mostIncidents).map(({ update, what }) => `At update ${update} ${what}`));
  if (incidents.length > mostIncidents) lines.push(`and ${incidents.length - mostIncidents} more like these`);
  return lines;
}

const short = (value: number | null): string => (value === null ? "not finite" : String(Number(value.toPrecision(5))));
