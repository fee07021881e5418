/** Free names are found in time that grows with the text, however deep its blocks are. */
import { parse } from "acorn";
import { expect, test } from "vitest";
import { freeNames } from "../../../../../compiler/tools/verify/text/free-names.js";

const namesOf = (text: string): string[] => [...freeNames(parse(text, { ecmaVersion: 2022 }))];

test("names of many references in many blocks are looked up once for each scope", () => {
  const depth = 1000;
  const names = Array.from({ length: 20_000 }, (_, i) => `n${i}`);
  const text = `${"{ let own = 1; ".repeat(depth)}own; ${names.join(";")};${"}".repeat(depth)}`;
  let looked = 0;
  const [has, add] = [Set.prototype.has, Set.prototype.add];
  const tree = parse(text, { ecmaVersion: 2022 });
  Set.prototype.has = function (value) {
    looked += 1;
    return has.call(this, value);
  };
  Set.prototype.add = function (value) {
    looked += 1;
    return add.call(this, value);
  };
  let found: ReadonlySet<string>;
  try {
    found = freeNames(tree);
  } finally {
    Object.assign(Set.prototype, { has, add });
  }
  expect([...found]).toEqual(names);
  expect(looked).toBeLessThan(10 * (names.length + depth));
});

test("a name is free where no scope around it declares it", () => {
  expect(namesOf("b; { let a; { a; c; } } a; { { var c2 } } c2; (function f(x) { f; x; y; var y; })(z);")).toEqual([
    "b",
    "a",
    "c",
    "z",
  ]);
});
