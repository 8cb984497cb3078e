/** How a list stands: its order and what it leaves out, in words, and remembered for each folder on this device. */
import type { ListQuery } from "waypost";

export interface Listing {
  readonly order: "date" | "sender" | "subject" | "size";
  readonly descending: boolean;
  readonly filter: Required<ListQuery>["filter"];
}

export const plainListing: Listing = { order: "date", descending: true, filter: "all" };

interface Choice {
  readonly value: string;
  readonly label: string;
}

const orders: readonly (readonly [order: Listing["order"], descending: boolean, label: string])[] = [
  ["date", true, "Newest first"],
  ["date", false, "Oldest first"],
  ["sender", false, "Sender, A to Z"],
  ["sender", true, "Sender, Z to A"],
  ["subject", false, "Subject, A to Z"],
  ["subject", true, "Subject, Z to A"],
  ["size", true, "Largest first"],
  ["size", false, "Smallest first"],
];

export const filterWords: Readonly<Record<Listing["filter"], string>> = { all: "All messages", unread: "Unread only", flagged: "Starred only" };

const valueOf = (order: Listing["order"], descending: boolean): string => `${order} ${descending ? "down" : "up"}`;
export const orderValue = ({ order, descending }: Listing): string => valueOf(order, descending);

/** The orders that a list can have: unread and starred messages stand by date. */
export function orderChoices({ filter }: Listing): readonly Choice[] {
  return orders.filter(([order]) => filter === "all" || order === "date").map(([order, descending, label]) => ({ value: valueOf(order, descending), label }));
}

export function withOrder(listing: Listing, value: string): Listing {
  const found = orders.find(([order, descending]) => valueOf(order, descending) === value);
  return found === undefined ? listing : { ...listing, order: found[0], descending: found[1] };
}

export function withFilter(listing: Listing, filter: Listing["filter"]): Listing {
  return filter === "all" || listing.order === "date" ? { ...listing, filter } : { ...plainListing, filter };
}

export const isPlain = ({ order, descending, filter }: Listing): boolean => order === "date" && descending && filter === "all";

/** What is unusual about a list; empty if nothing is. */
export function listingWords(listing: Listing): string {
  const order = orders.find(([one, descending]) => one === listing.order && descending === listing.descending)?.[2] ?? "";
  return [listing.filter === "all" ? "" : filterWords[listing.filter], listing.order === "date" && listing.descending ? "" : order].filter((one) => one !== "").join(", ");
}

/** Where listings are kept: `localStorage`, which may be missing or closed. */
export type Shelf = Pick<Storage, "getItem" | "setItem">;

const shelfKey = "waypost:listings";

function kept(shelf: Shelf): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(shelf.getItem(shelfKey) ?? "{}");
    return typeof read === "object" && read !== null ? { ...read } : {};
  } catch {
    return {};
  }
}

export function recalled(shelf: Shelf, account: number, mailbox: number): Listing {
  const text = kept(shelf)[`${account}/${mailbox}`];
  if (typeof text !== "string") return plainListing;
  const [filter = "", order = ""] = text.split(": ");
  const known = Object.keys(filterWords).find((one): one is Listing["filter"] => one === filter);
  return known === undefined ? plainListing : withFilter(withOrder(plainListing, order), known);
}

/** What can't be remembered is not; the list stands as it was wanted all the same. */
export function remember(shelf: Shelf, account: number, mailbox: number, listing: Listing): void {
  const all = new Map(Object.entries(kept(shelf)));
  if (isPlain(listing)) all.delete(`${account}/${mailbox}`);
  else all.set(`${account}/${mailbox}`, `${listing.filter}: ${orderValue(listing)}`);
  try {
    shelf.setItem(shelfKey, JSON.stringify(Object.fromEntries(all)));
  } catch {
    // Full, or closed to this page.
  }
}
