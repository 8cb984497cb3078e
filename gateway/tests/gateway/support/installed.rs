//! Programs of the system that a test runs.

use std::path::PathBuf;

/// Where a program is, of the system or of `scripts/servers.sh`, or a note that it is missing. With `REQUIRE_SERVERS=1` that is a
/// failure.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    let places = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&places)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .chain(fetched(program))
        .map(|folder| folder.join(program))
        .find(|file| file.is_file());
    if found.is_none() {
        assert!(
            std::env::var_os("REQUIRE_SERVERS").is_none_or(|value| value != "1"),
            "REQUIRE_SERVERS=1, and {program} is missing: make setup"
        );
        // The test harness swallows what passing tests print with print!; a skip must be seen.
        let note = format!("skipped: {program} is missing: make setup\n");
        let _ = std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes());
    }
    found
}

fn fetched(program: &str) -> [PathBuf; 2] {
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"));
    let root = cache.join("waypost/servers").join(program);
    [root.join("usr/sbin"), root.join("usr/bin")]
}
