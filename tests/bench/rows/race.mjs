// How rows of a list get from a Worker to its page: as the JSON that is stored, as objects, as columns. Runs in a page and in Node.

/** Rows as the engine stores them, each JSON. */
export function storedRows(count) {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      id: `1.1.1700000000.${index + 1}`,
      from: `Robin Ashdown ${index % 37}`,
      fromAddress: `robin${index % 37}@waypost.example`,
      to: "Kim, Alex",
      subject: `Harbour lights and timetable number ${index}: a change for the winter`,
      snippet: "Dear all, from the first of November the ferry leaves a quarter of an hour later than it did in the",
      date: 1795536990000 + index * 60_000,
      size: 4321 + index,
      flags: index % 3 === 0 ? [] : ["\\Seen"],
      attachment: index % 9 === 0,
      body: true,
      waiting: false,
      thread: index,
      content: `1.0.0.${index}`,
      sha256: "00ff".repeat(16),
      origin: null,
      copyOf: null,
    }),
  );
}

const texts = ["id", "from", "fromAddress", "to", "subject", "snippet", "content", "sha256"];
const numbers = ["date", "size", "thread", "attachment", "body", "waiting"];

/** What the Worker does, by way: from stored rows to a message and what goes with it. */
export const send = {
  json: (rows) => [`[${rows.join(",")}]`, []],
  objects: (rows) => [rows.map((row) => JSON.parse(row)), []],
  columns: (rows) => {
    const parsed = rows.map((row) => JSON.parse(row));
    const ends = new Uint32Array(rows.length * texts.length);
    let text = "";
    let at = 0;
    for (const row of parsed) {
      for (const name of texts) {
        text += row[name] ?? "";
        ends[at++] = text.length;
      }
    }
    const values = new Float64Array(rows.length * numbers.length);
    at = 0;
    for (const row of parsed) for (const name of numbers) values[at++] = Number(row[name]);
    const flags = Uint8Array.from(parsed, (row) => (row.flags.includes("\\Seen") ? 1 : 0));
    return [{ text, ends, values, flags }, [ends.buffer, values.buffer, flags.buffer]];
  },
};

class Row {
  constructor(columns, index) {
    this.columns = columns;
    this.index = index;
  }
}
for (const [place, name] of texts.entries()) {
  Object.defineProperty(Row.prototype, name, {
    get() {
      const at = this.index * texts.length + place;
      const { ends, text } = this.columns;
      return text.slice(at === 0 ? 0 : ends[at - 1], ends[at]);
    },
  });
}
for (const [place, name] of numbers.entries()) {
  Object.defineProperty(Row.prototype, name, {
    get() {
      return this.columns.values[this.index * numbers.length + place];
    },
  });
}

/** What the page does: rows whose shown fields were read. */
export const receive = {
  json: (message) => read(JSON.parse(message)),
  objects: (message) => read(message),
  columns: (message) => read(Array.from(message.flags, (_, index) => new Row(message, index))),
};

function read(rows) {
  let sum = 0;
  for (const row of rows) sum += row.from.length + row.subject.length + row.snippet.length + row.date;
  return sum;
}
