/** What the engine found at a POP3 server or at the store, in words. */
import type { Notice, StorageState } from "waypost";

export interface Words {
  readonly title: string;
  readonly text: string;
}

const messages = (count: number): string => `${count} ${count === 1 ? "message" : "messages"}`;

/** Words of a notice. */
export function noticeWords(notice: Notice): Words {
  switch (notice.kind) {
    case "noUniqueIds":
      return { title: "This server does not name its messages", text: "They are told apart by what they are. Nothing is deleted there by itself." };
    case "repeatedUniqueIds":
      return { title: `The server gives ${messages(notice.messages)} names that others have too`, text: "They are kept apart here, and are not deleted from the server by themselves." };
    case "reusedUniqueIds":
      return { title: `The server gives ${messages(notice.messages)} names that others had before`, text: "They are kept apart here, and are not deleted from the server by themselves." };
    case "deletionWithoutEffect":
      return { title: `The server still has ${messages(notice.messages)} that it said it deleted`, text: "They are not deleted again by themselves. You can do it in the history of this account." };
    case "allUniqueIdsChanged":
      return {
        title: "All messages on the server have new identifiers",
        text: `Here ${messages(notice.known)} ${notice.known === 1 ? "is" : "are"} known, the server lists ${notice.listed}. The mail may have moved to another server. Is it the same mail? Until you answer, nothing is fetched or deleted.`,
      };
    case "storageMayBeEvicted":
      return { title: `${messages(notice.messages)} ${notice.messages === 1 ? "stays" : "stay"} on the server for now`, text: "This browser may clear what is stored here when space runs short, so nothing is deleted from the server yet. Make the storage permanent, or accept the risk." };
    case "loginDelay":
      return { title: "The server wants more time between two checks", text: `It is checked at most every ${Math.max(1, Math.ceil(notice.seconds / 60))} min.` };
    case "serverExpires":
      return {
        title: "The server deletes mail by itself",
        text: notice.days === 0 ? "It deletes a message as soon as it was fetched. Then this device has the only copy." : `It deletes a message after ${notice.days} ${notice.days === 1 ? "day" : "days"}, fetched or not.`,
      };
    default:
      return notice satisfies never;
  }
}

/** Those that ask something of the person come above the mail; the rest is said on the page of the account. */
export function isUrgent({ kind }: Notice): boolean {
  return kind === "allUniqueIdsChanged" || kind === "storageMayBeEvicted";
}

/** Words of what became of the store; null where it works. */
export function storageWords(state: StorageState): Words | null {
  switch (state.storage) {
    case "ready":
      return null;
    case "read-only":
      return { title: "What is stored here can be read, not changed", text: state.error.message };
    case "unavailable":
      return { title: "The store on this device can't be opened", text: state.error.message };
    case "evicted":
      return { title: "This browser has removed the mail that was stored here", text: "It made room, or its data were cleared. What a server still has comes again: by itself where you are signed in, otherwise when you sign in anew. What was only here is gone." };
    default:
      return state satisfies never;
  }
}
