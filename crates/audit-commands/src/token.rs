use std::path::PathBuf;

use audit_auth::{NewToken, Role};
use chrono::{Days, Utc};
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use crate::{
    context::Context,
    exit::CommandResult,
    terminal::{note, print},
};

/// Make API tokens for those who read over HTTP.
#[derive(Debug, Args)]
pub struct TokenArgs {
    /// What to do with tokens.
    #[command(subcommand)]
    action: TokenAction,
}

#[derive(Debug, Subcommand)]
enum TokenAction {
    New(NewTokenArgs),
}

/// Make a token: it is printed once, and the file `web.tokens_file` keeps only what it can be checked with.
///
/// A running service knows the token at once. To take it back, delete its entry from the file.
#[derive(Debug, Args)]
struct NewTokenArgs {
    /// Whose it is, as the record of reading names the reader.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it may do: `auditor` (everything), `support` (search and timeline), `ops` (health, metrics, dead letters).
    /// Repeat it for several.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// For how many days it is good.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// The file, if it is not that of the configuration.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

pub(crate) fn token(context: &Context<'_>, args: &TokenArgs) -> CommandResult {
    match &args.action {
        TokenAction::New(args) => new(context, args),
    }
}

fn new(context: &Context<'_>, args: &NewTokenArgs) -> CommandResult {
    let configured =
        || Some(&context.config.web.tokens_file).filter(|file| !file.is_empty()).map(PathBuf::from);
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
    note(&format!(
        "a token for {}, good as {} until {}; it is shown this once, and {} keeps what it is checked with",
        args.name,
        roles.join(" and "),
        expires.format("%Y-%m-%d %H:%M UTC"),
        file.display(),
    ));
    // Only the token itself goes to standard output.
    print(format!("{}\n", token.secret().expose_secret()))
}
