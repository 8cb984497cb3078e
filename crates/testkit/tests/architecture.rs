//! `docs/ARCHITECTURE.md` says who may use whom; `cargo metadata` says who does. They must agree.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn metadata() -> Metadata {
    MetadataCommand::new().manifest_path(root().join("Cargo.toml")).exec().expect("cargo metadata runs")
}

/// Rows of the table under "Who uses whom": crate, ours, others.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let page = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).expect("the page exists");
    let names = |cell: &str| -> BTreeSet<String> {
        cell.split(',')
            .map(|name| name.trim().trim_matches('`').to_owned())
            .filter(|name| !name.is_empty())
            .collect()
    };
    page.lines()
        .filter(|line| line.starts_with("| `waypost-"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            let mut uses = names(cells[1]);
            uses.extend(names(cells[2]));
            (cells[0].trim().trim_matches('`').to_owned(), uses)
        })
        .collect()
}

#[test]
fn each_crate_uses_exactly_what_the_page_says() {
    let actual: BTreeMap<String, BTreeSet<String>> = metadata()
        .workspace_packages()
        .into_iter()
        .map(|package| {
            let uses = package.dependencies.iter().filter(|used| used.kind == DependencyKind::Normal);
            (package.name.to_string(), uses.map(|used| used.name.clone()).collect())
        })
        .collect();
    let documented = documented();
    for (name, uses) in &actual {
        let expected =
            documented.get(name).unwrap_or_else(|| panic!("{name} is not in docs/ARCHITECTURE.md"));
        assert_eq!(uses, expected, "{name}: cargo metadata (left) and docs/ARCHITECTURE.md (right) differ");
    }
    assert_eq!(actual.len(), documented.len(), "docs/ARCHITECTURE.md names a crate that does not exist");
}

#[test]
fn protocol_crates_have_no_runtime_clock_or_binding_below_them() {
    const FORBIDDEN: [&str; 13] = [
        "tokio",
        "async-std",
        "smol",
        "mio",
        "chrono",
        "time",
        "instant",
        "web-time",
        "wasm-bindgen",
        "js-sys",
        "web-sys",
        "getrandom",
        "libc",
    ];
    let metadata = metadata();
    let resolve = metadata.resolve.as_ref().expect("cargo resolved the workspace");
    let nodes: HashMap<&PackageId, _> = resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    for machine in ["waypost-wire", "waypost-imap", "waypost-pop3", "waypost-sasl", "waypost-tunnel"] {
        let start =
            metadata.packages.iter().find(|package| package.name == machine).expect("the crate exists");
        let mut waiting = vec![&start.id];
        let mut seen = BTreeSet::new();
        while let Some(id) = waiting.pop() {
            if !seen.insert(id) {
                continue;
            }
            let name = &metadata[id].name;
            assert!(!FORBIDDEN.contains(&name.as_str()), "{machine} depends on {name}");
            let normal = nodes[id].deps.iter().filter(|dependency| {
                // Dependencies of another operating system are not built here or for wasm32.
                dependency
                    .dep_kinds
                    .iter()
                    .any(|kind| kind.kind == DependencyKind::Normal && kind.target.is_none())
            });
            waiting.extend(normal.map(|dependency| &dependency.pkg));
        }
    }
}
