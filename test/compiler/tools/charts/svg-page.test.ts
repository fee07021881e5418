import { expect, it } from "vitest";
import { htmlPage, svgSheet, svgText } from "../../../../compiler/tools/charts/svg-page.js";

it("escapes what is text, in the picture and around it", () => {
  expect(svgText(1, 2, 'a < "b"', "words", "end")).toBe(
    '<text x="1" y="2" class="words" text-anchor="end">a &lt; &quot;b&quot;</text>',
  );
  const sheet = svgSheet("a & b", 10, 20, ["<path/>"]);
  expect(sheet).toMatch(/^<svg [^>]*viewBox="0 0 10 20"[^]*<title>a &amp; b<\/title>[^]*<path\/>\n<\/svg>\n$/u);
  const page = htmlPage("<t>", sheet, "numbers", { text: "</script>" });
  expect(page).toContain("<title>&lt;t&gt;</title>");
  expect(page).toContain('id="numbers">{"text":"\\u003c/script>"}</script>');
});
