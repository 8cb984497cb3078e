// What the package's IMAP client does for each set, in Node and in a browser: gives { ms, count, sum }.

export const LIST = { flags: true, internalDate: true, size: true, envelope: true };

/** Adds up what comes. */
export class Sum {
  count = 0;
  sum = 0;
  #start = performance.now();

  add(value) {
    this.count += 1;
    this.sum += value;
  }

  /** Adds up a list that is here as a whole: only until then the clock runs. */
  static async of(list) {
    const sum = new Sum();
    const values = await list();
    const ms = performance.now() - sum.#start;
    for (const value of values) sum.add(value);
    return { ...sum.result, ms };
  }

  get result() {
    return { ms: performance.now() - this.#start, count: this.count, sum: this.sum };
  }
}

const columns = (query) => async (client) => {
  const sum = new Sum();
  for await (const { uids } of client.fetch("1:*", query).columns()) for (const uid of uids) sum.add(uid);
  return sum.result;
};

const objects = (query) => async (client) => {
  const sum = new Sum();
  for await (const message of client.fetch("1:*", query).objects()) sum.add(message.uid);
  return sum.result;
};

async function bodies(client) {
  const sum = new Sum();
  for await (const { octets } of client.bodies("1:*")) sum.add(octets.length);
  return sum.result;
}

async function download(client) {
  const sum = new Sum();
  const { stream } = await client.download(8);
  const reader = stream.getReader();
  let octets = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) octets += piece.value.length;
  sum.add(octets);
  return sum.result;
}

const search = (client) => Sum.of(() => client.search({}));

export const readers = {
  "A-columns": columns(LIST),
  "A-objects": objects(LIST),
  "B-columns": columns({ ...LIST, structure: true }),
  "B-objects": objects({ ...LIST, structure: true }),
  "E-columns": columns({ flags: true }),
  "E-objects": objects({ flags: true }),
  F: search,
  C: bodies,
  C1: download,
};
