use audit_query::{FILTER_PARAMS, FilterParam, FilterSection, ParamKind};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use serde::{Serialize, Serializer};

use super::relative_time::RelativeTime;

/// The options that [`FILTER_PARAMS`] lists: those of the section [`When`](FilterSection::When), or all others.
#[derive(Debug, Default)]
pub(crate) struct ParamArgs<const WHEN: bool> {
    /// What was given, in the order of the list.
    given: Vec<(&'static FilterParam, Vec<String>)>,
}

impl<const WHEN: bool> ParamArgs<WHEN> {
    fn params() -> impl Iterator<Item = &'static FilterParam> {
        FILTER_PARAMS.iter().filter(|param| (param.section == FilterSection::When) == WHEN)
    }

    /// The parameters that were given, each with its values.
    pub(super) fn given(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.given.iter().map(|(param, values)| (param.name, values.as_slice()))
    }
}

impl<const WHEN: bool> Args for ParamArgs<WHEN> {
    fn augment_args(command: Command) -> Command {
        command.args(Self::params().map(arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<const WHEN: bool> FromArgMatches for ParamArgs<WHEN> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let values = |param: &'static FilterParam| {
            let values = matches.get_many::<String>(param.name)?;
            Some((param, values.cloned().collect()))
        };
        Ok(Self { given: Self::params().filter_map(values).collect() })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// As the access log records them: by name, the values in a list where there can be several.
impl<const WHEN: bool> Serialize for ParamArgs<WHEN> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.given.iter().map(|(param, values)| {
            let recorded = match values.as_slice() {
                [value] if takes_one(param) => Recorded::One(value),
                values => Recorded::Several(values),
            };
            (param.name, recorded)
        }))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Recorded<'v> {
    One(&'v str),
    Several(&'v [String]),
}

fn arg(param: &'static FilterParam) -> Arg {
    // Help ends without a full stop, like that of other options.
    let help = param.help.en.strip_suffix('.').unwrap_or(param.help.en);
    let help =
        if takes_one(param) { format!("{help}. Also {}", RelativeTime::FORMS) } else { help.to_owned() };
    Arg::new(param.name)
        .long(param.name.replace('_', "-"))
        .value_name(value_name(param))
        .action(if takes_one(param) { ArgAction::Set } else { ArgAction::Append })
        .help(help)
}

fn takes_one(param: &FilterParam) -> bool {
    matches!(param.kind, ParamKind::From | ParamKind::To)
}

fn value_name(param: &FilterParam) -> String {
    match param.kind {
        ParamKind::Domain => "NAME".to_owned(),
        // `TYPE` of `action_type`, `ID` of `trace_id`.
        ParamKind::Text => param.name.rsplit('_').next().unwrap_or(param.name).to_uppercase(),
        ParamKind::Id => "ID".to_owned(),
        ParamKind::Uuid => "UUID".to_owned(),
        ParamKind::Integer | ParamKind::BigInteger => "NUMBER".to_owned(),
        ParamKind::From | ParamKind::To => "TIME".to_owned(),
    }
}
