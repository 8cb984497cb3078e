//! Tables as text, which compresses well: lines sorted by their octets, each with a name, a space and what the name stands for.

use std::cmp::Ordering;

/// What a name stands for.
pub(crate) fn find<'t>(table: &'t str, name: &str) -> Option<&'t str> {
    let (mut low, mut high) = (0, table.len());
    while low < high {
        // Both are starts of lines; the line that holds the middle lies between them.
        let middle = low + (high - low) / 2;
        let start = table[..middle].rfind('\n').map_or(0, |end| end + 1);
        let end = table[middle..].find('\n').map_or(table.len(), |end| middle + end);
        let (found, meaning) = table[start..end].split_once(' ')?;
        match name.cmp(found) {
            Ordering::Less => high = start,
            Ordering::Greater => low = end + 1,
            Ordering::Equal => return Some(meaning),
        }
    }
    None
}
