/** Chromium with a profile folder of its own, so that what it stores is on a disk and outlives it. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContext, chromium } from "@playwright/test";
import { chromiumProgram } from "./programs.ts";

export interface ChromiumOptions {
  /** Host names that lead to 127.0.0.1. */
  readonly names?: readonly string[];
  readonly serviceWorkers?: "allow" | "block";
  readonly colorScheme?: "light" | "dark";
  readonly size?: { readonly width: number; readonly height: number };
}

/** What it says about itself to others is off; a container's root needs the sandbox off. */
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export function launch(profile: string, options: ChromiumOptions = {}): Promise<BrowserContext> {
  const names = (options.names ?? []).map((name) => `MAP ${name} 127.0.0.1`).join(", ");
  return chromium.launchPersistentContext(profile, {
    executablePath: chromiumProgram(),
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    args: [...quiet, ...(names === "" ? [] : [`--host-resolver-rules=${names}`])],
    serviceWorkers: options.serviceWorkers ?? "allow",
    colorScheme: options.colorScheme ?? "light",
    viewport: options.size ?? { width: 1280, height: 800 },
    locale: "en-GB",
  });
}

/** A profile folder that nobody has used. */
export function freshProfile(folder: string): string {
  return mkdtempSync(join(folder, "profile-"));
}
