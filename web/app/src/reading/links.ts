/** Opens what a message links to: outside, without a way back to this page, and only where the scheme is known. */

const schemes = new Set(["http:", "https:", "mailto:", "tel:"]);

/** The address as it will be opened, or null if it will not be. */
export function outside(address: string): URL | null {
  const url = URL.canParse(address) ? new URL(address) : null;
  return url !== null && schemes.has(url.protocol) ? url : null;
}

/** How an address is shown before it is opened: the host is whole and nothing turns the direction. */
export function shownAddress(address: string): string {
  const url = outside(address);
  if (url === null) return "This link is not opened: its kind is not known to be safe.";
  return url.href.length > 160 ? `${url.href.slice(0, 159)}…` : url.href;
}

export function openOutside(address: string): void {
  const url = outside(address);
  if (url === null) return;
  if (url.protocol.startsWith("http")) {
    window.open(url.href, "_blank", "noopener,noreferrer");
    return;
  }
  // A program of the device takes these; a window for them would stay empty.
  const link = document.createElement("a");
  link.href = url.href;
  link.rel = "noreferrer";
  link.click();
}
