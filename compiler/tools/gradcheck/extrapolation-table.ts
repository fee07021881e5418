/** Neville's scheme for a quantity that is measured with steps halved each time and wanted for step 0. */

export interface Estimate {
  readonly value: number;
  /** How far the estimate may be from the limit. */
  readonly error: number;
  /** The smallest step it is made of. */
  readonly step: number;
}

/** Entries made of more rows than this are no better in double precision. */
const deepest = 7;

export class ExtrapolationTable {
  /** The last row: entry j is made of the last j + 1 measurements. */
  private row: number[] = [];
  private readonly power: number;
  private readonly noise: number;
  private doublings = 0;

  /**
   * @param power The errors of a measurement are in the powers p, p + 2, p + 4, … of the step.
   * @param noise The rounding error of an entry times its step.
   */
  constructor(power: number, noise: number) {
    this.power = power;
    this.noise = noise;
  }

  /** Adds a measurement with half the step of the last one; the best entry it gives, if it is not the first. */
  add(step: number, measured: number): Estimate | undefined {
    const previous = this.row;
    const row = [measured];
    let best: Estimate | undefined;
    for (const [j, older] of previous.slice(0, deepest).entries()) {
      const newer = row[j] as number;
      const weight = 2 ** (this.power + 2 * j);
      const value = newer + (newer - older) / (weight - 1);
      row.push(value);
      const error = Math.max(Math.abs(value - newer), Math.abs(value - older)) + this.noise / step;
      if (best === undefined || error < best.error) best = { value, error, step };
    }
    this.noteDoubling(previous[0], measured, step);
    this.row = row;
    return best;
  }

  /** Forgets measurements made with steps that went too far. */
  clear(): void {
    this.row = [];
    this.doublings = 0;
  }

  /** Has the measured quantity doubled with each of the last steps, so that there is no limit? */
  get doubles(): boolean {
    return this.doublings >= 4;
  }

  private noteDoubling(before: number | undefined, measured: number, step: number): void {
    const ratio = measured / (before ?? NaN);
    const isAboveNoise = Math.abs(measured) > (4 * this.noise) / step;
    this.doublings = isAboveNoise && ratio > 1.9 && ratio < 2.1 ? this.doublings + 1 : 0;
  }
}
