// The entries of the package, as its manifest names them.

/** The file for one who knows these conditions. Their order is the manifest's. */
function choose(target, conditions) {
  if (typeof target === "string") return target;
  const found = Object.entries(target ?? {}).find(([condition]) => conditions.includes(condition));
  return found && choose(found[1], conditions);
}

/** Each entry that is code: its name, its declarations and the script that a browser loads, relative to the package. What only Node has is named as well. */
export function entriesOf({ name, exports }) {
  return Object.entries(exports).flatMap(([path, target]) => {
    const of = (...conditions) => choose(target, ["browser", ...conditions]) ?? choose(target, ["node", ...conditions]);
    const types = of("types", "import", "default");
    const script = of("import", "default");
    if (path.includes("*") || !types?.endsWith(".d.ts")) return [];
    return [{ name: path === "." ? name : `${name}/${path.slice(2)}`, types: types.slice(2), script: script.slice(2) }];
  });
}

/** Where the script of an entry stands on the site, from its root. */
export function addressOf(script) {
  return `live/waypost/${script}`;
}
