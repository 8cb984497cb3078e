// What the benchmark calls in a browser: the package itself, and a plain writer of the same records.

/** Takes all mail of a maildrop with the package, and tells what is stored then, and what the ledger says that the server deleted. */
async function takeMail({ port, user, password, pop3, recorded, judged }) {
  if (!(await navigator.storage.persist())) throw new Error("the storage is not durable");
  const { open } = await import(recorded ? "./recorded/index.js" : "./waypost/index.js");
  const mail = await open();
  const done = new Promise((resolve, reject) => {
    let syncing = false;
    mail.addEventListener("state", ({ detail: { status } }) => {
      if (status.state === "syncing") syncing = true;
      if (status.state === "online" && syncing) resolve(performance.now());
      if (status.state === "offline") reject(new Error(`${status.error.code}: ${status.error.message}`));
    });
  });
  const start = performance.now();
  const settings = { protocol: "pop3", address: "you@waypost.example", host: "127.0.0.1", port, security: "none", username: user, pop3 };
  const account = await mail.addAccount(settings, password);
  const ms = (await done) - start;
  const inbox = (await mail.mailboxes(account.id)).find(({ role }) => role === "inbox");
  const { total: deleted } = await mail.ledger(account.id, { states: ["deleted"], limit: 1 });
  const answer = { ms, messages: inbox.total, deleted };
  return judged ? { ...answer, digests: await digests(mail, account.id, inbox.id) } : answer;
}

/** SHA-256 of each stored message, as the package hands it out. */
async function digests(mail, account, mailbox) {
  const found = [];
  for (let after; ; ) {
    const { rows, next } = await mail.list(account, mailbox, { limit: 500, ...(after === undefined ? {} : { after }) });
    found.push(...(await Promise.all(rows.map(({ id }) => mail.source(id).then(digest)))));
    if (next === null) return found;
    after = next;
  }
}

async function digest(octets) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", octets));
  return Array.from(hash, (octet) => octet.toString(16).padStart(2, "0")).join("");
}

/** What the recorder in the package's Worker has noted, and the schema that it was written into. */
async function takeRecord() {
  const line = new BroadcastChannel("recorder");
  const transactions = await new Promise((resolve) => {
    line.onmessage = ({ data }) => resolve(data);
    line.postMessage("give");
  });
  const [{ name }] = await indexedDB.databases();
  const database = await answerOf(indexedDB.open(name));
  const names = [...database.objectStoreNames];
  const transaction = database.transaction(names);
  const schema = names.map((name) => {
    const { keyPath, autoIncrement, indexNames } = transaction.objectStore(name);
    const indexes = Array.from(indexNames, (index) => {
      const { keyPath, unique, multiEntry } = transaction.objectStore(name).index(index);
      return { name: index, keyPath, unique, multiEntry };
    });
    return { name, keyPath, autoIncrement, indexes };
  });
  database.close();
  return { schema, transactions };
}

function answerOf(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Writes a record again, in a Worker as the package does. */
async function write(task) {
  if (!(await navigator.storage.persist())) throw new Error("the storage is not durable");
  const policy = trustedTypes.createPolicy("waypost-app", { createScriptURL: (url) => url });
  const worker = new Worker(policy.createScriptURL("/writer.js"), { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data.error === undefined ? resolve(data) : reject(new Error(data.error)));
    worker.onerror = () => reject(new Error("the writer ended"));
    worker.postMessage(task);
  });
}

Object.assign(globalThis, { takeMail, takeRecord, write });
