/// What was done with the log, as the access log names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessAction {
    /// A page of search results.
    Search,
    /// The timeline of one case.
    Timeline,
    /// Numbers of events.
    Stats,
    /// One event.
    Event,
    /// An export begins.
    Export,
    /// An export has ended.
    ExportEnd,
    /// Events that share an id.
    Duplicates,
    /// A tail begins.
    Tail,
    /// Events that a tail has given since the record before.
    TailRows,
    /// A tail has ended.
    TailEnd,
    /// The dead letters.
    DeadLetters,
    /// One dead letter, whole.
    DeadLetter,
    /// An export of dead letters begins.
    DeadLettersExport,
    /// An export of dead letters has ended.
    DeadLettersExportEnd,
    /// Putting dead letters back begins.
    Replay,
    /// Putting dead letters back has ended.
    ReplayEnd,
    /// Taking dead letters away begins.
    Discard,
    /// Taking dead letters away has ended.
    DiscardEnd,
    /// The access log itself.
    AccessLog,
    /// Somebody signed in.
    SignIn,
    /// A request was refused.
    Refused,
    /// An answer was not sent to its end.
    CutOff,
}

impl AccessAction {
    /// All actions, in the order in which people are shown them.
    pub const ALL: [Self; 22] = [
        Self::Search,
        Self::Timeline,
        Self::Stats,
        Self::Event,
        Self::Export,
        Self::ExportEnd,
        Self::Duplicates,
        Self::Tail,
        Self::TailRows,
        Self::TailEnd,
        Self::DeadLetters,
        Self::DeadLetter,
        Self::DeadLettersExport,
        Self::DeadLettersExportEnd,
        Self::Replay,
        Self::ReplayEnd,
        Self::Discard,
        Self::DiscardEnd,
        Self::AccessLog,
        Self::SignIn,
        Self::Refused,
        Self::CutOff,
    ];

    /// Its `action_type` in the access log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Search => "SEARCH",
            Self::Timeline => "TIMELINE",
            Self::Stats => "STATS",
            Self::Event => "EVENT",
            Self::Export => "EXPORT",
            Self::ExportEnd => "EXPORT_END",
            Self::Duplicates => "DUPLICATES",
            Self::Tail => "TAIL",
            Self::TailRows => "TAIL_ROWS",
            Self::TailEnd => "TAIL_END",
            Self::DeadLetters => "DEAD_LETTERS",
            Self::DeadLetter => "DEAD_LETTER",
            Self::DeadLettersExport => "DEAD_LETTERS_EXPORT",
            Self::DeadLettersExportEnd => "DEAD_LETTERS_EXPORT_END",
            Self::Replay => "REPLAY",
            Self::ReplayEnd => "REPLAY_END",
            Self::Discard => "DISCARD",
            Self::DiscardEnd => "DISCARD_END",
            Self::AccessLog => "ACCESS_LOG",
            Self::SignIn => "SIGN_IN",
            Self::Refused => "REFUSED",
            Self::CutOff => "CUT_OFF",
        }
    }

    /// The action of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.code() == code)
    }

    /// Whether the `rows_read` of its records are events that the reader was given.
    #[must_use]
    pub const fn counts_events(self) -> bool {
        matches!(
            self,
            Self::Search | Self::Timeline | Self::Event | Self::TailRows | Self::TailEnd | Self::ExportEnd
        )
    }

    /// Whether an answer follows its record. Other records say that something begins, goes on, or has ended.
    #[must_use]
    pub const fn is_answered(self) -> bool {
        matches!(
            self,
            Self::Search
                | Self::Timeline
                | Self::Stats
                | Self::Event
                | Self::Duplicates
                | Self::DeadLetters
                | Self::DeadLetter
                | Self::AccessLog
        )
    }
}
