//! The encodings of the Encoding Standard beside UTF-8 and windows-1252, without regard to byte order marks.

#[cfg(target_family = "wasm")]
pub(super) use host::decode;
#[cfg(target_family = "wasm")]
pub use host::{HostDecoder, use_host_decoder};
#[cfg(not(target_family = "wasm"))]
pub(super) use tables::decode;

#[cfg(not(target_family = "wasm"))]
mod tables {
    /// The text of octets in the encoding of this name.
    pub(in crate::charset) fn decode(name: &str, octets: &[u8]) -> Option<String> {
        let encoding = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes())?;
        Some(encoding.decode_without_bom_handling(octets).0.into_owned())
    }
}

#[cfg(target_family = "wasm")]
mod host {
    use std::sync::OnceLock;

    /// Decodes octets in the encoding of this name, with U+FFFD for what is faulty; a byte order mark is a character like others. `None` if it
    /// does not know the encoding.
    pub type HostDecoder = fn(name: &str, octets: &[u8]) -> Option<String>;

    static DECODER: OnceLock<HostDecoder> = OnceLock::new();

    /// Gives the decoder of the host, once; until then only UTF-8, UTF-7, windows-1252 and cp850 are known.
    pub fn use_host_decoder(decoder: HostDecoder) {
        // A second one is the same as the first: there is one host.
        let _ = DECODER.set(decoder);
    }

    /// The text of octets in the encoding of this name.
    pub(in crate::charset) fn decode(name: &str, octets: &[u8]) -> Option<String> {
        DECODER.get()?(name, octets)
    }
}
