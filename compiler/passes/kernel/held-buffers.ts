/** Buffers that only the caller changes, and between calls alone: parameters and their tangents. */
import { listAt } from "../../base/at.js";
import { type UnplacedBuffer, type UnplannedKernels, wholeOf } from "../../ir/kernel/unplanned.js";

export class HeldBuffers {
  private readonly buffers: UnplannedKernels["buffers"];
  /** The buffers of the caller, by the buffer that holds them. */
  private readonly members = new Map<string, UnplacedBuffer[]>();

  constructor(buffers: UnplannedKernels["buffers"]) {
    this.buffers = buffers;
    for (const buffer of buffers.values()) {
      if (!buffer.external) continue;
      listAt(this.members, wholeOf(buffer.name, buffers)).push(buffer);
    }
  }

  has(buffer: string): boolean {
    const members = this.members.get(wholeOf(buffer, this.buffers)) ?? [];
    return members.length > 0 && members.every((own) => own.heldByCaller === true);
  }
}
