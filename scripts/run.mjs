// `make run` and `make serve`: starts what was built and stops all of it on Ctrl-C. With --check it only says, before anything is
// built, what would keep it from starting.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { builtSite, serveSite } from "./site.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const release = join(root, "target/release");
const arguments_ = process.argv.slice(2);
const serve = arguments_.includes("--serve");
const checkOnly = arguments_.includes("--check");
const port = Number(process.env.PORT ?? "8790");

function stop(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Why the port of 127.0.0.1 can't be listened on, or undefined. */
function portFault() {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", ({ code }) => resolve(code));
    probe.listen({ host: "127.0.0.1", port }, () => probe.close(() => resolve(undefined)));
  });
}

/** Stops with a sentence where the port can't be used. */
async function needPort() {
  if (!Number.isInteger(port) || port < 1 || port > 65535) stop(`PORT=${process.env.PORT} is not a port. Use a number from 1 to 65535, such as PORT=8791.`);
  const fault = await portFault();
  const another = port < 1024 || port === 65535 ? 8790 : port + 1;
  const other = `choose another: make ${serve ? "serve" : "run"} PORT=${another}`;
  if (fault === "EACCES") stop(`This user may not listen on port ${port}; ${other}`);
  if (fault !== undefined) stop(`Port ${port} of 127.0.0.1 is taken. Stop the program that listens there, or ${other}`);
}

const children = new Set();
let folder;

function cleanUp() {
  for (const child of children) child.kill("SIGTERM");
  if (folder) rmSync(folder, { recursive: true, force: true });
}

/** Starts a program that must go on running; when it ends by itself, everything ends. */
function start(program, programArguments, options = {}) {
  const child = spawn(join(release, program), programArguments, { stdio: ["pipe", "pipe", "inherit"], ...options });
  children.add(child);
  child.on("exit", (code) => {
    children.delete(child);
    if (stopping) return;
    console.error(`${program} ended by itself (exit code ${code}). Its own words stand above.`);
    finish(1);
  });
  return child;
}

let stopping = false;
async function finish(code) {
  if (stopping) return;
  stopping = true;
  const ended = [...children].map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of children) {
    child.stdin?.end();
    child.kill("SIGTERM");
  }
  await Promise.race([Promise.all(ended), new Promise((resolve) => setTimeout(resolve, 5000))]);
  cleanUp();
  process.exit(code);
}
process.on("SIGINT", () => finish(0));
process.on("SIGTERM", () => finish(0));
process.on("SIGHUP", () => finish(0));

async function startSample() {
  const sample = start("waypost-servers", ["dovecot", "--sample"]);
  const lines = createInterface({ input: sample.stdout });
  const line = await new Promise((resolve) => lines.once("line", resolve));
  return JSON.parse(line);
}

/** The documentation, where it was built: on the next port, so that its examples can be run on the sample. */
async function startSite(sample) {
  if (!existsSync(join(builtSite, "index.html"))) return undefined;
  const [{ name: username, password }] = sample.users;
  const { imaps, pop3s } = sample.ports;
  const answers = { gateway: `ws://127.0.0.1:${port}/tunnel`, host: "localhost", imapPort: `${imaps}`, imapSecurity: "tls", pop3Port: `${pop3s}`, pop3Security: "tls", username, password };
  return serveSite({ port: port + 1, answers }).catch(({ message }) => {
    console.error(`The documentation is not served: ${message}`);
    return undefined;
  });
}

function sampleConfig(sample, site) {
  const ports = [sample.ports.imap, sample.ports.imaps, sample.ports.pop3, sample.ports.pop3s];
  const origins = [port, ...(site ? [new URL(site.origin).port] : [])].flatMap((each) => ["localhost", "127.0.0.1", "[::1]"].map((name) => `http://${name}:${each}`));
  return `# Written by scripts/run.mjs for the sample mailbox.
listen = "127.0.0.1:${port}"
origins = ${JSON.stringify(origins)}
app_dir = ${JSON.stringify(join(root, "web/app/dist"))}

[[targets]]
host = "localhost"
ports = [${ports.join(", ")}]
tls = ["implicit", "starttls"]
private = true
ca = [${JSON.stringify(sample.ca)}]
`;
}

function serveConfig() {
  const given = arguments_.indexOf("--config");
  const path = given >= 0 ? resolve(arguments_[given + 1] ?? "") : [join(root, "waypost.toml"), join(root, "gateway/gateway.example.toml")].find(existsSync);
  if (!path || !existsSync(path)) stop(`The configuration ${path ?? ""} does not exist. Copy gateway/gateway.example.toml to waypost.toml and edit it.`);
  return path;
}

await needPort();
if (!serve && spawnSync("sh", ["-c", "PATH=$PATH:/usr/sbin command -v dovecot"]).status !== 0) {
  stop("Dovecot is missing. Install it (Debian: apt-get install dovecot-imapd dovecot-pop3d), or use your own account: make serve");
}
if (checkOnly) process.exit(0);

folder = mkdtempSync(join(tmpdir(), "waypost-run-"));
const sample = serve ? undefined : await startSample();
const site = sample && (await startSite(sample));
let config = serve ? serveConfig() : join(folder, "gateway.toml");
if (sample) writeFileSync(config, sampleConfig(sample, site));

const gateway = start("waypost-gateway", ["--config", config, ...(serve ? ["--listen", `127.0.0.1:${port}`, "--app-dir", join(root, "web/app/dist")] : [])]);
gateway.stdout.pipe(process.stderr);

const url = `http://127.0.0.1:${port}`;
let answer;
for (let attempt = 0; answer === undefined; attempt += 1) {
  answer = await fetch(url).catch(() => undefined);
  if (attempt === 100) {
    console.error(`The gateway does not answer on ${url} after 10 s. Its own words stand above.`);
    await finish(1);
  }
  if (answer === undefined) await new Promise((resolve) => setTimeout(resolve, 100));
}
// Another name than those of the configuration is refused (docs/GATEWAY.md).
const named = answer.status !== 421;

console.log(named ? `\nWaypost is open at ${url}\n` : `\nWaypost listens on 127.0.0.1:${port}. Open it by one of the names in origins of ${config}.\n`);
if (sample) {
  const { imap, imaps, pop3, pop3s } = sample.ports;
  console.log("Sample mailbox on a real Dovecot, gone when you stop:");
  for (const user of sample.users) console.log(`  Address and user name ${user.name}   Password ${user.password}`);
  console.log(`  Server localhost   IMAP: port ${imaps} with TLS, ${imap} with STARTTLS   POP3: port ${pop3s} with TLS, ${pop3} with STARTTLS`);
  console.log(site ? `\nDocumentation, with examples that run on this mailbox: ${site.url}` : "\nFor the documentation, with examples that run on this mailbox: make docs, then this again.");
} else {
  console.log(`Targets are allowed by ${config}. Sign in with your own account.`);
}
console.log("\nStop with Ctrl-C.");
