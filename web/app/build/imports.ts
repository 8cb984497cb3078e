/**
 * Dynamic imports as the browser has them. Vite wraps each in a helper, which loads ahead what the chunk needs besides itself: styles, and
 * other chunks. No chunk of this app has styles of its own, and six hundred octets are the price of a feature.
 */
import type { Plugin } from "vite";

export function plainImports(): Plugin {
  return {
    name: "waypost-plain-imports",
    apply: "build",
    enforce: "pre",
    load: (id) => (id === helper ? "export const __vitePreload = (load) => load();" : null),
    generateBundle(_, bundle) {
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk" && chunk.isDynamicEntry && (chunk.viteMetadata?.importedCss.size ?? 0) > 0) this.error(`${chunk.fileName} has styles, which nothing loads without Vite's helper.`);
      }
    },
  };
}

/** Where Vite has it. */
const helper = "\0vite/preload-helper.js";
