/** The text part of a message, taken apart for showing: paragraphs, quotes, a signature, and links in them. No markup is read. */

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
  const lines = text.replace(/\r\n?/g, "\n").replace(/\s+$/, "").split("\n");
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
    .map(({ kind, lines: own }) => ({ kind, text: own.join("\n").replace(/^\n+|\n+$/g, "") }))
    .filter((block) => block.text !== "")
    .map(({ kind, text: own }) => ({ kind, pieces: piecesOf(own) }));
}

const link = /https?:\/\/[^\s<>"']+|[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;

/** Text with its links. What ends a sentence is not part of a link. */
export function piecesOf(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of text.matchAll(link)) {
    const word = withoutEnd(found[0]);
    if (found.index > from) pieces.push({ text: text.slice(from, found.index) });
    pieces.push({ text: word, href: word.includes("://") ? word : `mailto:${word}` });
    from = found.index + word.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

function withoutEnd(word: string): string {
  let end = word.length;
  while (end > 0) {
    const last = word.charAt(end - 1);
    const unopened = last === ")" && !word.slice(0, end - 1).includes("(");
    if (!unopened && !/[.,;:!?\]}*_]/.test(last)) break;
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
  const clean = oneLine(name)
    .replace(/[/\\:*?"<>|]/g, "_")
    .replace(/^[.\s]+/, "")
    .replace(/[.\s]+$/, "");
  if (clean === "") return `attachment-${number}`;
  if (clean.length <= 120) return clean;
  const dot = clean.lastIndexOf(".");
  const ending = dot > 0 && clean.length - dot <= 12 ? clean.slice(dot) : "";
  return clean.slice(0, 120 - ending.length) + ending;
}
