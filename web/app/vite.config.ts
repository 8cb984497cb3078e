import { join } from "node:path";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";
import { gateway } from "./build/gateway.ts";
import { installable, offline } from "./build/offline.ts";

const root = import.meta.dirname;

export default defineConfig(({ mode }) => ({
  root,
  // All addresses are relative: the gateway may serve the app under a part of a host.
  base: "./",
  publicDir: false,
  plugins: [svelte(), installable(join(root, "src/look")), offline(root), gateway()],
  // The mode `fake` puts sample mail in the place of the package: for development and pictures, never in what is served.
  resolve: mode === "fake" ? { alias: { waypost: join(root, "dev/fake.ts") } } : {},
  build: {
    outDir: mode === "fake" ? "../../target/fake-app" : "dist",
    emptyOutDir: true,
    target: "es2022",
    // Everything is a file of its own: the policy allows no script or style within the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
}));
