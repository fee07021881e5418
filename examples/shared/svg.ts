/** Pictures as text: one SVG file, nothing else. */

const font = 'font-family="system-ui, sans-serif"';

export const round = (value: number): string => value.toFixed(1);

export function escape(plain: string): string {
  return plain.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** @param content Plain text, or parts that are escaped already. */
export function text(x: number, y: number, content: string, attributes = ""): string {
  const fill = attributes.includes("fill=") ? "" : ' fill="#39424e"';
  return `<text x="${round(x)}" y="${round(y)}" ${attributes}${fill}>${content}</text>`;
}

/** A white page with these parts on it. */
export function page(width: number, height: number, title: string, parts: readonly string[]): string {
  const size = `viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${font} fill="none" role="img" aria-label="${escape(title)}">
<rect width="100%" height="100%" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`;
}

/** A text in pieces, each on a ground that is the stronger the more it weighs, from 0 to 1. */
export interface ShadedText {
  readonly label: string;
  readonly pieces: readonly { readonly text: string; readonly weight: number }[];
}

/** Texts below each other, in lines of at most 110 letters. */
export function drawShadedTexts(title: string, subtitle: string, texts: readonly ShadedText[]): string {
  const [letter, left, line, levels] = [8.4, 40, 24, 10];
  const parts = heading(left, title, subtitle);
  const grounds = Array.from({ length: levels + 1 }, () => "");
  let y = 76;
  for (const { label, pieces } of texts) {
    parts.push(text(left, y + 34, escape(label), 'font-size="14" font-weight="600"'));
    y += 34 + line;
    let words = "";
    const end = (): void => {
      // The given length keeps letters on their ground whatever the font of one width is.
      const shape = `font-family="Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" textLength="${round(words.length * letter)}"`;
      parts.push(text(left, y, escape(words), `${shape} xml:space="preserve"`));
      words = "";
    };
    for (const piece of pieces) {
      if (words.length + piece.text.length > 110) {
        end();
        y += line;
      }
      const level = Math.round(levels * Math.min(1, Math.max(0, piece.weight)));
      const [x, width] = [left + words.length * letter, piece.text.length * letter];
      grounds[level] += `M${round(x)},${y - 16}h${round(width)}v22h-${round(width)}z`;
      words += piece.text;
    }
    end();
  }
  const ground = grounds.map((path, level) => `<path d="${path}" fill="#d1495b" fill-opacity="${level / levels}"/>`);
  return page(1010, y + 40, title, [...ground.slice(1), ...parts]);
}

const heading = (left: number, title: string, subtitle: string): string[] => [
  text(left, 40, escape(title), 'font-size="22" font-weight="600"'),
  text(left, 64, escape(subtitle), 'font-size="14" fill="#77808c"'),
];

/** How much each row looks at each column, `weights[row][column]` from 0 to 1. */
export interface Grid {
  readonly label: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly weights: readonly (readonly number[])[];
}

/** Grids side by side, three in a line. */
export function drawGrids(title: string, subtitle: string, grids: readonly Grid[]): string {
  const [cell, left] = [22, 40];
  const width = 60 + cell * Math.max(...grids.map(({ columns }) => columns.length));
  const height = 90 + cell * Math.max(...grids.map(({ rows }) => rows.length));
  const parts = heading(left, title, subtitle);
  for (const [k, { label, rows, columns, weights }] of grids.entries()) {
    const [x, y] = [left + 40 + (k % 3) * width, 150 + Math.floor(k / 3) * height];
    parts.push(text(x, y - 34, escape(label), 'font-size="14" font-weight="600"'));
    columns.forEach((name, j) =>
      parts.push(text(x + (j + 0.5) * cell, y - 8, escape(name), 'font-size="14" text-anchor="middle"')),
    );
    rows.forEach((name, i) => {
      parts.push(text(x - 8, y + (i + 0.7) * cell, escape(name), 'font-size="13" text-anchor="end"'));
      weights[i]!.forEach((weight, j) => {
        const place = `x="${round(x + j * cell)}" y="${round(y + i * cell)}" width="${cell - 1}" height="${cell - 1}"`;
        parts.push(`<rect ${place} fill="#d1495b" fill-opacity="${(0.04 + 0.96 * weight).toFixed(3)}"/>`);
      });
    });
  }
  return page(2 * left + Math.min(3, grids.length) * width, 90 + Math.ceil(grids.length / 3) * height, title, parts);
}
