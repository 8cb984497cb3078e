// Looks for dead links in a built site, and for whatever a page would load from elsewhere.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const attribute = /<(\w+)\b[^>]*?\s(?:href|src|srcset|poster|data)="([^"]*)"/g;
const decode = (text) => text.replaceAll("&amp;", "&").replaceAll("&#x2F;", "/").replaceAll("&quot;", '"');

/** Sentences about what is wrong, one for each fault. */
export function faultsOf(site) {
  const files = readdirSync(site, { recursive: true, encoding: "utf8" }).filter((name) => statSync(join(site, name)).isFile());
  const texts = new Map(files.filter((name) => /\.(html|css)$/.test(name)).map((name) => [name, readFileSync(join(site, name), "utf8")]));
  const anchors = new Map();
  const anchorsOf = (name) => {
    if (!anchors.has(name)) anchors.set(name, new Set([...(texts.get(name) ?? "").matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => decode(id))));
    return anchors.get(name);
  };
  const faults = [];
  for (const [name, text] of texts) {
    if (name.endsWith(".css")) faults.push(...foreignStyles(name, text));
    else for (const [, tag, value] of text.matchAll(attribute)) faults.push(...linkFaults({ site, name, tag, link: decode(value), anchorsOf }));
  }
  return [...new Set(faults)];
}

function foreignStyles(name, text) {
  return [...text.matchAll(/(?:url\(\s*|@import\s+)["']?((?:https?:)?\/\/[^"')\s]+)/g)].map(([, address]) => `${name}: loads ${address} from elsewhere`);
}

function linkFaults({ site, name, tag, link, anchorsOf }) {
  if (/^(?:[a-z]+:)?\/\//i.test(link)) {
    if (tag.toLowerCase() !== "a") return [`${name}: <${tag}> loads ${link} from elsewhere`];
    return link.startsWith("https://") ? [] : [`${name}: links to ${link}, which is not https`];
  }
  if (/^(?:mailto|data):/.test(link)) return [];
  if (link.startsWith("/")) return [`${name}: links to ${link}, which a site below a folder does not have`];
  const [, path, hash] = /^([^?#]*)(?:\?[^#]*)?(?:#(.*))?$/.exec(link);
  let file = path === "" ? name : relative(site, join(site, dirname(name), decodeURIComponent(path)));
  if (existsSync(join(site, file)) && statSync(join(site, file)).isDirectory()) file = join(file, "index.html");
  if (file.startsWith("..") || !existsSync(join(site, file))) return [`${name}: links to ${link}, which does not exist`];
  if (hash && file.endsWith(".html") && !anchorsOf(file).has(decodeURIComponent(hash))) return [`${name}: links to ${link}, but ${file} has no such anchor`];
  return [];
}
