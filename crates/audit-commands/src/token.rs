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

/// Create API tokens.
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

/// Create a token. It is printed once; the file `web.tokens_file` only stores a hash of it.
///
/// A running service accepts the token at once. To revoke it, delete its entry from the file.
#[derive(Debug, Args)]
struct NewTokenArgs {
    /// The reader, as named in the access log.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it may do: `auditor` (everything), `support` (search and timeline), `ops` (health, metrics, dead letters).
    /// Can be repeated.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// Number of days until it expires.
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: u16,
    /// The tokens file. Without it, `web.tokens_file` of the configuration.
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
        return Err(
            "no tokens file: set web.tokens_file (LOG_SERVICE__WEB__TOKENS_FILE), or pass --file".into()
        );
    };
    let expires = Utc::now().checked_add_days(Days::new(args.days.into())).ok_or("too many days")?;
    let token = NewToken::make(&args.name, args.roles.iter().copied().collect(), expires)?;
    token.append(&file)?;
    let roles: Vec<_> = args.roles.iter().map(|role| role.name()).collect();
    note(&format!(
        "token for {} as {}, valid until {}; it is not shown again. Its hash is in {}",
        args.name,
        roles.join(" and "),
        expires.format("%Y-%m-%d %H:%M UTC"),
        file.display(),
    ));
    // Only the token itself goes to standard output.
    print(format!("{}\n", token.secret().expose_secret()))
}
