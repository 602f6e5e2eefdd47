use super::grouped;

/// The timeline.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(crate) title: &'static str,
    pub(crate) q: &'static str,
    pub(crate) q_hint: &'static str,
    pub(crate) widen: &'static str,
    pub(crate) widen_hint: &'static str,
    pub(crate) submit: &'static str,
    pub(crate) story_of: fn(&str) -> String,
    pub(crate) events: &'static str,
    pub(crate) failures: &'static str,
    pub(crate) domains: &'static str,
    pub(crate) span: &'static str,
    pub(crate) actors: &'static str,
    pub(crate) story: &'static str,
    pub(crate) expand_all: &'static str,
    pub(crate) collapse_all: &'static str,
    pub(crate) same_actor: &'static str,
    pub(crate) same_trace: &'static str,
    pub(crate) gap_after: fn(&str) -> String,
    pub(crate) permanent_address: &'static str,
    pub(crate) truncated: fn(u64) -> String,
    pub(crate) empty_title: &'static str,
    pub(crate) empty_body: &'static str,
    pub(crate) start: &'static str,
}

pub(super) const EN: Timeline = Timeline {
    title: "Timeline",
    q: "Anything you hold",
    q_hint: "User id, reservation number, payment id, ticket id, seat id, trace id or event id.",
    widen: "Widen to actors and traces found",
    widen_hint: "Also shows what the same people did and what belongs to the same requests.",
    submit: "Show timeline",
    story_of: |what| format!("The story of {what}"),
    events: "Events",
    failures: "Failures",
    domains: "Domains",
    span: "First to last",
    actors: "Actors",
    story: "Events in order of time",
    expand_all: "Open all",
    collapse_all: "Close all",
    same_actor: "same actor",
    same_trace: "same trace",
    gap_after: |gap| format!("+ {gap}"),
    permanent_address: "Permanent address",
    truncated: |count| {
        format!(
            "Only the last {} events are shown. Choose an earlier end, or use the search.",
            grouped(count)
        )
    },
    empty_title: "Nothing is known under this value",
    empty_body: "Check for missing characters: ids are compared whole. A reservation number looks like R20251206-000017.",
    start: "Enter a value to see what happened to it, from first to last.",
};

pub(super) const KO: Timeline = Timeline {
    title: "타임라인",
    q: "알고 있는 값",
    q_hint: "사용자 ID, 예매 번호, 결제 ID, 티켓 ID, 좌석 ID, 추적 ID, 이벤트 ID 중 하나를 입력해 주십시오.",
    widen: "찾은 행위자와 추적 ID까지 확장",
    widen_hint: "같은 행위자의 다른 행위와 같은 요청에 속한 이벤트도 함께 표시합니다.",
    submit: "타임라인 보기",
    story_of: |what| format!("{what}의 이력"),
    events: "이벤트",
    failures: "실패",
    domains: "도메인",
    span: "처음부터 마지막까지",
    actors: "행위자",
    story: "시간순 이벤트",
    expand_all: "모두 펼치기",
    collapse_all: "모두 접기",
    same_actor: "같은 행위자",
    same_trace: "같은 추적",
    gap_after: |gap| format!("+ {gap}"),
    permanent_address: "고유 주소",
    truncated: |count| {
        format!("마지막 {}건만 표시됩니다. 종료 시각을 앞당기거나 검색을 이용해 주십시오.", grouped(count))
    },
    empty_title: "이 값으로 기록된 이벤트가 없습니다",
    empty_body: "누락된 문자가 없는지 확인해 주십시오. ID는 전체가 일치해야 합니다. 예매 번호는 R20251206-000017과 같은 형식입니다.",
    start: "값을 입력하면 처음부터 마지막까지의 이력을 확인할 수 있습니다.",
};
