/** Whether the browser promises to keep what is stored here. Not every engine has words for it. */

const manager = (): StorageManager | undefined => (navigator as { readonly storage?: StorageManager }).storage;

/** Null where the browser does not say. */
export async function isPermanent(): Promise<boolean | null> {
  return (await manager()?.persisted()) ?? null;
}

/** Asks the browser for the promise. */
export async function makePermanent(): Promise<boolean> {
  return (await manager()?.persist()) ?? false;
}
