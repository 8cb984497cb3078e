// List rows of people's own words, and how far rows can be compressed.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync, gunzipSync } from "node:zlib";
import { row } from "./noise.mjs";

/** Names, addresses, dates and sentences of the people who wrote the changelogs of this Debian system: 12,000 entries and more. */
function entries(folder = "/usr/share/doc") {
  const found = new Map();
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name, "changelog.Debian.gz");
    if (!existsSync(path)) continue;
    for (const entry of gunzipSync(readFileSync(path)).toString("utf8").split(/\n(?=\S)/)) {
      const signed = /^ -- (.*?) +<([^>]+)> +(.*)$/m.exec(entry);
      const lines = entry.slice(0, signed?.index).split("\n").map((line) => line.replace(/^[ *+-]+/, "").trim()).filter((line) => line !== "");
      if (signed === null || lines.length < 2) continue;
      const [, from, fromAddress, date] = signed;
      const text = lines.slice(1).join(" ");
      const subject = text.slice(0, 60 + (text.length % 23));
      found.set(`${fromAddress} ${date} ${subject}`, { from, fromAddress, to: `${name}@packages.debian.org`, subject, snippet: text.slice(0, 160), date: Date.parse(date) });
    }
  }
  return [...found.values()].filter(({ date }) => Number.isFinite(date)).sort((a, b) => a.date - b.date);
}

/** So many rows of real words; where the entries do not last, the text is cut elsewhere, so that no two rows are the same. */
export function realRows(count) {
  const all = entries();
  if (all.length === 0) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const entry = all[index % all.length];
    const cut = Math.floor(index / all.length) * 7;
    return row(index + 1, { ...entry, subject: entry.subject.slice(cut % 31), snippet: entry.snippet.slice(cut % 83), date: entry.date + cut * 60_000 });
  });
}

/** What is left of 32 rows after the quickest DEFLATE, as a part of one: how compressible they are. */
export function compressed(rows) {
  let [before, after] = [0, 0];
  for (let at = 0; at < rows.length; at += 32 * 50) {
    const group = Buffer.from(rows.slice(at, at + 32).join(","));
    before += group.length;
    after += deflateRawSync(group, { level: 1 }).length;
  }
  return after / before;
}
