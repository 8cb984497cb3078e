// One list in a process of its own, cold: node slice.mjs SET PORT prints { longest, first, count }, in milliseconds.
import { ImapClient } from "../../../web/client/dist/imap.js";
import { tcp } from "../../../web/client/dist/node.js";
import { LIST } from "./sets.mjs";
import { list, noted } from "./watch.mjs";

const [set, port] = process.argv.slice(2);
const [user, way] = set.split("-");
const query = user === "B" ? { ...LIST, structure: true } : LIST;
const options = { host: "127.0.0.1", port: Number(port), security: "none", auth: { username: user, password: "secret" } };
console.log(JSON.stringify(await list(ImapClient, options, noted(tcp()), query, way)));
process.exit(0);
