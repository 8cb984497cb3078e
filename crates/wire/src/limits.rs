//! All limits on size and count in one place, each with its reason. A peer's number is compared with them before
//! anything is sized by it.

/// Bounds that a machine holds against its peer. All sizes are in octets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Longest line outside literals. Default 4 MiB: the `THREAD` answer of a mailbox of half a million messages is one
    /// line. Longer lists of plain numbers, as `SEARCH` gives them, are taken in pieces and need not fit.
    pub line: usize,
    /// Largest response held in memory, without streamed bodies. Default 8 MiB: an `ENVELOPE` with thousands of
    /// addresses is about 1 MiB.
    pub response: usize,
    /// Largest body that is streamed through. Default 1 GiB; nothing of it is held, so this only ends absurd claims.
    pub body: u64,
    /// Deepest nesting of parentheses or MIME parts. Default 100: real mail stays below 20, and the parser's stack
    /// in WebAssembly is small.
    pub depth: usize,
    /// How much is taken of a source at once: octets asked of the owner, octets inflated. Default 32 KiB: what a TCP
    /// connection takes or gives at once, so that more would only wait in memory.
    pub piece: usize,
    /// How many octets of a log of the traffic are held for the owner; older lines go. Default 256 KiB.
    pub trace: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 4 << 20,
            response: 8 << 20,
            body: 1 << 30,
            depth: 100,
            piece: 32 << 10,
            trace: 256 << 10,
        }
    }
}
