/** Where the figures come from: the machine, and what it reaches at best. */
import { cpus, release } from "node:os";
import { arithmeticCeiling, hasFusedMultiplyAdd } from "../../compiler/tools/bench/ceiling.js";

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Of this run, `2026-11-23`. */
  readonly date: string;
  /** Single precision in registers, on one thread of WebAssembly, in floating-point operations per second. */
  readonly ceiling: {
    readonly multiplyAdd: number;
    /** Undefined where the host does not run relaxed SIMD. */
    readonly fused: number | undefined;
  };
}

export function describeMachine(): Machine {
  const list = cpus();
  return {
    processor: list[0]?.model.trim() ?? "unknown",
    cores: list.length,
    system: `${process.platform} ${process.arch} ${release()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    date: new Date().toISOString().slice(0, 10),
    ceiling: {
      multiplyAdd: arithmeticCeiling("f32", false),
      fused: hasFusedMultiplyAdd() ? arithmeticCeiling("f32", true) : undefined,
    },
  };
}

/** `AMD EPYC (2 cores), linux x64 6.1, Node 20.20.2 (V8 11.3), 2026-11-23`. */
export function machineTitle({ processor, cores, system, node, v8, date }: Machine): string {
  return `${processor} (${cores} cores), ${system}, Node ${node} (V8 ${v8}), ${date}`;
}
