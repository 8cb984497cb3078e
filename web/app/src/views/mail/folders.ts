/** The folders of an account as a person wants them: the inbox first, what belongs together together. */
import type { Mailbox, Protocol } from "waypost";
import { oneLine } from "../../reading/text";
import type { IconName } from "../../ui/icons";

export interface FolderLine {
  readonly mailbox: Mailbox;
  readonly label: string;
  readonly depth: number;
  readonly icon: IconName;
  /** What stands at its end; drafts count all, others the unread. */
  readonly count: number;
  /** Whether the count asks for attention. */
  readonly loud: boolean;
  /** Name for assistive technology. */
  readonly name: string;
}

type Role = Exclude<Mailbox["role"], null>;

const icons: Readonly<Record<Role, IconName>> = {
  inbox: "inbox",
  drafts: "drafts",
  sent: "sent",
  archive: "archive",
  all: "mail",
  flagged: "star",
  junk: "junk",
  trash: "trash",
};

/** Before other folders, and after them. */
const before: readonly Role[] = ["inbox", "drafts", "sent", "archive", "all", "flagged"];
const after: readonly Role[] = ["junk", "trash"];

function roleOf(mailbox: Mailbox): Role | null {
  return mailbox.role ?? (mailbox.name.toUpperCase() === "INBOX" ? "inbox" : null);
}

export function folderLines(mailboxes: readonly Mailbox[], protocol: Protocol, locale?: string): readonly FolderLine[] {
  const rank = (mailbox: Mailbox): number => {
    const role = roleOf(mailbox);
    if (role === null) return before.length;
    const early = before.indexOf(role);
    return early >= 0 ? early : before.length + 1 + after.indexOf(role);
  };
  const names = new Set(mailboxes.map(({ name }) => name));
  const sort = new Intl.Collator(locale, { numeric: true });
  // A child follows its parent because a delimiter sorts before every other character.
  const key = ({ name, delimiter }: Mailbox): string => (delimiter === null ? name : name.split(delimiter).join("\u0001"));
  return [...mailboxes]
    .sort((a, b) => rank(a) - rank(b) || compareKeys(key(a), key(b), sort))
    .map((mailbox) => line(mailbox, names, protocol));
}

function compareKeys(a: string, b: string, sort: Intl.Collator): number {
  const [left, right] = [a.split("\u0001"), b.split("\u0001")];
  for (const [index, part] of left.entries()) {
    const other = right[index];
    if (other === undefined) return 1;
    const order = sort.compare(part, other);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function line(mailbox: Mailbox, names: ReadonlySet<string>, protocol: Protocol): FolderLine {
  const role = roleOf(mailbox);
  const { label, depth } = placed(mailbox, role, names);
  const count = (role === "drafts" ? mailbox.total : mailbox.unseen) ?? 0;
  const loud = count > 0 && role !== "drafts" && role !== "junk" && role !== "trash";
  const said = count === 0 ? "" : role === "drafts" ? `, ${count}` : `, ${count} unread`;
  const icon = role === "inbox" && protocol === "pop3" ? "bag" : role === null ? "folder" : icons[role];
  return { mailbox, label, depth, icon, count, loud, name: label + said };
}

/** Its own part of the name, and how deep it stands below folders that are shown. */
function placed(mailbox: Mailbox, role: Role | null, names: ReadonlySet<string>): { readonly label: string; readonly depth: number } {
  if (role === "inbox") return { label: "Inbox", depth: 0 };
  const { name, delimiter } = mailbox;
  const parts = delimiter === null ? [name] : name.split(delimiter);
  if (role !== null) return { label: oneLine(parts.at(-1) ?? name), depth: 0 };
  let depth = 0;
  let shown = 0;
  for (let length = 1; length < parts.length; length += 1) {
    const parent = parts.slice(0, length).join(delimiter ?? "");
    if (!names.has(parent)) continue;
    shown = length;
    // Some servers keep every folder below the inbox; that is no depth for a person.
    if (parent.toUpperCase() !== "INBOX") depth += 1;
  }
  return { label: oneLine(parts.slice(shown).join(" / ")), depth };
}

/** The folder to begin with. */
export function firstFolder(lines: readonly FolderLine[]): Mailbox | undefined {
  return lines.find(({ mailbox }) => mailbox.selectable)?.mailbox;
}
