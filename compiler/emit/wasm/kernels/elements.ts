/** Elements of buffers in WebAssembly code: their addresses, and loads and stores of one or of the lanes of a vector. */
import { invariant } from "../../../base/diagnostics/invariant.js";
import type { Access } from "../../../ir/kernel/kernel-program.js";
import { realBytes, type RealType } from "../../../ir/ops/number-range.js";
import { constantOf } from "../../../base/types/dim.js";
import type { FunctionCode, Local } from "../assembler/function-code.js";
import type { Integers } from "./integers.js";

/** The lanes of the vectors that code works on, for consecutive values of a variable: `count` of them are in use. */
export interface Lanes {
  readonly name: string;
  readonly count: number;
  /** The bytes from element 0 to the first lane's, or to one that is `ahead` elements before it, where addresses were prepared. */
  readonly bytes?: Local;
  readonly ahead?: number;
}

export class Elements {
  readonly code: FunctionCode;
  readonly integers: Integers;
  readonly dtype: RealType;
  readonly lanesPerVector: number;

  constructor(code: FunctionCode, integers: Integers, dtype: RealType, lanesPerVector: number) {
    this.code = code;
    this.integers = integers;
    this.dtype = dtype;
    this.lanesPerVector = lanesPerVector;
  }

  get elementBytes(): number {
    return realBytes[this.dtype];
  }

  get vectorShape(): "f32x4" | "f64x2" {
    return this.dtype === "f32" ? "f32x4" : "f64x2";
  }

  /** Pushes the address of an element, of the one in the first lane where the place moves with the lanes. */
  address(access: Access, lanes: Lanes | undefined): { offset: number; stride: number | "open" } {
    const moving = lanes && access.offset.terms.find(({ variable }) => variable === lanes.name);
    if (lanes === undefined || moving === undefined) {
      return { offset: this.integers.address(access).offset, stride: 0 };
    }
    const stride = constantOf(moving.coefficient) ?? "open";
    const place =
      lanes.bytes === undefined
        ? this.integers.address(access)
        : this.integers.laneAddress(access, lanes.name, lanes.bytes, lanes.ahead);
    return { offset: place.offset, stride };
  }

  protected load(access: Access, lanes: Lanes | undefined): void {
    const { code } = this;
    const { offset, stride } = this.address(access, lanes);
    const bits = this.elementBytes * 8;
    if (lanes === undefined) code.memory(`${this.dtype}.load`, offset);
    else if (stride === 0) code.memory(bits === 32 ? "v128.load32_splat" : "v128.load64_splat", offset);
    else if (stride === 1) this.loadVector(offset, lanes.count);
    else if (stride === -1 && lanes.count === this.lanesPerVector) this.loadBackwards(offset);
    else this.gather(access, offset, stride, lanes);
  }

  /** Loads the vector at the address on the stack; lanes that are not in use are zero. */
  loadVector(offset: number, count: number): void {
    const { code, dtype } = this;
    if (count === this.lanesPerVector) code.memory("v128.load", offset);
    else if (dtype === "f64") code.memory("v128.load64_zero", offset);
    else if (count === 1) code.memory("v128.load32_zero", offset);
    else if (count === 2) code.memory("v128.load64_zero", offset);
    else {
      const address = code.local("i32");
      code.tee(address);
      const low = code.local("v128");
      code.memory("v128.load64_zero", offset).set(low);
      code
        .get(address)
        .get(low)
        .memory("v128.load32_lane", offset + 8, 2);
      code.release(address, low);
    }
  }

  /** Loads the vector that ends with the element at the address on the stack, from its end. */
  private loadBackwards(offset: number): void {
    const { code, elementBytes, lanesPerVector } = this;
    const before = elementBytes * (lanesPerVector - 1);
    const vector = code.local("v128");
    code.i32(before).op("i32.sub").memory("v128.load", offset);
    const bytes = Array.from({ length: elementBytes }, (_, i) => i);
    const turned = Array.from({ length: lanesPerVector }, (_, lane) => before - lane * elementBytes);
    code.tee(vector).get(vector);
    code.shuffle(turned.flatMap((first) => bytes.map((byte) => first + byte)));
    code.release(vector);
  }

  /** Loads lanes that do not lie side by side. */
  private gather(access: Access, offset: number, stride: number | "open", lanes: Lanes): void {
    const { code } = this;
    const bits = this.elementBytes * 8;
    const address = code.local("i32");
    const vector = code.local("v128");
    code.set(address);
    const step = this.strideBytes(access, stride, lanes);
    for (let lane = 0; lane < lanes.count; lane++) {
      if (lane > 0 && step !== undefined) code.get(address).get(step).op("i32.add").set(address);
      const at = typeof stride === "number" && stride > 0 ? offset + lane * stride * this.elementBytes : offset;
      code.get(address);
      if (lane === 0) code.memory(bits === 32 ? "v128.load32_zero" : "v128.load64_zero", at);
      else code.get(vector).memory(bits === 32 ? "v128.load32_lane" : "v128.load64_lane", at, lane);
      code.set(vector);
    }
    code.get(vector);
    code.release(address, vector, ...(step === undefined ? [] : [step]));
  }

  /** The bytes from one lane to the next in a local, where they are no plain positive number and there is a next one. */
  private strideBytes(access: Access, stride: number | "open", lanes: Lanes): Local | undefined {
    if (lanes.count === 1 || (typeof stride === "number" && stride > 0)) return undefined;
    const moving = access.offset.terms.find(({ variable }) => variable === lanes.name);
    invariant(moving !== undefined, `lanes of ${access.buffer} that all lie at one place`);
    const local = this.code.local("i32");
    this.integers.dim(moving.coefficient);
    this.code.i32(this.elementBytes).op("i32.mul").set(local);
    return local;
  }

  /** Stores the vector on the stack lane by lane. */
  protected storeLanes(access: Access, lanes: Lanes): void {
    const { code } = this;
    const bits = this.elementBytes * 8;
    const vector = code.local("v128");
    const address = code.local("i32");
    code.set(vector);
    const { offset, stride } = this.address(access, lanes);
    code.set(address);
    const step = this.strideBytes(access, stride, lanes);
    let lane = 0;
    if (stride === 1 && bits === 32 && lanes.count >= 2) {
      code.get(address).get(vector).memory("v128.store64_lane", offset, 0);
      lane = 2;
    }
    for (; lane < lanes.count; lane++) {
      if (lane > 0 && step !== undefined) code.get(address).get(step).op("i32.add").set(address);
      const at = typeof stride === "number" && stride > 0 ? offset + lane * stride * this.elementBytes : offset;
      code
        .get(address)
        .get(vector)
        .memory(bits === 32 ? "v128.store32_lane" : "v128.store64_lane", at, lane);
    }
    code.release(vector, address, ...(step === undefined ? [] : [step]));
  }
}
