use audit_query::AccessAction;

/// The access log.
#[derive(Debug)]
pub(crate) struct AccessLog {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) who: &'static str,
    pub(crate) what: &'static str,
    pub(crate) caption: &'static str,
    pub(crate) when: &'static str,
    pub(crate) from_where: &'static str,
    pub(crate) asked: &'static str,
    pub(crate) rows: &'static str,
    pub(crate) kind_search: &'static str,
    pub(crate) kind_timeline: &'static str,
    pub(crate) kind_stats: &'static str,
    pub(crate) kind_event: &'static str,
    pub(crate) kind_export: &'static str,
    pub(crate) kind_duplicates: &'static str,
    pub(crate) kind_tail: &'static str,
    pub(crate) kind_dead_letters: &'static str,
    pub(crate) kind_dead_letter: &'static str,
    pub(crate) kind_replay: &'static str,
    pub(crate) kind_discard: &'static str,
    pub(crate) kind_accesses: &'static str,
    pub(crate) kind_sign_in: &'static str,
    pub(crate) kind_refused: &'static str,
    pub(crate) kind_cut_off: &'static str,
    pub(crate) empty_title: &'static str,
}

pub(super) const EN: AccessLog = AccessLog {
    title: "Access log",
    lead: "Who read what in the audit log, and who was refused. It records itself: opening this page is in it too.",
    who: "Who",
    what: "What",
    caption: "Reads of the audit log, newest first",
    when: "When",
    from_where: "From where",
    asked: "What was asked",
    rows: "Rows",
    kind_search: "Search",
    kind_timeline: "Timeline",
    kind_stats: "Statistics",
    kind_event: "Event",
    kind_export: "Export",
    kind_duplicates: "Ids that are shared",
    kind_tail: "Following",
    kind_dead_letters: "Dead letters",
    kind_dead_letter: "Dead letter",
    kind_replay: "Putting back",
    kind_discard: "Discarding",
    kind_accesses: "Access log",
    kind_sign_in: "Sign-in",
    kind_refused: "Refused",
    kind_cut_off: "Cut off",
    empty_title: "No reads match these filters",
};

pub(super) const KO: AccessLog = AccessLog {
    title: "열람 기록",
    lead: "누가 감사 로그에서 무엇을 열람했는지, 누가 거부되었는지 기록합니다. 이 페이지를 연 기록도 남습니다.",
    who: "열람자",
    what: "구분",
    caption: "감사 로그 열람 내역 (최신순)",
    when: "시각",
    from_where: "접속 위치",
    asked: "조회 내용",
    rows: "행 수",
    kind_search: "검색",
    kind_timeline: "타임라인",
    kind_stats: "통계",
    kind_event: "이벤트",
    kind_export: "내보내기",
    kind_duplicates: "중복 ID 점검",
    kind_tail: "실시간 조회",
    kind_dead_letters: "미처리 메시지 목록",
    kind_dead_letter: "미처리 메시지",
    kind_replay: "다시 보내기",
    kind_discard: "폐기",
    kind_accesses: "열람 기록",
    kind_sign_in: "로그인",
    kind_refused: "거부됨",
    kind_cut_off: "전송 중단",
    empty_title: "조건에 맞는 열람 기록이 없습니다",
};

impl AccessLog {
    /// What an action is called. The ends and parts of accesses go by their codes.
    pub(crate) fn kind(&self, action: AccessAction) -> &'static str {
        match action {
            AccessAction::Search => self.kind_search,
            AccessAction::Timeline => self.kind_timeline,
            AccessAction::Stats => self.kind_stats,
            AccessAction::Event => self.kind_event,
            AccessAction::Export => self.kind_export,
            AccessAction::Duplicates => self.kind_duplicates,
            AccessAction::Tail => self.kind_tail,
            AccessAction::DeadLetters => self.kind_dead_letters,
            AccessAction::DeadLetter => self.kind_dead_letter,
            AccessAction::Replay => self.kind_replay,
            AccessAction::Discard => self.kind_discard,
            AccessAction::AccessLog => self.kind_accesses,
            AccessAction::SignIn => self.kind_sign_in,
            AccessAction::Refused => self.kind_refused,
            AccessAction::CutOff => self.kind_cut_off,
            AccessAction::ExportEnd
            | AccessAction::TailRows
            | AccessAction::TailEnd
            | AccessAction::DeadLettersExport
            | AccessAction::DeadLettersExportEnd
            | AccessAction::ReplayEnd
            | AccessAction::DiscardEnd => action.code(),
        }
    }
}
