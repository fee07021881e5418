/** Checks of where buffers lie, of what lasts there, and of what is written before it is read. */
import { describe, expect, it } from "vitest";
import { declarations, problemsIn, problemsOf } from "../../../support/kernel-problems.js";

/** Scratch beside the others. */
const scratch = `${declarations}
slot 6: real[12]
buffer a: real[12] slot 6
buffer v: real[%T] slot 6
buffer w: real[8] slot 6 + %T
`;

const pack = "pack panels from z[j * 4 + k] over j < 3, k < 4 as 1 strips of 3 where changed";

describe("what is in order", () => {
  it.each([
    ["one after the other in a place", "a[0] = x[0]\ny[0] = a[0]\nv[0] = 1\ny[0] += v[0]"],
    ["side by side in it", "v[0] = 1\nw[0] = v[0]"],
    ["what is written before a loop and in it", "v[0] = 1\nfor t < %T\n  y[t] = v[0]\n  v[0] = x[t]"],
    ["what a side of a choice reads after the first round", "for t < %T\n  y[t] = (t < 1 ? 0 : v[0])\n  v[0] = x[t]"],
  ])("%s", (_, body) => {
    expect(problemsOf(body, scratch)).toEqual([]);
  });

  it("parts of what keeps its contents, one beside the other", () => {
    const parts =
      "slot 6: real[8]\nbuffer all: real[8] slot 6 persistent\nbuffer p: real[4] slot 6 within all external\n";
    const text = `${declarations}${parts}buffer q: real[4] slot 6 + 4 within all external\n`;
    expect(problemsOf("p[0] = q[0]\nx[0] = all[0]", text)).toEqual([]);
  });

  it("what one entry keeps for another, in a slot of its own, and panels that both read", () => {
    const kept = "slot 6: real[12]\nbuffer r: real[12] slot 6 persistent\n";
    const text = `${declarations}${kept}
kernel f {
  ${pack}
  r[0] = x[0]
}

kernel g {
  ${pack}
  y[0] = r[0]
}
`;
    expect(problemsIn(text)).toEqual([]);
  });
});

describe("what is not", () => {
  it.each([
    ["buffer w: real[3] slot 9", "w lies in slot 9, and there is none"],
    ["buffer w: real[3] slot 2", "w holds real elements and lies among index ones"],
    ["buffer w: real[3] slot 0 + 10", "w lies at 10 to 13 of a slot of 12 elements"],
    ["buffer x: real[3] slot 4", "x is there twice"],
    ["buffer w: real[3] slot 0 + 9 zeros", "w is zero between calls, and others lie in its slot"],
    ["buffer w: real[3] slot 0 within v", "w is a part of v, and there is none"],
    ["buffer w: real[3] slot 0 within y", "w lies outside of y"],
    [
      "buffer v: real[4] slot 0\nbuffer w: real[2] slot 0 within v external",
      "w keeps its contents, and v around it does not",
    ],
    ["buffer w: real[3] slot 0 + 9", "w lies where x keeps its contents"],
    ["buffer w: real[3] slot 3 + 9", "w lies where panels keeps its contents"],
    ["buffer w: real[3] slot 0 external", "x lies where w keeps its contents"],
    [
      "buffer v: real[4] slot 0 within x\nbuffer w: real[4] slot 0 + 3 within x external",
      "v lies where w keeps its contents",
    ],
    ["buffer v: real[4] slot 0 + 2\nbuffer w: real[4] slot 0 within v", "w lies outside of v"],
  ])("%s", (buffer, problem) => {
    expect(problemsOf("x[0] = 1", `${declarations}${buffer}\n`)).toContain(problem);
  });

  it.each([
    ["a[0] = 1\nw[0] = a[0]", "a and w are in use at the same time and overlap"],
    ["y[0] = a[0]", "a is read before it is written"],
    ["a[0] += 1", "a is read before it is written"],
    ["for t < %T\n  y[t] = v[0]\n  v[0] = x[t]", "v is read before it is written"],
    ["for t < %T\n  y[t] = (t < 1 ? 0 : v[0])", "v is read and never written"],
  ])("%j", (body, problem) => {
    expect(problemsOf(body, scratch)).toEqual([`f: ${problem}`]);
  });

  it("a residual that scratch overwrites before the entry that reads it", () => {
    const kept = "slot 6: real[12]\nbuffer r: real[12] slot 6 persistent\nbuffer s: real[12] slot 6\n";
    const text = `${declarations}${kept}
kernel forward {
  region a
    r[0] = x[0]
  region b
    s[0] = 1
    y[0] = s[0]
}

kernel backward {
  region a
    y[0] = r[0]
}
`;
    expect(problemsIn(text)).toEqual(["s lies where r keeps its contents"]);
    expect(problemsIn(text.replace("slot 6 persistent", "slot 6"))).toEqual([
      "backward: r is read before it is written",
    ]);
  });

  it.each([
    [
      "buffer p: real[13] slot 3 in panels of 1",
      pack.replace("panels", "p"),
      "p is packed where changed and keeps nothing",
    ],
    ["buffer s: real[13] slot 3", `s[0] = 1\n${pack}`, "s lies where panels keeps its contents"],
    ["", `panels[0] = 1\n${pack}`, "panels is packed where changed, and not by one pack alone"],
    ["", `${pack}\n${pack.replace("z", "x")}`, "panels is packed where changed, and not by one pack alone"],
  ])("%j", (buffer, body, problem) => {
    expect(problemsOf(body, `${declarations}${buffer}\n`)).toContain(problem);
  });
});
