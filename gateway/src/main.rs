//! The program around the library: log, signals.

mod command;

use command::Task;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use waypost_gateway::config::{LogFormat, LogLevel};
use waypost_gateway::{Config, Origin};

#[tokio::main]
async fn main() -> ExitCode {
    match start().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            // If nobody can be told, the exit code still says it.
            let _ = writeln!(io::stderr(), "{sentence}");
            ExitCode::FAILURE
        }
    }
}

async fn start() -> Result<(), String> {
    let (settings, task) = command::read().map_err(|error| error.to_string())?;
    match task {
        Some(Task::Man) => return print(|out| command::manual(out)),
        Some(Task::Completions { shell }) => {
            return print(|out| {
                command::completions(shell, out);
                Ok(())
            });
        }
        Some(Task::CheckConfig) | None => {}
    }
    let config = settings.load().map_err(|error| error.to_string())?;
    if task.is_some() {
        return check(&config);
    }
    log_to_standard_error(config.log, config.log_format);
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

fn check(config: &Config) -> Result<(), String> {
    config.check_files().map_err(|error| error.to_string())?;
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

/// Prints something that is made whole first, because a pipe that is closed early is no fault.
fn print(make: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Result<(), String> {
    let mut text = Vec::new();
    make(&mut text).map_err(|error| format!("It can't be made: {error}."))?;
    let _ = io::stdout().write_all(&text);
    Ok(())
}

fn no_listener(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => format!(
            "Port {} of {} is taken. Stop the program that listens there, or choose another port with --listen or listen in the configuration.",
            address.port(),
            address.ip()
        ),
        io::ErrorKind::PermissionDenied => {
            format!(
                "Port {} needs rights that this user does not have. Choose one above 1023, with a reverse proxy in front.",
                address.port()
            )
        }
        _ => format!("The gateway can't listen on {address}: {error}. Check listen in the configuration."),
    }
}

/// Only what this program itself says: libraries below could show what is carried.
fn log_to_standard_error(level: LogLevel, format: LogFormat) {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let own = Targets::new().with_target("waypost_gateway", level);
    let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).with_writer(io::stderr);
    let log = tracing_subscriber::registry().with(own);
    match format {
        LogFormat::Text => log.with(layer).init(),
        LogFormat::Json => log.with(layer.json().flatten_event(true)).init(),
    }
}

/// Ready at the first SIGTERM or SIGINT.
fn shutdown() -> io::Result<impl Future<Output = ()>> {
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
    let _ = writeln!(io::stdout(), "{line}");
}
