/**
 * Ends the build: the icons and the manifest under hashed names, the service worker with the list of exactly these files, and
 * compressed siblings for the gateway to serve.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build, type Plugin } from "vite";

/** Formats that are compressed already. */
const dense = /\.(?:png|br|gz)$/;

interface Icon {
  readonly file: string;
  readonly type: string;
  readonly sizes: string;
  readonly purpose: "any" | "maskable";
}

const icons: readonly Icon[] = [
  { file: "logo-mark.svg", type: "image/svg+xml", sizes: "any", purpose: "any" },
  { file: "logo-maskable.svg", type: "image/svg+xml", sizes: "any", purpose: "maskable" },
  { file: "icon-512.png", type: "image/png", sizes: "512x512", purpose: "any" },
  { file: "icon-192.png", type: "image/png", sizes: "192x192", purpose: "any" },
];

function hashed(file: string, octets: string | Buffer): string {
  const hash = createHash("sha256").update(octets).digest("base64url").slice(0, 8);
  const [name = file, ext = "bin"] = file.split(".");
  return `assets/${name}-${hash}.${ext}`;
}

/** The manifest with its icons, which are files of the build like all others. */
export function installable(look: string): Plugin {
  const files = icons.map((icon) => ({ ...icon, source: readFileSync(join(look, icon.file)) }));
  const manifest = JSON.stringify({
    name: "Waypost",
    short_name: "Waypost",
    description: "Read your mail over IMAP or POP3, also without a connection",
    // From the manifest, which lies in assets/: the app may be served under a part of a host.
    start_url: "../",
    scope: "../",
    display: "standalone",
    background_color: "#eeece6",
    theme_color: "#eeece6",
    icons: files.map(({ file, source, type, sizes, purpose }) => ({ src: hashed(file, source).replace("assets/", "./"), type, sizes, purpose })),
  });
  const touch = files.find(({ file }) => file === "icon-192.png");
  return {
    name: "waypost-installable",
    apply: "build",
    buildStart() {
      for (const { file, source } of files) this.emitFile({ type: "asset", fileName: hashed(file, source), source });
      this.emitFile({ type: "asset", fileName: hashed("manifest.webmanifest", manifest), source: manifest });
    },
    transformIndexHtml: () => [
      { tag: "link", injectTo: "head", attrs: { rel: "manifest", href: `./${hashed("manifest.webmanifest", manifest)}` } },
      ...(touch === undefined ? [] : [{ tag: "link", injectTo: "head" as const, attrs: { rel: "apple-touch-icon", href: `./${hashed(touch.file, touch.source)}` } }]),
    ],
  };
}

/** The service worker, written after all other files, because it lists them. */
export function offline(root: string): Plugin {
  let folder = "";
  return {
    name: "waypost-offline",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    async closeBundle() {
      const files = readdirSync(join(folder, "assets")).filter((name) => !/\.(?:br|gz|map)$/.test(name)).sort();
      const page = readFileSync(join(folder, "index.html"));
      await build({
        root,
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: {
          BUILD_FILES: JSON.stringify(files.map((name) => `assets/${name}`)),
          BUILD_ID: JSON.stringify(createHash("sha256").update(page).digest("hex").slice(0, 16)),
        },
        build: {
          outDir: folder,
          emptyOutDir: false,
          copyPublicDir: false,
          rolldownOptions: { input: join(root, "src/offline/worker.ts"), output: { format: "iife", entryFileNames: "sw.js" } },
        },
      });
      for (const path of [...files.map((name) => join("assets", name)), "index.html", "sw.js"]) compress(join(folder, path));
    },
  };
}

function compress(path: string): void {
  if (dense.test(path)) return;
  const octets = readFileSync(path);
  const smaller = (suffix: string, packed: Buffer): void => {
    if (packed.length < octets.length) writeFileSync(path + suffix, packed);
  };
  smaller(".br", brotliCompressSync(octets, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  smaller(".gz", gzipSync(octets, { level: 9 }));
}
