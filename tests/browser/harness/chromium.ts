/** Chromium with a profile folder of its own, so that what it stores is on a disk and outlives it. */
import { mkdtempSync, readFileSync, readlinkSync, rmSync } from "node:fs";
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

/** Ends this profile's browser as a power cut would: with SIGKILL, by the process id that its lock names. */
export async function kill(context: BrowserContext, profile: string): Promise<void> {
  // The lock is a link to "<host>-<pid>"; the host may hold dashes.
  const pid = Number(/-(\d+)$/.exec(readlinkSync(join(profile, "SingletonLock")))?.[1]);
  if (!Number.isSafeInteger(pid) || pid < 2) throw new Error(`The lock of ${profile} names no process.`);
  const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
  if (!command.includes(profile)) throw new Error(`Process ${pid} is not the browser of ${profile}.`);
  const closed = new Promise<void>((resolve) => context.once("close", () => resolve()));
  process.kill(pid, "SIGKILL");
  await closed;
  // The next start would take the lock of the dead for that of another computer or of a living one.
  for (const name of ["SingletonLock", "SingletonSocket", "SingletonCookie"]) rmSync(join(profile, name), { force: true });
}
