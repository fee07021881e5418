/** Delay lines whose elements are known before the loop are places and windows of a sequence; others stay loops. */
import { describe, test } from "vitest";
import { windowDelays } from "../../../../compiler/passes/graph/window-delays.js";
import { expectRewritten, expectUnchanged } from "../../../support/graph-text.js";

/** A line of two elements of `x`, after `split-time`: the loop has the line and nothing else. */
const lineOf = (reads: string): string => `func forward(%start: real[2, 2], %x: real[%T, 2]) -> (y: %y, line: %2) {
  %2: real[2, 2], %past: real[%T, 2, 2] = scan length %T carried 1 sequences 1 %start, %x body
    func step(%line: real[2, 2], %x: real[2]) -> (line: %line', past: %line) {
      %2: real[1, 2] = slice axis 0 start 0 length 1 %line
      %3: real[1, 2] = reshape [1, 2] %x
      %line': real[2, 2] = concat axis 0 %3, %2
    }
  ${reads}
}`;

describe("window-delays", () => {
  test("a delay by two is a shift of its sequence, with the first elements of the line before it", () => {
    expectRewritten(
      windowDelays,
      lineOf("%5: real[%T, 1, 2] = slice axis 1 start 1 length 1 %past\n  %y: real[%T, 2] = reshape [%T, 2] %5"),
      `func forward(%start: real[2, 2], %x: real[%T, 2]) -> (y: %y, line: %7) {
        %2: real[%T, 1, 2] = reshape [%T, 1, 2] %x
        %3: real[%T, 2] = reshape [%T, 2] %2
        %4: real[2, 2] = reverse axis 0 %start
        %5: real[%T + 2, 2] = concat axis 0 %4, %3
        %6: real[2, 2] = slice axis 0 start %T length 2 %5
        %7: real[2, 2] = reverse axis 0 %6
        %8: real[%T + 1, 2] = slice axis 0 start 0 length %T + 1 %5
        %9: real[%T, 2, 2] = window axis 0 length %T size 2 stride 1 dilation 1 %8
        %past: real[%T, 2, 2] = reverse axis 1 %9
        %11: real[%T, 1, 2] = slice axis 1 start 1 length 1 %past
        %y: real[%T, 2] = reshape [%T, 2] %11
      }`,
    );
  });

  test("a filter is one product of windows over all steps", () => {
    expectRewritten(
      windowDelays,
      `func forward(%start: real[2], %x: real[%T], %w: shared real[2]) -> (y: %y, line: %3) {
        %3: real[2], %past: real[%T, 2] = scan length %T carried 1 sequences 1 %start, %x body
          func step(%line: real[2], %x: real[]) -> (line: %line', past: %line') {
            %2: real[1] = slice axis 0 start 0 length 1 %line
            %3: real[1] = reshape [1] %x
            %line': real[2] = concat axis 0 %3, %2
          }
        %y: real[%T] = contract [0] [1 0] -> [1] parts 4 %w, %past
      }`,
      `func forward(%start: real[2], %x: real[%T], %w: shared real[2]) -> (y: %y, line: %8) {
        %3: real[%T, 1] = reshape [%T, 1] %x
        %4: real[%T] = reshape [%T] %3
        %5: real[2] = reverse axis 0 %start
        %6: real[%T + 2] = concat axis 0 %5, %4
        %7: real[2] = slice axis 0 start %T length 2 %6
        %8: real[2] = reverse axis 0 %7
        %9: real[%T + 1] = slice axis 0 start 1 length %T + 1 %6
        %10: real[%T, 2] = window axis 0 length %T size 2 stride 1 dilation 1 %9
        %past: real[%T, 2] = reverse axis 1 %10
        %y: real[%T] = contract [0] [1 0] -> [1] parts 4 %w, %past
      }`,
    );
  });

  test("a line that feeds back stays: its elements are known in the loop only", () => {
    expectUnchanged(
      windowDelays,
      `func forward(%start: real[2], %x: real[%T]) -> (y: %y, line: %2) {
        %2: real[2], %y: real[%T] = scan length %T carried 1 sequences 1 %start, %x body
          func step(%line: real[2], %x: real[]) -> (line: %line', y: %y) {
            %2: real[1] = slice axis 0 start 0 length 1 %line
            %3: real[1] = slice axis 0 start 1 length 1 %line
            %4: real[] = reshape [] %3
            %y: real[] = add %x, %4
            %6: real[1] = reshape [1] %y
            %line': real[2] = concat axis 0 %6, %2
          }
      }`,
    );
  });
});
