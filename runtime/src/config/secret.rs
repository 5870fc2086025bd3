//! Secrets by reference: `env:NAME` or `file:PATH`. Refuses values that are written out, missing or empty; for those who
//! examine a set-up, it notes them all and goes on.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;

use super::Environment;
use super::mistake::Mistake;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String", extend("pattern" = "^(env|file):.+$"))]
pub enum SecretRef {
    Environment(String),
    File(PathBuf),
}

/// Why a reference leads to no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoSecret {
    pub message: String,
    pub help: String,
}

impl FromStr for SecretRef {
    type Err = String;

    fn from_str(text: &str) -> Result<SecretRef, String> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(SecretRef::Environment(name.to_string())),
            Some(("file", path)) if !path.is_empty() => Ok(SecretRef::File(PathBuf::from(path))),
            Some(_) | None => Err("a secret is written out here, or empty; whoever reads this could use it: \
                                   write `env:NAME` or `file:PATH`"
                .to_string()),
        }
    }
}

impl TryFrom<String> for SecretRef {
    type Error = String;

    fn try_from(text: String) -> Result<SecretRef, String> {
        text.parse()
    }
}

impl SecretRef {
    /// The secret itself, without the line break at its end. `base`: what relative paths are relative to.
    ///
    /// # Errors
    /// There is none, or it is empty.
    pub fn resolve(&self, base: &Path, variables: &[(String, String)]) -> Result<SecretString, NoSecret> {
        let (text, what) = match self {
            SecretRef::Environment(name) => {
                let found = variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
                let missing = || NoSecret {
                    message: format!("the environment has no `{name}`"),
                    help: format!("Set it before the start: `export {name}=…`."),
                };
                (found.ok_or_else(missing)?, format!("`{name}` in the environment"))
            }
            SecretRef::File(path) => {
                let path = base.join(path);
                let missing = |error: std::io::Error| NoSecret {
                    message: format!("`{}` can not be read: {error}", path.display()),
                    help: "Write the secret into that file, readable for the server only.".to_string(),
                };
                (std::fs::read_to_string(&path).map_err(missing)?, format!("`{}`", path.display()))
            }
        };
        let text = text.trim();
        if text.is_empty() {
            return Err(NoSecret {
                message: format!("{what} is empty"),
                help: "An empty secret would let everybody in. Put the real one there.".to_string(),
            });
        }
        Ok(SecretString::from(text))
    }
}

/// Where secrets are looked for, and what becomes of one that is missing.
#[derive(Debug)]
pub struct Keyring {
    variables: Vec<(String, String)>,
    /// `Some`: what is missing is noted, and an empty secret stands in its place. Held for a moment.
    missing: Option<Mutex<Vec<Mistake>>>,
}

impl Keyring {
    /// The first secret that is missing is a mistake.
    pub fn strict(environment: &impl Environment) -> Keyring {
        Keyring { variables: environment.variables(), missing: None }
    }

    /// Secrets that are missing are noted, and empty: to be looked at, never to be served with.
    pub fn noting(environment: &impl Environment) -> Keyring {
        Keyring { missing: Some(Mutex::default()), ..Keyring::strict(environment) }
    }

    pub(super) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// The secret itself; `told` says of one that is missing where it is asked for.
    ///
    /// # Errors
    /// It is missing, and this is no time to go on without it.
    pub fn find(
        &self,
        reference: &SecretRef,
        base: &Path,
        told: impl FnOnce(NoSecret) -> Mistake,
    ) -> Result<SecretString, Mistake> {
        match (reference.resolve(base, &self.variables).map_err(told), &self.missing) {
            (Err(mistake), Some(missing)) => {
                missing.lock().unwrap_or_else(PoisonError::into_inner).push(mistake);
                Ok(SecretString::default())
            }
            (found, _) => found,
        }
    }

    /// What was missing since this was asked last, in the order in which it was looked for.
    pub fn missing(&self) -> Vec<Mistake> {
        let noted = self.missing.as_ref().map(|missing| missing.lock().unwrap_or_else(PoisonError::into_inner));
        noted.map(|mut missing| std::mem::take(&mut *missing)).unwrap_or_default()
    }
}
