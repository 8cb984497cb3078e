//! Courier, in namespaces of its own: mounts for its compiled-in paths, processes so that all of it ends with its first one.

use super::super::ServerError;
use super::ground::Ground;
use std::process::Command;

pub(super) fn command(ground: &mut Ground) -> Result<Command, ServerError> {
    let mut users = String::new();
    for user in &ground.users {
        let home = format!("mail/{}", user.local_part());
        for folder in ["cur", "new", "tmp"] {
            ground.folder_for_mail(&format!("{home}/Maildir/{folder}"))?;
        }
        users += &format!("{} {} {}\n", user.name, user.password, ground.dir().join(home).display());
    }
    ground.write("users", &users)?;
    ground.write("tlscache", "")?;
    ground.write("etc/courier/shared/index", "")?;
    ground.write("etc/courier/authdaemonrc", AUTHDAEMON)?;
    ground.write("run/empty", "")?;
    write_accounts(ground)?;
    let (uid, gid) = ground.runner.numbers()?;
    ground.write_template("courier.env", ENVIRONMENT, &[("@capabilities@", CAPABILITIES)])?;
    ground.write_template("run.sh", RUN, &[("@uid@", &uid), ("@gid@", &gid)])?;
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "sh"])
        .arg(ground.dir().join("run.sh"));
    Ok(command)
}

/// couriertls becomes the user `courier`, which is the server's own here.
fn write_accounts(ground: &Ground) -> Result<(), ServerError> {
    let (uid, gid) = ground.runner.numbers()?;
    let read = |path: &str| {
        std::fs::read_to_string(path).map_err(ServerError::io("reading the accounts of the system"))
    };
    let passwd = read("/etc/passwd")? + &format!("\ncourier:x:{uid}:{gid}::/nonexistent:/bin/false\n");
    let group = read("/etc/group")? + &format!("\ncourier:x:{gid}:\n");
    for (name, text) in
        [("etc/passwd", passwd.replace("\n\n", "\n")), ("etc/group", group.replace("\n\n", "\n"))]
    {
        ground.write(name, &text)?;
        ground.readable(name)?;
    }
    Ok(())
}

const RUN: &str = include_str!("../../../../../tests/servers/courier/run.sh.in");
const ENVIRONMENT: &str = include_str!("../../../../../tests/servers/courier/courier.env.in");
const AUTHDAEMON: &str = "authmodulelist=\"authuserdb\"
authmodulelistorig=\"authuserdb\"
daemons=3
authdaemonvar=/run/courier/authdaemon
DEBUG_LOGIN=0
DEFAULTOPTIONS=\"\"
LOGGEROPTS=\"\"
";
/// As its package's configuration has it, with the mechanisms that its user database can serve.
const CAPABILITIES: &str = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA \
                            AUTH=PLAIN AUTH=LOGIN AUTH=CRAM-MD5 AUTH=CRAM-SHA1 AUTH=CRAM-SHA256 IDLE";
