/**
 * The text part of a message, taken apart for showing: paragraphs, quotes, a signature, and links in them. No markup is read.
 *
 * The text is a stranger's and may be long: every pattern here is bounded, so that the time grows with the length and no faster.
 */

export interface Piece {
  readonly text: string;
  /** Set where the piece is a link. */
  readonly href?: string;
}

export interface Block {
  readonly kind: "text" | "quote" | "signature";
  readonly pieces: readonly Piece[];
}

/** Blocks in their order; lines that begin with ">" are a quote, all after "-- " is a signature. */
export function blocksOf(text: string): readonly Block[] {
  const lines = text.replace(/\r\n?/g, "\n").trimEnd().split("\n");
  const blocks: { kind: Block["kind"]; lines: string[] }[] = [];
  let signed = false;
  for (const line of lines) {
    signed ||= line === "-- ";
    const kind = signed ? "signature" : line.startsWith(">") ? "quote" : "text";
    const last = blocks.at(-1);
    if (last?.kind === kind) last.lines.push(line);
    else blocks.push({ kind, lines: [line] });
  }
  return blocks
    .map(({ kind, lines: own }) => ({ kind, text: withoutEmptyEnds(own).join("\n") }))
    .filter((block) => block.text !== "")
    .map(({ kind, text: own }) => ({ kind, pieces: piecesOf(own) }));
}

function withoutEmptyEnds(lines: readonly string[]): readonly string[] {
  const from = lines.findIndex((line) => line !== "");
  const to = lines.findLastIndex((line) => line !== "");
  return from < 0 ? [] : lines.slice(from, to + 1);
}

const link = /https?:\/\/[^\s<>"']{1,2000}|(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]{1,64}@[\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,9}/gu;
/** More links than a person follows; what comes after stays text. */
const mostLinks = 2000;

/** Text with its links. What ends a sentence is not part of a link. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(link)) {
    if (pieces.length > 2 * mostLinks) break;
    const word = withoutEnd(found[0]);
    if (found.index > from) pieces.push({ text: text.slice(from, found.index) });
    pieces.push({ text: word, href: word.includes("://") ? word : `mailto:${word}` });
    from = found.index + word.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

function withoutEnd(word: string): string {
  const count = (character: string): number => word.split(character).length - 1;
  let unopened = count(")") - count("(");
  let end = word.length;
  while (end > 0) {
    const last = word.charAt(end - 1);
    if (last === ")" && unopened > 0) unopened -= 1;
    else if (!/[.,;:!?\]}*_]/.test(last)) break;
    end -= 1;
  }
  return word.slice(0, end);
}

/** Control characters and marks that turn the direction of the text that follows. */
// eslint-disable-next-line no-control-regex -- they are what is taken out
const unprintable = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** One line of somebody else's text, which cannot disturb what stands beside it. */
export function oneLine(text: string): string {
  return text.replace(unprintable, " ").replace(/\s+/g, " ").trim();
}

/** A file name that stays in its folder and shows its real ending. */
export function safeName(name: string, number: number): string {
  const clean = oneLine(name.slice(0, 1000))
    .replace(/[/\\:*?"<>|]/g, "_")
    .replace(/^[.\s]+/, "")
    .replace(/[.\s]+$/, "");
  if (clean === "") return `attachment-${number}`;
  if (clean.length <= 120) return clean;
  const dot = clean.lastIndexOf(".");
  const ending = dot > 0 && clean.length - dot <= 12 ? clean.slice(dot) : "";
  return clean.slice(0, 120 - ending.length) + ending;
}
