//! BINARY (RFC 3516; RFC 9051): parts, decoded by the server. `BINARY[...]` comes as a body section like `BODY[...]` does
//! (`grammar/fetch.rs`); APPEND of binary literals is in `commands/append.rs`.

use super::{Extension, NOTHING};
use crate::types::ResponseCode;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["BINARY"],
    codes: &[("UNKNOWN-CTE", |input, _| Ok((input, ResponseCode::UnknownCte)))],
    ..NOTHING
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_3516_4_3_code_reads() {
        assert_eq!(ResponseCode::parse(b"[UNKNOWN-CTE]"), Some(ResponseCode::UnknownCte));
    }
}
