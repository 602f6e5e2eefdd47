use std::path::PathBuf;

use audit_auth::NewToken;
use chrono::{Days, Utc};
use secrecy::ExposeSecret;

use super::{CommandResult, print, reading::note};
use crate::{
    cli::{NewTokenArgs, TokenAction},
    config::Config,
};

pub(super) fn token(config: &Config, action: &TokenAction) -> CommandResult {
    match action {
        TokenAction::New(args) => new(config, args),
    }
}

fn new(config: &Config, args: &NewTokenArgs) -> CommandResult {
    let configured = || Some(&config.web.tokens_file).filter(|file| !file.is_empty()).map(PathBuf::from);
    let Some(file) = args.file.clone().or_else(configured) else {
        return Err("there is no file for tokens: set web.tokens_file (LOG_SERVICE__WEB__TOKENS_FILE), or name one with \
                    --file"
            .into());
    };
    let expires =
        Utc::now().checked_add_days(Days::new(args.days.into())).ok_or("so many days are too many")?;
    let token = NewToken::make(&args.name, args.roles.iter().copied().collect(), expires)?;
    token.append(&file)?;
    let roles: Vec<_> = args.roles.iter().map(|role| role.name()).collect();
    let told = format!(
        "a token for {}, good as {} until {}; it is shown this once, and {} keeps what it is checked with",
        args.name,
        roles.join(" and "),
        expires.format("%Y-%m-%d %H:%M UTC"),
        file.display(),
    );
    // The token itself goes to standard output.
    note(&told);
    print(format!("{}\n", token.secret().expose_secret()))
}
