/** Pictures that need nothing else: an SVG file, and an HTML page around it. */
import { escapeText } from "./draw-chart.js";

const style = [
  "text { font: 13px system-ui, 'Helvetica Neue', Arial, sans-serif; fill: #18181b }",
  ".title { font-size: 20px; font-weight: 600 }",
  ".heading { font-size: 14px; font-weight: 600 }",
  ".words { font-size: 14px }",
  ".faint, .tick { fill: #71717a }",
  ".tick { font-size: 11px }",
  ".code { font-family: ui-monospace, 'DejaVu Sans Mono', monospace; font-size: 12px }",
].join(" ");

type TextStyle = "plain" | "title" | "heading" | "words" | "faint" | "tick" | "code" | "faint code";

export function svgText(x: number, y: number, content: string, kind: TextStyle, anchor = "start"): string {
  return `<text x="${x}" y="${y}" class="${kind}" text-anchor="${anchor}">${escapeText(content)}</text>`;
}

/** A white sheet with `parts` on it, which are SVG elements. */
export function svgSheet(title: string, width: number, height: number, parts: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeText(title)}</title>`,
    `<style>${style}</style>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...parts,
    "</svg>\n",
  ].join("\n");
}

/** A page with the picture, and with what it shows as JSON in an element of this `id`. */
export function htmlPage(title: string, picture: string, id: string, data: unknown): string {
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<title>${escapeText(title)}</title>`,
    "<style>body { margin: 0; background: #f4f4f5 } svg { display: block; margin: 24px auto; max-width: 96vw; height: auto; box-shadow: 0 1px 6px #0003 }</style>",
    picture.trimEnd(),
    `<script type="application/json" id="${id}">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>`,
    "</html>\n",
  ].join("\n");
}
