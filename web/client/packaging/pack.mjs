/** Packs the package, unpacks it, and installs the tarball into a project, as its users do. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { project, source, tarball, target } from "./places.mjs";

export function setup() {
  if (!existsSync(join(source, "dist/packed.js"))) throw new Error("web/client/dist/ is not built. Run: make web");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  execFileSync("npm", ["pack", "--silent", "--pack-destination", target], { cwd: source, stdio: ["ignore", "ignore", "inherit"] });
  execFileSync("tar", ["-xzf", tarball(), "-C", target]);
  writeFileSync(join(project, "package.json"), `${JSON.stringify({ name: "consumers", private: true, type: "module" })}\n`);
  execFileSync("npm", ["install", "--offline", "--silent", "--no-audit", "--no-fund", tarball()], { cwd: project, stdio: ["ignore", "ignore", "inherit"] });
}
