//! Where values come from: defaults, file, flat variables, prefixed variables.

use std::{ffi::OsString, path::Path};

use figment::{
    Error, Figment, Metadata, Profile, Provider,
    providers::{Format, Toml},
    value::{Dict, Map, Value},
};

use crate::{ConfigError, MANUAL, file_trust};

/// The file that is read from the working directory if no other is named.
const FILE: &str = "log-service.toml";

/// The original service's variables, and the keys that they set.
const FLAT_VARIABLES: [(&str, &str); 8] = [
    ("DB_URL", "database.url"),
    ("DB_USERNAME", "database.username"),
    ("DB_PASSWORD", "database.password"),
    ("RABBITMQ_HOST", "rabbitmq.host"),
    ("RABBITMQ_PORT", "rabbitmq.port"),
    ("RABBITMQ_USERNAME", "rabbitmq.username"),
    ("RABBITMQ_PASSWORD", "rabbitmq.password"),
    ("SERVER_PORT", "web.port"),
];

const PREFIX: &str = "LOG_SERVICE__";

/// The name of the defaults, as a source.
const DEFAULTS: &str = "default";

pub(crate) fn all(
    file: Option<&Path>,
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Figment, ConfigError> {
    let defaults = Figment::from(Named { name: DEFAULTS, values: Toml::string(MANUAL) });
    let mut sources = match file {
        Some(file) if !file.is_file() => return Err(ConfigError::NoFile(file.to_owned())),
        Some(file) => defaults.clone().merge(Toml::file_exact(file)),
        None if Path::new(FILE).is_file() => {
            file_trust::check(FILE)?;
            defaults.clone().merge(Toml::file_exact(FILE))
        }
        None => defaults.clone(),
    };
    for variable in ordered(variables)? {
        sources = sources.merge(variable.typed_as_in(&defaults));
    }
    Ok(sources)
}

/// Our variables, in the order in which they override each other.
fn ordered(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Vec<Variable>, ConfigError> {
    let (mut flat, mut prefixed) = (Vec::new(), Vec::new());
    for (name, value) in variables {
        let Some(name) = name.to_str() else { continue };
        let flat_key =
            FLAT_VARIABLES.iter().find(|(flat, _)| *flat == name).map(|(_, key)| (*key).to_owned());
        let prefixed_key = || name.strip_prefix(PREFIX).map(|key| key.to_lowercase().replace("__", "."));
        let is_flat = flat_key.is_some();
        let Some(key) = flat_key.or_else(prefixed_key) else { continue };
        let value = value.into_string().map_err(|_| ConfigError::NotUtf8(name.to_owned()))?;
        let variable = Variable { name: name.to_owned(), key, value: Value::from(value) };
        match is_flat {
            true if variable.value.as_str() == Some("") => {}
            true => flat.push(variable),
            false => prefixed.push(variable),
        }
    }
    flat.append(&mut prefixed);
    Ok(flat)
}

/// One variable as a source of its own, so that an error can name it.
struct Variable {
    name: String,
    key: String,
    value: Value,
}

impl Variable {
    /// Text stays text where the default is text: a password `00123` is no number. Other values are read as
    /// TOML.
    fn typed_as_in(self, defaults: &Figment) -> Self {
        let is_text = !matches!(defaults.find_value(&self.key), Ok(default) if default.as_str().is_none());
        let value = match self.value.as_str() {
            Some(text) if !is_text => in_toml(text).unwrap_or(self.value),
            _ => self.value,
        };
        Self { value, ..self }
    }
}

impl Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named(format!("environment variable {}", self.name))
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        let nested = figment::util::nest(&self.key, self.value.clone());
        Ok(Profile::Default.collect(nested.into_dict().unwrap_or_default()))
    }
}

fn in_toml(text: &str) -> Option<Value> {
    let mut line: Dict = Toml::from_str(&format!("value = {text}")).ok()?;
    line.remove("value")
}

/// A provider under another name.
struct Named<P> {
    name: &'static str,
    values: P,
}

impl<P: Provider> Provider for Named<P> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name)
    }

    fn data(&self) -> Result<Map<Profile, Dict>, Error> {
        self.values.data()
    }
}
