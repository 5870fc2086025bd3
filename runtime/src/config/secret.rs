//! Secrets by reference: `env:NAME` or `file:PATH`. Refuses values that are written out, missing or empty.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use secrecy::SecretString;

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
