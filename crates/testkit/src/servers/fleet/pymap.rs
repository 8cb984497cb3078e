//! pymap, in its Python environment. It runs as this user: an environment below the home of root serves nobody else.

use super::super::ServerError;
use super::ground::Ground;
use std::process::Command;

pub(super) fn command(ground: &mut Ground) -> Result<Command, ServerError> {
    ground.folder_for_mail("mail")?;
    let python = ground.programs.join("bin/python");
    let (mut names, mut shadows) = (String::new(), String::new());
    for user in &ground.users {
        names += &format!("{}:::::{}:\n", user.name, user.local_part());
        let hashed = Command::new(&python)
            .args(["-c", HASH, &user.password])
            .output()
            .map_err(ServerError::io("giving pymap its users"))?;
        shadows += &format!("{}:{}:::::::\n", user.name, String::from_utf8_lossy(&hashed.stdout).trim());
    }
    ground.write("mail/pymap-etc-passwd", &names)?;
    ground.write("mail/pymap-etc-shadow", &shadows)?;
    let mut command = Command::new(&python);
    command
        .arg(ground.programs.join("bin/pymap"))
        .args(["--no-service", "admin", "--host", "127.0.0.1", "--port", &ground.plain.to_string()])
        .arg("--cert")
        .arg(ground.dir().join("tls/server.pem"))
        .arg("--key")
        .arg(ground.dir().join("tls/server.key"))
        .arg("maildir")
        .arg(ground.dir().join("mail"));
    Ok(command)
}

/// What pysasl reads: PBKDF2 with salt and hash in base64. A thousand rounds, as the password is thrown away.
const HASH: &str = "import base64, hashlib, sys
salt = b'waypost-salt-123'
key = hashlib.pbkdf2_hmac('sha256', sys.argv[1].encode(), salt, 1000)
print('$pbkdf2-sha256$1000$%s$%s' % (base64.b64encode(salt).decode(), base64.b64encode(key).decode()))";
