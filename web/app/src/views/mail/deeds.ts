/** What can be done with messages of a folder, and what is said of it. */
import type { Mailbox, Protocol } from "waypost";
import type { IconName } from "../../ui/icons";

export type Deed = "restore" | "inbox" | "archive" | "delete" | "erase" | "junk" | "move";

interface Words {
  readonly label: string;
  readonly icon: IconName;
  /** After the number of messages; a folder's name may follow. */
  readonly done: string;
}

export const deedWords: Readonly<Record<Deed, Words>> = {
  restore: { label: "Restore", icon: "undo", done: "restored" },
  inbox: { label: "Not junk", icon: "inbox", done: "moved to the inbox" },
  archive: { label: "Archive", icon: "archive", done: "archived" },
  delete: { label: "Delete", icon: "trash", done: "moved to the trash" },
  erase: { label: "Delete for good", icon: "trash", done: "deleted for good" },
  junk: { label: "Mark as junk", icon: "junk", done: "marked as junk" },
  move: { label: "Move to folder", icon: "folder-move", done: "moved" },
};

/** What the buttons offer. Folders of IMAP accounts are their server's; this version moves nothing there. */
export function deedsIn(folder: Pick<Mailbox, "role"> | null, protocol: Protocol): readonly Deed[] {
  if (protocol !== "pop3" || folder === null) return [];
  switch (folder.role) {
    case "trash":
      return ["restore", "erase", "move"];
    case "junk":
      return ["inbox", "delete", "move"];
    case "archive":
      return ["delete", "junk", "move"];
    case "drafts":
      return ["delete", "move"];
    case "sent":
      return ["archive", "delete", "move"];
    case "inbox":
    case "all":
    case "flagged":
    case null:
      return ["archive", "delete", "junk", "move"];
    default:
      return folder.role satisfies never;
  }
}

export const messages = (count: number, locale?: string): string => `${new Intl.NumberFormat(locale).format(count)} ${count === 1 ? "message" : "messages"}`;

/** What going for good means. `alsoThere`: how many messages of the account are both here and on its server. */
export function lastCopyWords(count: number, alsoThere: number, leavesServer: boolean): string {
  const gone = `${count === 1 ? "One message goes" : `${messages(count)} go`} from this device and can't be brought back.`;
  if (alsoThere === 0) return `${gone} ${count === 1 ? "It is" : "They are"} the only ${count === 1 ? "copy" : "copies"}: the server has none of what is here.`;
  return `${gone} Of all mail here, the server still has ${messages(alsoThere)}; ${leavesServer ? "what is deleted here is deleted there too" : "that stays there"}. The rest is the only copy.`;
}
