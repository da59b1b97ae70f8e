//! The command line: one file per command.

mod agency;
mod agent;
mod carrier;
mod chatter;
mod completions;
mod config;
mod demo;
mod doctor;
mod events;
mod export;
mod generate;
mod healthcheck;
mod import;
mod import_csv;
mod init;
mod key;
pub mod logging;
mod message;
mod migrate;
mod openapi;
mod order;
mod output;
mod sample;
mod serve;
mod simulate;
mod sync;
mod token;
mod user;
mod version;
mod webhook;
mod worker;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::config::{Config, ConfigError, Flags};
use crate::http::ServerError;
use crate::model::{Error, Noun};
use crate::store::{DataDir, OpenError, Store};

const AFTER_HELP: &str = "Example: linekeeper demo\n\nExit codes: 0 done, 1 failed, 2 wrong usage, 3 wrong settings, 4 doctor or healthcheck found \
                          something wrong.";

/// The phone-number inventory of a voice-AI agency, self-hosted in one binary.
#[derive(Debug, Parser)]
#[command(name = "linekeeper", version, after_help = AFTER_HELP, propagate_version = true)]
struct Cli {
    /// The settings file [default: $LINEKEEPER_CONFIG, or ./config.toml if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the database lies [default: ./linekeeper-data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Demo(demo::Args),
    Init(init::Args),
    #[command(subcommand)]
    Agency(agency::Command),
    #[command(subcommand)]
    User(user::Command),
    #[command(subcommand)]
    Agent(agent::Command),
    #[command(subcommand)]
    Key(key::Command),
    #[command(subcommand)]
    Carrier(carrier::Command),
    #[command(subcommand)]
    Webhook(webhook::Command),
    #[command(subcommand)]
    Import(import::Command),
    Export(export::Args),
    Generate(generate::Args),
    Token(token::Args),
    #[command(subcommand)]
    Message(message::Command),
    #[command(subcommand)]
    Order(order::Command),
    Sync(sync::Args),
    Events(events::Args),
    Migrate(migrate::Args),
    Doctor(doctor::Args),
    Healthcheck(healthcheck::Args),
    #[command(subcommand)]
    Simulate(simulate::Command),
    #[command(subcommand)]
    Config(config::Command),
    Openapi(openapi::Args),
    Completions(completions::Args),
    Version(version::Args),
}

/// Why a command failed, as one sentence on stderr and an exit code.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// 1
    #[error("{0}")]
    Failed(String),
    /// 3
    #[error("{0}")]
    Settings(String),
    /// 4
    #[error("{0}")]
    Unsound(String),
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Settings(_) => 3,
            Self::Unsound(_) => 4,
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Settings(error.to_string())
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(match error {
            Error::NotFound(Noun::Account) => format!("{error}: `linekeeper carrier list` shows those there are"),
            Error::NotFound(Noun::Delivery) => {
                format!("{error}: `linekeeper webhook deliveries` shows those there are")
            }
            Error::NotFound(noun) if noun != Noun::Number => {
                format!("{error}: `linekeeper {noun} list` shows those there are")
            }
            error => error.to_string(),
        })
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match cli.dispatch() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(failure.code())
        }
    }
}

impl Cli {
    fn dispatch(self) -> Result<(), Failure> {
        let flags = Flags { config: self.config, data_dir: self.data_dir, listen: None };
        match self.command {
            Command::Serve(args) => args.run(flags),
            Command::Demo(args) => args.run(flags),
            Command::Init(args) => args.run(&load(&flags)?),
            Command::Agency(command) => command.run(&load(&flags)?),
            Command::User(command) => command.run(&load(&flags)?),
            Command::Agent(command) => command.run(&load(&flags)?),
            Command::Key(command) => command.run(&load(&flags)?),
            Command::Carrier(command) => command.run(&load(&flags)?),
            Command::Webhook(command) => command.run(&load(&flags)?),
            Command::Import(command) => command.run(&load(&flags)?),
            Command::Export(args) => args.run(&load(&flags)?),
            Command::Generate(args) => args.run(&load(&flags)?),
            Command::Token(args) => args.run(&load(&flags)?),
            Command::Message(command) => command.run(&load(&flags)?),
            Command::Order(command) => command.run(&load(&flags)?),
            Command::Sync(args) => args.run(&load(&flags)?),
            Command::Events(args) => args.run(&load(&flags)?),
            Command::Migrate(args) => args.run(&load(&flags)?),
            Command::Doctor(args) => args.run(&load(&flags)?),
            Command::Healthcheck(args) => args.run(flags),
            Command::Simulate(command) => command.run(),
            Command::Config(command) => command.run(&load(&flags)?),
            Command::Openapi(args) => args.run(),
            Command::Completions(args) => args.run(&mut Self::command()),
            Command::Version(args) => args.run(),
        }
    }
}

/// The settings in force.
fn load(flags: &Flags) -> Result<Config, Failure> {
    Ok(Config::load(flags, environment())?)
}

fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
}

/// The store, for a command that runs beside a server and needs one connection.
fn open(config: &Config) -> Result<Store, Failure> {
    Ok(Store::open(&DataDir::new(config.data_dir.clone()), 1)?)
}
