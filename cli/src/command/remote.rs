//! A running server as commands ask it: its address, a key, one shop. Opens no database.

use std::path::Path;

use duka_runtime::config::{self, Environment, Process, SecretRef};
use duka_runtime::ops::client::{Error, Server};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::serve::{settings, wrong};
use crate::arguments::Remote;
use crate::failure::Failure;

/// One shop of a server.
pub struct Shop {
    pub name: String,
    server: Server,
    threads: tokio::runtime::Runtime,
}

impl Shop {
    /// The server and shop that are named, or the usual ones.
    pub fn of(remote: &Remote) -> Result<Shop, Failure> {
        let address = match &remote.server {
            Some(address) => address.clone(),
            None => {
                let path = settings(remote.config.as_deref());
                format!("http://{}", config::load(path.as_deref(), &Process).map_err(wrong)?.listen)
            }
        };
        let key = key_at(&remote.key)?;
        let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let mut shop = Shop { name: String::new(), server: Server::new(&address, Some(key)).map_err(failed)?, threads };
        shop.name = match &remote.shop {
            Some(name) => name.clone(),
            None => shop.only()?,
        };
        Ok(shop)
    }

    /// The shops that the key opens.
    fn names(&self) -> Result<Vec<String>, Error> {
        let shops = self.threads.block_on(self.server.get("/shops"))?;
        let names = shops.as_array().into_iter().flatten().filter_map(|shop| shop["shop"].as_str());
        Ok(names.map(str::to_string).collect())
    }

    fn only(&self) -> Result<String, Failure> {
        match self.names().map_err(failed)?.as_slice() {
            [only] => Ok(only.clone()),
            [] => Err(Failure::usage("the key opens no shop of this server")),
            several => Err(Failure::usage_with_help(
                format!("the key opens several shops: {}", several.join(", ")),
                "Say which: `--shop NAME`.",
            )),
        }
    }

    /// Asks below the shop.
    pub fn get(&self, path: &str) -> Result<Json, Failure> {
        self.threads.block_on(self.server.get(&self.path(path))).map_err(|error| self.failed(error))
    }

    /// The same, read as what the API says that it is.
    pub fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, Failure> {
        serde_json::from_value(self.get(path)?).map_err(|_| failed(Error::Unreadable))
    }

    pub fn post(&self, path: &str) -> Result<(), Failure> {
        self.threads.block_on(self.server.post(&self.path(path))).map(drop).map_err(|error| self.failed(error))
    }

    /// Tells it something, and returns what it answers.
    pub fn tell(&self, path: &str, body: &Json) -> Result<Json, Failure> {
        self.threads.block_on(self.server.tell(&self.path(path), body)).map_err(|error| self.failed(error))
    }

    pub fn delete(&self, path: &str) -> Result<Json, Failure> {
        self.threads.block_on(self.server.delete(&self.path(path))).map_err(|error| self.failed(error))
    }

    /// What is not there may be the shop itself.
    fn failed(&self, error: Error) -> Failure {
        let Error::Refused { status: 404, .. } = &error else { return failed(error) };
        match self.names() {
            Ok(names) if !names.contains(&self.name) => Failure::usage_with_help(
                format!("the server has no shop `{}` that this key opens", self.name),
                match names.as_slice() {
                    [] => "It opens none that is served.".to_string(),
                    names => format!("It opens: {}.", names.join(", ")),
                },
            ),
            Ok(_) => Failure::usage_with_help(
                error.to_string(),
                "The shop is right, and this id or number is not: `duka conversations list`, `duka sends list` and \
                 `duka quarantine list` show what is there.",
            ),
            Err(_) => failed(error),
        }
    }

    fn path(&self, path: &str) -> String {
        format!("/shops/{}{path}", self.name)
    }
}

/// The key at `env:NAME` or `file:PATH`.
fn key_at(place: &str) -> Result<SecretString, Failure> {
    let place: SecretRef = place.parse().map_err(|_| {
        Failure::usage_with_help(
            "the key is written out; whoever sees the command could use it",
            "Say where it is: `--key env:NAME` or `--key file:PATH`.",
        )
    })?;
    const HELP: &str = "Make one with `duka keys new`, then `export DUKA_API_KEY=duka_…`.";
    let key = place.resolve(Path::new(""), &Process.variables()).map_err(|missing| {
        Failure::usage_with_help(format!("there is no key for the server's API: {}", missing.message), HELP)
    })?;
    if !key.expose_secret().trim().bytes().all(|letter| letter.is_ascii_graphic()) {
        return Err(Failure::usage_with_help("what is there is no key for the server's API", HELP));
    }
    Ok(key)
}

/// Ends a key of the server at this address.
pub fn end_key(address: &str, key: &str, name: &str) -> Result<(), Failure> {
    let server = Server::new(address, Some(key_at(key)?)).map_err(failed)?;
    let threads = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match threads.block_on(server.delete(&format!("/keys/{}", Server::part(name)))) {
        Ok(_) => Ok(()),
        Err(Error::Refused { status: 404, .. }) => Err(Failure::usage_with_help(
            format!("the server has no key `{name}`, or the key that asks may not end it"),
            "A key of one shop ends keys of that shop only.",
        )),
        Err(error) => Err(failed(error)),
    }
}

fn failed(error: Error) -> Failure {
    let help = match &error {
        Error::Silent { .. } => Some("Start it with `duka serve`, or name another with `--server URL`."),
        Error::NoAddress(_) => Some("Write it whole: `--server https://shop.example`."),
        Error::Refused { status: 401, .. } => Some("Keys end: make another one with `duka keys new`."),
        Error::Refused { status: 403, .. } => {
            Some("Make a key that may do more: `duka keys new NAME --scope operate`.")
        }
        Error::Refused { status: 404, .. } => Some("Is the shop's name right, and does the key open it?"),
        Error::Refused { .. } | Error::Unreadable | Error::NoClient(_) => None,
    };
    Failure::Usage { message: error.to_string(), help: help.map(str::to_string) }
}
