use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use chrono::Utc;
use tracing::warn;

use super::{TokenError, entry::Entries};
use crate::{
    AuthMethod, Reader,
    token_check::{
        Authenticated,
        TokenCheckError::{self, Expired, Invalid},
    },
    watched_files::{LogMessages, WatchedFiles},
};

const MESSAGES: LogMessages = LogMessages {
    reloaded: "the API tokens were read again",
    kept: "the API tokens can't be read again: those that were read last stay in force",
};

/// The file of API tokens. It is read again when it has changed, so that tokens are issued and revoked without a restart.
#[derive(Debug)]
pub(crate) struct TokensFile(WatchedFiles<Entries, 1>);

impl TokensFile {
    /// Reads the file, which must be valid at the start.
    pub(crate) fn open(path: PathBuf) -> Result<Self, TokenError> {
        warn_if_open_to_others(&path);
        WatchedFiles::open([path], MESSAGES, read).map(Self)
    }

    /// Checks a token.
    pub(crate) fn check(&self, token: &str) -> Result<Authenticated, TokenCheckError> {
        let entries = self.0.get(read);
        let entry = entries.find(token).ok_or(Invalid("there is no such API token"))?;
        let expires = entry.expires.0;
        if expires <= Utc::now() {
            return Err(Expired);
        }
        let reader = Reader::new(&entry.name, entry.id, entry.roles.clone(), AuthMethod::Token);
        Ok(Authenticated {
            reader: reader.ok_or(Invalid("the token's name is none"))?,
            expires: Some(expires),
        })
    }
}

/// Whoever can write the file can let himself in, and it names readers. A group may read it, as platforms that mount
/// secrets give them to the service by its group.
fn warn_if_open_to_others(path: &Path) {
    const GROUP_MAY_WRITE_OR_OTHERS_ANYTHING: u32 = 0o027;
    let Ok(metadata) = fs::metadata(path) else { return };
    let rights = metadata.permissions().mode() & 0o777;
    if rights & GROUP_MAY_WRITE_OR_OTHERS_ANYTHING != 0 {
        warn!(
            path = %path.display(),
            rights = format_args!("{rights:o}"),
            "others can read or change the file of API tokens: take these rights from them with chmod 600",
        );
    }
}

fn read([path]: &[PathBuf; 1]) -> Result<Entries, TokenError> {
    let text = fs::read_to_string(path).map_err(|source| TokenError::File { path: path.clone(), source })?;
    Entries::parse(&text, path)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use secrecy::ExposeSecret;
    use tokio::time::advance;

    use super::*;
    use crate::{NewToken, Permission, Role, watched_files::CHECK_INTERVAL};

    fn add(path: &Path, name: &str) -> String {
        let expires = Utc::now() + TimeDelta::days(1);
        let token = NewToken::make(name, [Role::Support].into_iter().collect(), expires).unwrap();
        token.append(path).unwrap();
        token.secret().expose_secret().to_owned()
    }

    fn file() -> (tempfile::TempDir, PathBuf, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let token = add(&path, "first");
        (folder, path, token)
    }

    #[test]
    fn a_good_token_is_known_by_its_entry() {
        let (_folder, path, token) = file();
        let authenticated = TokensFile::open(path).unwrap().check(&token).unwrap();
        assert_eq!(
            (authenticated.reader.name(), authenticated.reader.auth_method()),
            ("first", AuthMethod::Token)
        );
        assert!(authenticated.reader.may(Permission::Read) && !authenticated.reader.may(Permission::Export));
        assert!(authenticated.expires.unwrap() > Utc::now());
    }

    #[test]
    fn an_unknown_or_cut_token_is_refused() {
        let (_folder, path, token) = file();
        let tokens = TokensFile::open(path).unwrap();
        for wrong in ["tka_", "", &token[..46], &format!("{token}A"), &token.replace("tka_", "TKA_")] {
            assert!(matches!(tokens.check(wrong), Err(Invalid(_))), "{wrong}");
        }
    }

    #[test]
    fn a_token_past_its_expiry_is_refused() {
        let (_folder, path, token) = file();
        let year = (Utc::now() + TimeDelta::days(1)).format("%Y-").to_string();
        fs::write(&path, fs::read_to_string(&path).unwrap().replace(&year, "2001-")).unwrap();
        assert_eq!(TokensFile::open(path).unwrap().check(&token).unwrap_err(), Expired);
    }

    #[tokio::test(start_paused = true)]
    async fn a_changed_file_is_read_again_within_a_second() {
        let (_folder, path, first) = file();
        let tokens = TokensFile::open(path.clone()).unwrap();
        let second = add(&path, "second");
        assert!(tokens.check(&second).is_err());
        advance(CHECK_INTERVAL).await;
        assert!(tokens.check(&second).is_ok());
        fs::write(&path, "").unwrap();
        advance(CHECK_INTERVAL).await;
        assert!(tokens.check(&first).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_that_is_of_no_use_leaves_the_last_tokens_in_force() {
        let (_folder, path, token) = file();
        let good = fs::read_to_string(&path).unwrap();
        let tokens = TokensFile::open(path.clone()).unwrap();
        fs::write(&path, "[[token]]\nname = 1").unwrap();
        advance(CHECK_INTERVAL).await;
        assert!(tokens.check(&token).is_ok());
        fs::remove_file(&path).unwrap();
        advance(CHECK_INTERVAL).await;
        assert!(tokens.check(&token).is_ok());
        fs::write(&path, good.replace("first", "renamed")).unwrap();
        advance(CHECK_INTERVAL).await;
        assert_eq!(tokens.check(&token).unwrap().reader.name(), "renamed");
    }
}
