//! The program around the library: command line, log, signals.

use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use waypost_gateway::config::LogLevel;
use waypost_gateway::{Config, NewToken, Origin};

/// Lets a web page reach mail servers: WebSocket in, TCP or TLS out. Serves the web app.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Configuration in TOML; without it mail servers on the internet are allowed and no app is served
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Address and port to listen on, instead of the configuration's
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Folder of the built web app, instead of the configuration's
    #[arg(long, value_name = "FOLDER")]
    app_dir: Option<PathBuf>,
    /// Say whether the configuration can be used, and stop
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Print a new access token and the rows for the configuration that allow it
    Token {
        /// Whose token it is
        name: String,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    match start(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // If nobody can be told, the exit code still says it.
            let _ = writeln!(std::io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn start(arguments: Arguments) -> Result<(), String> {
    if let Some(Command::Token { name }) = &arguments.command {
        return new_token(name);
    }
    let mut config = match &arguments.config {
        Some(path) => Config::load(path).map_err(|error| error.to_string())?,
        None => Config::default(),
    };
    config.listen = arguments.listen.unwrap_or(config.listen);
    config.app_dir = arguments.app_dir.or(config.app_dir);
    if arguments.check {
        return check(&config);
    }
    log_to_standard_error(config.log);
    // Set up before anything is served, so that no signal is lost.
    let shutdown = shutdown().map_err(|error| format!("Signals can't be received: {error}."))?;
    let listener =
        TcpListener::bind(config.listen).await.map_err(|error| no_listener(config.listen, &error))?;
    let address = listener.local_addr().map_err(|error| no_listener(config.listen, &error))?;
    for warning in config.warnings(address) {
        tracing::warn!("{warning}");
    }
    let names = if config.origins.is_empty() { Origin::of_listener(address) } else { config.origins.clone() };
    let names: Vec<String> = names.iter().map(Origin::to_string).collect();
    say(&format!("waypost-gateway listens on http://{address} as {}", names.join(", ")));
    waypost_gateway::run(config, listener, shutdown).await.map_err(|error| error.to_string())
}

/// The token goes to the person who asked for it; the rows hold only its hash.
fn new_token(name: &str) -> Result<(), String> {
    let token = NewToken::random(name).ok_or(
        "The system gives no random octets, so no token was made. Try again after a restart of the machine.",
    )?;
    say(&format!("Token for {name}, shown only now:\n\n{}\n\nRows for the configuration:\n", token.text()));
    say(&format!("[access]\nmode = \"token\"\n\n{}", token.rows()));
    Ok(())
}

fn check(config: &Config) -> Result<(), String> {
    config.check_files().map_err(|error| error.to_string())?;
    config.check_access(config.listen.ip().is_loopback()).map_err(|error| error.to_string())?;
    for warning in config.warnings(config.listen) {
        say(&format!("Warning: {warning}"));
    }
    say(&format!(
        "The configuration can be used: {} targets, listening on {}.",
        config.targets.len(),
        config.listen
    ));
    Ok(())
}

fn no_listener(address: SocketAddr, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => format!(
            "Port {} of {} is taken. Stop the program that listens there, or choose another port with --listen or listen in the configuration.",
            address.port(),
            address.ip()
        ),
        std::io::ErrorKind::PermissionDenied => {
            format!(
                "Port {} needs rights that this user does not have. Choose one above 1023, with a reverse proxy in front.",
                address.port()
            )
        }
        _ => format!("The gateway can't listen on {address}: {error}. Check listen in the configuration."),
    }
}

/// Only what this program itself says: libraries below could show what is carried.
fn log_to_standard_error(level: LogLevel) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let own = Targets::new().with_target("waypost_gateway", level);
    let layer =
        tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).with_writer(std::io::stderr);
    tracing_subscriber::registry().with(layer).with(own).init();
}

/// Ready at the first SIGTERM or SIGINT.
fn shutdown() -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

fn say(line: &str) {
    // A closed standard output is no reason to stop.
    let _ = writeln!(std::io::stdout(), "{line}");
}
