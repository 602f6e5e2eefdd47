use clap::Args;
use clap_complete::{Generator, generate, shells};

use crate::{exit::CommandResult, terminal::print};

/// Print the completions for a shell.
///
/// bash: log-service completions bash > /usr/share/bash-completion/completions/log-service
/// zsh: log-service completions zsh > /usr/share/zsh/vendor-completions/_log-service
/// fish: log-service completions fish > /usr/share/fish/vendor_completions.d/log-service.fish
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// The shells that completions exist for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(crate) fn completions(program: clap::Command, args: &CompletionsArgs) -> CommandResult {
    match args.shell {
        Shell::Bash => print(script(program, shells::Bash)),
        Shell::Zsh => print(script(program, shells::Zsh)),
        Shell::Fish => print(script(program, shells::Fish)),
    }
}

fn script(mut program: clap::Command, shell: impl Generator) -> Vec<u8> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    generate(shell, &mut program, name, &mut script);
    script
}
