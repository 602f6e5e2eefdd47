use super::grouped;

/// The timeline.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(crate) title: &'static str,
    pub(crate) q: &'static str,
    pub(crate) q_hint: &'static str,
    pub(crate) only_key: &'static str,
    pub(crate) only_key_hint: &'static str,
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
    pub(crate) same_actor: fn(u32) -> String,
    pub(crate) same_resource: &'static str,
    pub(crate) named: &'static str,
    pub(crate) doubtful: &'static str,
    pub(crate) missing: fn(&str, &str, &str) -> String,
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
    only_key: "Only this number or ID",
    only_key_hint: "Leaves out related events: the payment, seat and ticket of a reservation, for instance.",
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
    same_actor: |seconds| format!("same customer within {seconds} s"),
    same_resource: "same item",
    named: "named by the event",
    doubtful: "uncertain",
    missing: |what, action, expected| {
        format!(
            "{what} is {action}, but no {expected} was found. Its service may send no trace, or did not publish the event."
        )
    },
    same_trace: "same request",
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
    only_key: "이 번호 또는 ID의 이벤트만 보기",
    only_key_hint: "예매의 결제, 좌석, 티켓 등 관련 이벤트를 표시하지 않습니다.",
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
    same_actor: |seconds| format!("같은 고객, {seconds}초 이내"),
    same_resource: "같은 대상",
    named: "이벤트에 명시됨",
    doubtful: "불확실",
    missing: |what, action, expected| {
        format!(
            "{what}: {action} 상태이지만 {expected} 이벤트를 찾지 못했습니다. 해당 서비스가 추적 ID를 보내지 않거나 이벤트를 발행하지 않았을 수 있습니다."
        )
    },
    same_trace: "같은 요청",
    gap_after: |gap| format!("+ {gap}"),
    permanent_address: "고유 주소",
    truncated: |count| {
        format!("마지막 {}건만 표시됩니다. 종료 시각을 앞당기거나 검색을 이용해 주십시오.", grouped(count))
    },
    empty_title: "이 값으로 기록된 이벤트가 없습니다",
    empty_body: "누락된 문자가 없는지 확인해 주십시오. ID는 전체가 일치해야 합니다. 예매 번호는 R20251206-000017과 같은 형식입니다.",
    start: "값을 입력하면 처음부터 마지막까지의 이력을 확인할 수 있습니다.",
};
