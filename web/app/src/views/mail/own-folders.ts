/** The folders that the user made on this device: their names and places, and what goes with one that is deleted. */
import type { Mailbox, Rule } from "waypost";
import { messages } from "./deeds";
import type { FolderLine } from "./folders";

type Named = Pick<Mailbox, "id" | "name" | "delimiter">;

/** Only these can be renamed, moved and deleted, or hold others. */
export const isOwn = ({ role }: Pick<Mailbox, "role">): boolean => role === null;

/** Its own part of its name. */
export function ownName({ name, delimiter }: Named): string {
  return delimiter === null ? name : name.slice(name.lastIndexOf(delimiter) + 1);
}

/** The folder that it stands in. */
export function parentOf<Kind extends Named>({ name, delimiter }: Named, all: readonly Kind[]): Kind | null {
  const end = delimiter === null ? -1 : name.lastIndexOf(delimiter);
  return end < 0 ? null : (all.find((one) => one.name === name.slice(0, end)) ?? null);
}

export function below<Kind extends Named>({ name, delimiter }: Named, all: readonly Kind[]): readonly Kind[] {
  return delimiter === null ? [] : all.filter((one) => one.name.startsWith(name + delimiter));
}

/** The folders in which one may stand: none that is in it. */
export function placesFor(folder: Mailbox | null, lines: readonly FolderLine[]): readonly FolderLine[] {
  const inside = folder === null ? [] : [folder, ...below(folder, lines.map(({ mailbox }) => mailbox))].map(({ id }) => id);
  return lines.filter(({ mailbox }) => isOwn(mailbox) && !inside.includes(mailbox.id));
}

/** What happens when a folder is deleted: to its messages, to the folders in it, to the rules that move mail there. */
export function deletionWords(folder: Mailbox, all: readonly Mailbox[], rules: readonly Rule[], locale?: string): string {
  const inside = below(folder, all);
  const going = [folder, ...inside];
  const count = going.reduce((sum, { total }) => sum + (total ?? 0), 0);
  const folders = inside.length === 0 ? "" : inside.length === 1 ? "the folder in it goes too. " : `the ${inside.length} folders in it go too. `;
  const mail = count === 0 ? "it has no messages." : `${messages(count, locale)} ${count === 1 ? "goes" : "go"} to the trash.`;
  const leading = rules.filter(({ actions }) => actions.some((action) => action.kind === "move" && going.some(({ id }) => id === action.value))).length;
  const ruled = leading === 0 ? "" : ` ${leading === 1 ? "One rule moves" : `${leading} rules move`} mail here; that mail will stay in the inbox. A rule that does nothing else goes.`;
  return folders + mail + ruled;
}
