/** Buffers that only the caller changes, and between calls alone: parameters and their tangents. */
import { listAt } from "../../base/at.js";

interface HeldOrNot {
  readonly name: string;
  readonly external: boolean;
  readonly heldByCaller?: boolean;
}

export class HeldBuffers {
  private readonly wholeOf: (buffer: string) => string;
  /** The buffers of the caller, by the buffer that holds them. */
  private readonly members = new Map<string, HeldOrNot[]>();

  /** @param wholeOf the buffer in which the elements of one lie: itself, or the one that joins it with others */
  constructor(buffers: Iterable<HeldOrNot>, wholeOf: (buffer: string) => string) {
    this.wholeOf = wholeOf;
    for (const buffer of buffers) if (buffer.external) listAt(this.members, wholeOf(buffer.name)).push(buffer);
  }

  has(buffer: string): boolean {
    const members = this.members.get(this.wholeOf(buffer)) ?? [];
    return members.length > 0 && members.every((own) => own.heldByCaller === true);
  }
}
