/** Whether the browser promises to keep what is stored here. Not every engine has words for it. */

const manager = (): StorageManager | undefined => (navigator as { readonly storage?: StorageManager }).storage;

/**
 * Stands outside of the database for as long as accounts are in it: so the next visit can tell a browser that removed them from one that
 * never had any. It says nothing of whose they are.
 */
const mark = "waypost-holds-mail";

/** Notes whether accounts are stored. A browser that forbids it keeps none of them for long either. */
export function noteStored(stored: boolean): void {
  try {
    if (stored) localStorage.setItem(mark, "1");
    else localStorage.removeItem(mark);
  } catch {
    // Then the next visit can't tell.
  }
}

/** Whether accounts were stored when the app was last here. */
export function wasStored(): boolean {
  try {
    return localStorage.getItem(mark) !== null;
  } catch {
    return false;
  }
}

/** Null where the browser does not say. */
export async function isPermanent(): Promise<boolean | null> {
  return (await manager()?.persisted()) ?? null;
}

/** Asks the browser for the promise. */
export async function makePermanent(): Promise<boolean> {
  return (await manager()?.persist()) ?? false;
}
