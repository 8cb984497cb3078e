// The entries of the package, as its manifest names them.

/** The file for one who knows these conditions. Their order is the manifest's. */
function choose(target, conditions) {
  if (typeof target === "string") return target;
  const found = Object.entries(target ?? {}).find(([condition]) => conditions.includes(condition));
  return found && choose(found[1], conditions);
}

/** What a platform takes of an entry: its declarations and its script; undefined where it is not code. */
function taken(target, platform) {
  const types = choose(target, [platform, "types", "import", "default"]);
  const script = choose(target, [platform, "import", "default"]);
  return types?.endsWith(".d.ts") && script?.endsWith(".js") ? { types: types.slice(2), script: script.slice(2) } : undefined;
}

/**
 * Each entry that is code: its name, its declarations and the script that a browser loads, relative to the package. Where Node gets
 * other declarations, they are an entry of their own, without a script if a browser has one.
 */
export function entriesOf({ name, exports }) {
  return Object.entries(exports).flatMap(([path, target]) => {
    const full = path === "." ? name : `${name}/${path.slice(2)}`;
    const [browser, node] = path.includes("*") ? [] : [taken(target, "browser"), taken(target, "node")];
    if (browser === undefined) return node === undefined ? [] : [{ name: full, ...node }];
    const entries = [{ name: full, ...browser }];
    if (node !== undefined && node.types !== browser.types) entries.push({ name: `${full} in Node`, types: node.types });
    return entries;
  });
}

/** Where the script of an entry stands on the site, from its root. */
export function addressOf(script) {
  return `live/waypost/${script}`;
}
