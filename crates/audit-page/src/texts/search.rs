use audit_query::Order;

use super::grouped;

/// The search.
#[derive(Debug)]
pub(crate) struct Search {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) filters: &'static str,
    pub(crate) domains: &'static str,
    pub(crate) domains_hint: &'static str,
    pub(crate) actions: &'static str,
    pub(crate) actions_hint: &'static str,
    pub(crate) when: &'static str,
    pub(crate) range_quick: &'static str,
    pub(crate) range_1h: &'static str,
    pub(crate) range_24h: &'static str,
    pub(crate) range_7d: &'static str,
    pub(crate) range_30d: &'static str,
    pub(crate) who: &'static str,
    pub(crate) what: &'static str,
    pub(crate) ids: &'static str,
    pub(crate) own: &'static str,
    pub(crate) own_hint: &'static str,
    pub(crate) shape: &'static str,
    pub(crate) order: &'static str,
    pub(crate) order_newest: &'static str,
    pub(crate) order_oldest: &'static str,
    pub(crate) page_size: &'static str,
    pub(crate) submit: &'static str,
    pub(crate) reset: &'static str,
    pub(crate) results: &'static str,
    pub(crate) results_caption: &'static str,
    pub(crate) results_shown: fn(u64) -> String,
    pub(crate) empty_title: &'static str,
    pub(crate) empty_body: &'static str,
    pub(crate) empty_tip_range: fn(&str, &str) -> String,
    pub(crate) empty_tip_since: fn(&str) -> String,
    pub(crate) empty_tip_remove: &'static str,
    pub(crate) empty_tip_actor: &'static str,
    pub(crate) empty_tip_timeline: &'static str,
    pub(crate) empty_clear: &'static str,
    pub(crate) empty_timeline: &'static str,
}

pub(super) const EN: Search = Search {
    title: "Search",
    lead: "Which action happened, when, and by whom?",
    filters: "Filters",
    domains: "Domains",
    domains_hint: "None ticked means all.",
    actions: "Action types",
    actions_hint: "Exactly as sent; several with commas.",
    when: "When",
    range_quick: "Quick ranges",
    range_1h: "1 h",
    range_24h: "24 h",
    range_7d: "7 days",
    range_30d: "30 days",
    who: "Who",
    what: "What",
    ids: "Trace and event",
    own: "Fields of one domain",
    own_hint: "Each one looks only in the domains that have it.",
    shape: "Order",
    order: "Order",
    order_newest: "Newest first",
    order_oldest: "Oldest first",
    page_size: "Events a page",
    submit: "Search",
    reset: "Clear",
    results: "Results",
    results_caption: "Events found. An actor’s id filters by that actor; a resource’s id opens its timeline.",
    results_shown: |count| {
        if count == 1 {
            "1 event on this page".to_owned()
        } else {
            format!("{} events on this page", grouped(count))
        }
    },
    empty_title: "No events match these filters",
    empty_body: "Nothing was stored that fits all of them. You can:",
    empty_tip_range: |from, to| format!("Widen the time: the search covers {from} to {to}."),
    empty_tip_since: |from| format!("Widen the time: the search covers what happened since {from}."),
    empty_tip_remove: "Remove a filter above; action types must be written exactly as sent.",
    empty_tip_actor: "Failed logins and system actions have no actor id: search them by action type or trace.",
    empty_tip_timeline: "If you hold just one id or number, look for it in the timeline.",
    empty_clear: "Clear all filters",
    empty_timeline: "Open in the timeline",
};

pub(super) const KO: Search = Search {
    title: "검색",
    lead: "어떤 행위가 언제, 누구에 의해 일어났는지 확인합니다.",
    filters: "검색 조건",
    domains: "도메인",
    domains_hint: "선택하지 않으면 전체를 검색합니다.",
    actions: "행위 유형",
    actions_hint: "전송된 값 그대로 입력하며, 여러 개는 쉼표로 구분합니다.",
    when: "기간",
    range_quick: "빠른 기간 선택",
    range_1h: "1시간",
    range_24h: "24시간",
    range_7d: "7일",
    range_30d: "30일",
    who: "행위자",
    what: "행위와 대상",
    ids: "추적 및 이벤트",
    own: "도메인별 항목",
    own_hint: "해당 항목이 있는 도메인에서만 검색합니다.",
    shape: "정렬",
    order: "정렬 순서",
    order_newest: "최신순",
    order_oldest: "오래된순",
    page_size: "페이지당 건수",
    submit: "검색",
    reset: "초기화",
    results: "검색 결과",
    results_caption: "검색된 이벤트입니다. 행위자 ID를 선택하면 해당 행위자로 검색하고, 대상 ID를 선택하면 타임라인을 엽니다.",
    results_shown: |count| format!("이 페이지에 이벤트 {}건", grouped(count)),
    empty_title: "조건에 맞는 이벤트가 없습니다",
    empty_body: "모든 조건을 만족하는 이벤트가 없습니다. 다음 방법을 시도해 주십시오.",
    empty_tip_range: |from, to| format!("기간을 넓혀 주십시오. 현재 검색 기간은 {from}부터 {to}까지입니다."),
    empty_tip_since: |from| format!("기간을 넓혀 주십시오. 현재 {from} 이후의 이벤트만 검색합니다."),
    empty_tip_remove: "위의 조건을 제거해 주십시오. 행위 유형은 전송된 값과 정확히 일치해야 합니다.",
    empty_tip_actor: "로그인 실패와 시스템 행위에는 행위자 ID가 없습니다. 행위 유형이나 추적 ID로 검색해 주십시오.",
    empty_tip_timeline: "ID나 번호 하나만 알고 있다면 타임라인에서 찾아 주십시오.",
    empty_clear: "모든 조건 초기화",
    empty_timeline: "타임라인에서 열기",
};

impl Search {
    /// What an order is called.
    pub(crate) fn order_name(&self, order: Order) -> &'static str {
        match order {
            Order::Newest => self.order_newest,
            Order::Oldest => self.order_oldest,
        }
    }
}
