/** Which messages are ticked, and what a click or a key does to that. */

export interface Selection {
  readonly ids: ReadonlySet<string>;
  /** Where a range begins. */
  readonly anchor: string | null;
  /** Where it ends now. */
  readonly end: string | null;
}

export const nothing: Selection = { ids: new Set(), anchor: null, end: null };

/** Ticks a message, or takes its tick away; a range may begin here. */
export function toggled({ ids }: Selection, id: string): Selection {
  const changed = new Set(ids);
  if (!changed.delete(id)) changed.add(id);
  return { ids: changed, anchor: id, end: id };
}

/** Ticks all from the anchor to a message, and no longer what an earlier end of the range ticked. Without an anchor it begins at `from`. */
export function extended({ ids, anchor, end }: Selection, order: readonly string[], from: string, to: string): Selection {
  const start = anchor !== null && order.includes(anchor) ? anchor : from;
  const old = end === null || anchor !== start ? [] : between(order, start, end);
  const kept = [...ids].filter((id) => !old.includes(id));
  return { ids: new Set([...kept, ...between(order, start, to)]), anchor: start, end: to };
}

function between(order: readonly string[], one: string, other: string): readonly string[] {
  const [from, to] = [order.indexOf(one), order.indexOf(other)];
  return from < 0 || to < 0 ? [] : order.slice(Math.min(from, to), Math.max(from, to) + 1);
}

/** What stays ticked when a list is read again: all but what it had and has no longer. */
export function kept(selection: Selection, before: readonly string[], after: readonly string[]): Selection {
  if (selection.ids.size === 0) return selection;
  const here = new Set(after);
  return without(selection, before.filter((id) => !here.has(id)));
}

export function without(selection: Selection, gone: readonly string[]): Selection {
  if (!gone.some((id) => selection.ids.has(id))) return selection;
  const left = new Set(gone);
  const ids = [...selection.ids].filter((id) => !left.has(id));
  return ids.length === 0 ? nothing : { ...selection, ids: new Set(ids) };
}

/** The message that has the focus when these leave the list: the next that stays, or else the one before. */
export function neighbour(order: readonly string[], leaving: readonly string[]): string | null {
  const gone = new Set(leaving);
  const last = order.findLastIndex((id) => gone.has(id));
  return order.slice(last + 1).find((id) => !gone.has(id)) ?? order.slice(0, Math.max(0, last)).findLast((id) => !gone.has(id)) ?? null;
}
