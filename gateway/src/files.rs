//! The files of the built web app: of a folder, where they are read at each request, so that a new build needs no restart, or
//! of the program itself. Both are answered alike.

use crate::embedded;
use crate::tls::hex;
use bytes::Bytes;
use futures_util::stream::{self, Stream};
#[cfg(target_os = "linux")]
use rustix::io::{ReadWriteFlags, preadv2};
use sha2::digest::Output;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::fs::canonicalize;
use tokio::task::spawn_blocking;

/// A file that was found.
pub(crate) struct Found {
    pub(crate) media_type: &'static str,
    /// `br` or `gzip`.
    pub(crate) encoding: Option<&'static str>,
    pub(crate) cache: &'static str,
    pub(crate) length: u64,
    /// Changes with the content, where the name does not.
    pub(crate) tag: Option<String>,
    pub(crate) content: Content,
}

/// What is in it.
pub(crate) enum Content {
    /// In this program.
    Held(&'static [u8]),
    /// Read as the client takes it: one that takes nothing pins a piece and not the file.
    Open(File),
}

/// Looks a path up. `None` if there is no such file, or it must not be served.
pub(crate) async fn find(folder: Option<&Path>, path: &str, accept_encoding: &str) -> Option<Found> {
    let name = if path == "/" { "index.html" } else { safe_name(path)? };
    let hashed = name.starts_with("assets/");
    let (encoding, length, tag, content) = match folder {
        Some(folder) => opened(folder, name, hashed, accept_encoding).await?,
        None => held(name, hashed, accept_encoding)?,
    };
    let cache = match name {
        _ if hashed => "public, max-age=31536000, immutable",
        "index.html" | "sw.js" => "no-cache",
        _ => "public, max-age=300",
    };
    Some(Found { media_type: media_type(name), encoding, cache, length, tag, content })
}

type Form = (Option<&'static str>, u64, Option<String>, Content);

/// The file of a folder.
async fn opened(folder: &Path, name: &str, hashed: bool, accept_encoding: &str) -> Option<Form> {
    let (file, encoding) = open_best(folder, name, accept_encoding).await?;
    let looked_at = spawn_blocking(move || {
        let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let length = metadata.len();
        let tag =
            if hashed || length > MOST_TAGGED { None } else { Some(tag(digest(&file).ok()?, encoding)) };
        Some((encoding, length, tag, Content::Open(file)))
    });
    looked_at.await.ok()?
}

/// The file in this program, in the best form that the client takes.
fn held(name: &str, hashed: bool, accept_encoding: &str) -> Option<Form> {
    let packed = ENCODINGS
        .into_iter()
        .filter(|(encoding, _)| accepts(accept_encoding, encoding))
        .find_map(|(encoding, suffix)| Some((Some(encoding), embedded::file(&format!("{name}{suffix}"))?)));
    let (encoding, octets) = packed.or_else(|| Some((None, embedded::file(name)?)))?;
    let length = octets.len() as u64;
    let tag = (!hashed && length <= MOST_TAGGED).then(|| tag(Sha256::digest(octets), encoding));
    Some((encoding, length, tag, Content::Held(octets)))
}

/// An open file in pieces, at most as much as its headers promised. Not by the runtime's own file, which keeps a buffer as large
/// as the piece.
pub(crate) fn pieces(file: File, length: u64) -> impl Stream<Item = io::Result<Bytes>> {
    stream::try_unfold((Arc::new(file), 0), move |(file, at)| async move {
        let most = usize::try_from(length.saturating_sub(at)).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; most];
        let piece = match at_once(&file, &mut piece, at) {
            Some(count) => {
                piece.truncate(count);
                piece
            }
            // The disk is asked, so another thread waits for it.
            None => {
                let file = Arc::clone(&file);
                let read = spawn_blocking(move || {
                    let count = file.read_at(&mut piece, at)?;
                    piece.truncate(count);
                    Ok::<_, io::Error>(piece)
                });
                read.await.map_err(io::Error::other)??
            }
        };
        let next = at + piece.len() as u64;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (file, next))))
    })
}

/// Reads what the system has in memory; `None` if it would have to wait, or can't say. What everybody asks for is there.
fn at_once(file: &File, piece: &mut [u8], at: u64) -> Option<usize> {
    #[cfg(target_os = "linux")]
    return preadv2(file, &mut [IoSliceMut::new(piece)], at, ReadWriteFlags::NOWAIT).ok();
    #[cfg(not(target_os = "linux"))]
    return None;
}

fn digest(file: &File) -> io::Result<Output<Sha256>> {
    let (mut hash, mut piece, mut at) = (Sha256::new(), [0; PIECE], 0);
    loop {
        let count = file.read_at(&mut piece, at)?;
        if count == 0 {
            return Ok(hash.finalize());
        }
        hash.update(piece.get(..count).unwrap_or_default());
        at += count as u64;
    }
}

/// Two forms of one file are two things to a cache (RFC 9110, 8.8.3).
fn tag(digest: Output<Sha256>, encoding: Option<&str>) -> String {
    let hash = hex(digest.get(..12).unwrap_or_default());
    format!("\"{hash}{}\"", encoding.map(|name| format!("-{name}")).unwrap_or_default())
}

/// The file in the best form that the client takes: small siblings that the build has made, or the file itself.
async fn open_best(folder: &Path, name: &str, accept_encoding: &str) -> Option<(File, Option<&'static str>)> {
    for (encoding, suffix) in ENCODINGS {
        if accepts(accept_encoding, encoding)
            && let Some(file) = open_inside(folder, &format!("{name}{suffix}")).await
        {
            return Some((file, Some(encoding)));
        }
    }
    Some((open_inside(folder, name).await?, None))
}

/// Opens a file if it really lies in the folder; a link that leads out leads nowhere.
async fn open_inside(folder: &Path, name: &str) -> Option<File> {
    let folder = canonicalize(folder).await.ok()?;
    let path: PathBuf = canonicalize(folder.join(name)).await.ok()?;
    if !path.starts_with(&folder) {
        return None;
    }
    // Only regular files: opening a pipe would wait for its writer.
    tokio::fs::metadata(&path).await.ok().filter(std::fs::Metadata::is_file)?;
    Some(tokio::fs::File::open(path).await.ok()?.into_std().await)
}

/// A path below the folder, without anything that a file system could take for more than a name. The build makes only
/// such names, so nothing is decoded.
fn safe_name(path: &str) -> Option<&str> {
    let name = path.strip_prefix('/')?;
    let is_safe = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet))
    };
    (name.len() <= LONGEST_NAME && name.split('/').all(is_safe)).then_some(name)
}

/// RFC 9110, 12.5.3, as far as it matters here: named, and not with a weight of 0.
fn accepts(accept_encoding: &str, encoding: &str) -> bool {
    accept_encoding.split(',').any(|entry| {
        let mut parts = entry.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.any(|part| {
            let weight = part.strip_prefix("q=").or(part.strip_prefix("Q="));
            weight.is_some_and(|weight| weight.parse::<f32>().is_ok_and(|weight| weight <= 0.0))
        });
        named && !refused
    })
}

fn media_type(name: &str) -> &'static str {
    let extension =
        name.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map_or("", |(_, extension)| extension);
    TYPES
        .iter()
        .find(|(known, _)| *known == extension)
        .map_or("application/octet-stream", |(_, media_type)| *media_type)
}

const TYPES: [(&str, &str); 17] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("json", "application/json"),
    ("map", "application/json"),
    ("webmanifest", "application/manifest+json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("webp", "image/webp"),
    ("avif", "image/avif"),
    ("jpg", "image/jpeg"),
    ("woff2", "font/woff2"),
    ("txt", "text/plain; charset=utf-8"),
    ("md", "text/plain; charset=utf-8"),
];

/// The siblings that the build makes, the smallest first.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];
/// Larger files are not read through for a tag.
const MOST_TAGGED: u64 = 4 * 1024 * 1024;
/// Held for each answer that a client does not take.
pub(crate) const PIECE: usize = 4 * 1024;
const LONGEST_NAME: usize = 255;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_below_the_folder_are_looked_up() {
        assert_eq!(safe_name("/assets/app-1f2e.js"), Some("assets/app-1f2e.js"));
        for path in [
            "",
            "a",
            "//",
            "/..",
            "/../a",
            "/a/../b",
            "/./a",
            "/.env",
            "/a/.b",
            "/a//b",
            "/a/",
            "/%2e%2e/a",
            "/a\\b",
            "/a\0",
            "/a b",
            "/c:",
            "/~",
            "/é",
        ] {
            assert_eq!(safe_name(path), None, "{path:?}");
        }
    }

    #[test]
    fn an_encoding_is_used_only_if_it_is_named_and_not_refused() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("BR;q=0.1", "br"));
        assert!(!accepts("gzip", "br"));
        assert!(!accepts("br;q=0", "br"));
        assert!(!accepts("br ; q=0.000", "br"));
        assert!(!accepts("", "gzip"));
        assert!(!accepts("x-br", "br"));
    }

    #[test]
    fn types_go_by_the_last_extension() {
        assert_eq!(media_type("assets/core.x.wasm"), "application/wasm");
        assert_eq!(media_type("manifest.webmanifest"), "application/manifest+json");
        assert_eq!(media_type("a.b/c"), "application/octet-stream");
        assert_eq!(media_type("js"), "application/octet-stream");
    }
}
