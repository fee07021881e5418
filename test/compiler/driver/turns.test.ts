/** Long calls end by a signal that is aborted while they run, and by a budget. */
import { describe, expect, test, vi } from "vitest";
import { cell, checkGradients, compile, diagnose, verifyModule } from "../../../compiler/index.js";
import { createTurns } from "../../../compiler/driver/turns.js";

const text = "cell A { input x: [2] state h: [2] h' = tanh(x + h) output y = h' }";
const module = compile(text, { target: "js" }).files[0]?.text ?? "";

interface Given {
  readonly signal?: AbortSignal;
  readonly maxSeconds?: number;
  readonly onProgress?: () => void;
}

/** Each with more work than the first second would be enough for. */
const calls: readonly (readonly [string, (given: Given) => Promise<unknown>])[] = [
  ["checkGradients", (given) => checkGradients(text, { runs: 100_000, ...given })],
  ["diagnose", (given) => diagnose(text, { steps: 100_000, ...given })],
  ["verifyModule", (given) => verifyModule(module, { runs: 100_000, ...given })],
];

describe.each(calls)("%s", (name, call) => {
  const reason = new Error("enough");

  test("ends with what its signal was aborted with before", async () => {
    const onProgress = vi.fn();
    await expect(call({ signal: AbortSignal.abort(reason), onProgress })).rejects.toBe(reason);
    expect(onProgress).not.toHaveBeenCalled();
  });

  test("ends where a timer aborts the signal in the middle", async () => {
    const controller = new AbortController();
    let parts = 0;
    const onProgress = (): void => {
      // From outside, as a key that is pressed: the call itself has to let it through.
      if (++parts === 2) setTimeout(() => controller.abort(reason), 0);
    };
    await expect(call({ signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(parts).toBeGreaterThan(1);
  });

  test("ends where the program aborts the signal itself, at the next part", async () => {
    const controller = new AbortController();
    let parts = 0;
    const onProgress = (): void => {
      if (++parts === 3) controller.abort(reason);
    };
    await expect(call({ signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(parts).toBe(3);
  });

  test("ends after its budget", async () => {
    const error = await call({ maxSeconds: 1e-9 }).catch((thrown: unknown) => thrown);
    expect(String(error)).toBe(`BudgetError: ${name}: not done after 1e-9 seconds, which maxSeconds allows`);
  });

  test.each([
    ["a signal that is none", { signal: {} }, "signal must be an AbortSignal, got an object"],
    ["null for a signal", { signal: null }, "signal must be an AbortSignal, got null"],
    ["no time", { maxSeconds: 0 }, "maxSeconds must be a finite number above 0, got 0"],
    ["time without end", { maxSeconds: Infinity }, "maxSeconds must be a finite number above 0, got Infinity"],
    ["a text for seconds", { maxSeconds: "1" }, 'maxSeconds must be a finite number above 0, got "1"'],
    ["null for seconds", { maxSeconds: null }, "maxSeconds must be a finite number above 0, got null"],
  ])("refuses %s", async (_, given, message) => {
    await expect(call(given as Given)).rejects.toThrow(message);
  });
});

describe("a budget of operations", () => {
  test.each<[string, (maxOperations: number) => Promise<unknown>, number]>([
    ["checkGradients", (maxOperations) => checkGradients(text, { runs: 1, maxOperations }), 36],
    ["diagnose", (maxOperations) => diagnose(text, { steps: 2, maxOperations }), 18],
  ])("of %s counts the derivatives that it takes", async (_, call, operations) => {
    await expect(call(operations)).resolves.toBeDefined();
    await expect(call(operations - 1)).rejects.toThrow(
      `\`A\` has ${operations} operations with its derivatives, more than ${operations - 1}`,
    );
    await expect(call(0)).rejects.toThrow("maxOperations must be a positive integer, got 0");
  });

  test("says nothing about a module", async () => {
    const check = checkGradients(await cell(text), { maxOperations: 5 });
    await expect(check).rejects.toThrow("checkGradients: maxOperations says how a text is compiled");
  });
});

test("time is looked at in every turn, and others have theirs when some has gone by", async () => {
  let milliseconds = 0;
  const others = vi.fn();
  const turn = createTurns("it", { signal: new AbortController().signal, maxSeconds: 1 }, 10, () => milliseconds);
  const timer = setInterval(others, 0);
  await turn();
  const before = others.mock.calls.length;
  for (milliseconds = 1; milliseconds < 10; milliseconds++) await turn();
  expect(others).toHaveBeenCalledTimes(before);
  milliseconds = 1000;
  await turn();
  milliseconds = 1001;
  await expect(turn()).rejects.toThrow("it: not done after 1 seconds");
  clearInterval(timer);
});

test("what is given neither waits for nothing", async () => {
  const clock = vi.fn(() => 0);
  const turn = createTurns("it", {}, 0, clock);
  await turn();
  expect(clock).not.toHaveBeenCalled();
});
