//! The app in the program itself is answered as its folder is.

use crate::support::gateway::{Answer, Gateway};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What the build embedded.
const FOLDER: &str = env!("GATEWAY_APP_FOLDER");

fn names(folder: &Path, before: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            let name = format!("{before}/{}", path.file_name().unwrap().to_str().unwrap());
            if path.is_dir() { names(&path, &name) } else { vec![name] }
        })
        .collect()
}

/// All of an answer but what differs between any two gateways: the time and the port.
fn comparable(answer: &Answer, gateway: &Gateway) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let here = gateway.address.to_string();
    let headers = answer.headers.iter().filter(|(name, _)| name != "date");
    let headers = headers.map(|(name, value)| (name.clone(), value.replace(&here, "HERE"))).collect();
    (answer.status, headers, answer.body.clone())
}

#[tokio::test]
async fn every_file_in_every_form_is_answered_as_from_its_folder() {
    let embedded = Gateway::start("").await;
    let folder = Gateway::start(&format!("app_dir = {FOLDER:?}")).await;
    let mut paths = names(Path::new(FOLDER), "");
    assert!(paths.len() > 10 && paths.iter().any(|path| path.ends_with(".br")), "{paths:?}");
    paths.extend(
        ["/", "/nothing", "/assets", "/assets/", "/../Cargo.toml", "/.env", "//sw.js"].map(str::to_owned),
    );
    for path in paths {
        for accepted in ["", "gzip", "br", "gzip, br", "br;q=0, gzip"] {
            let ask = async |gateway: &Gateway, tag: &str| {
                let headers = [("Accept-Encoding", accepted), ("If-None-Match", tag)];
                gateway.ask("GET", &path, &gateway.address.to_string(), &headers).await
            };
            let (here, there) = (ask(&embedded, "\"other\"").await, ask(&folder, "\"other\"").await);
            assert_eq!(comparable(&here, &embedded), comparable(&there, &folder), "{path} {accepted:?}");
            let tag = here.header("etag");
            if !tag.is_empty() {
                let again = ask(&embedded, tag).await;
                assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_folder_in_the_configuration_wins() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("index.html"), "mine").unwrap();
    let gateway = Gateway::start(&format!("app_dir = {:?}", folder.path())).await;
    assert_eq!(gateway.fetch("/").await.text(), "mine");
    assert_eq!(gateway.fetch("/sw.js").await.status, 404, "nothing is mixed");
}
