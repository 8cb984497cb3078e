//! COMPRESS=DEFLATE (RFC 4978): both directions compressed after [`crate::Command::Compress`]. The switch and the streams are in
//! `client/deflate.rs`: they stand between the connection and everything else.

use super::{Extension, NOTHING};
use crate::types::ResponseCode;

pub(super) const EXTENSION: Extension = Extension {
    capabilities: &["COMPRESS=DEFLATE"],
    codes: &[("COMPRESSIONACTIVE", |input, _| Ok((input, ResponseCode::CompressionActive)))],
    ..NOTHING
};
