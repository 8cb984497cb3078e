// Whoever touches what only a browser has, is caught.
const touched = new Set();
const browsers = ["window", "document", "self", "location", "localStorage", "sessionStorage", "indexedDB", "caches", "Worker", "SharedWorker", "WebSocket", "trustedTypes", "navigator", "BroadcastChannel", "fetch"];
for (const name of browsers) {
  const value = globalThis[name];
  Object.defineProperty(globalThis, name, { configurable: true, get: () => (touched.add(name), value) });
}

const names = process.argv.slice(2);
for (const name of names) if (Object.keys(await import(name)).length === 0) throw new Error(`${name} exports nothing`);
console.log(JSON.stringify({ imported: names.length, touched: [...touched] }));
