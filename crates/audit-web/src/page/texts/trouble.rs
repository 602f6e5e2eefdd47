/// Why there is no answer.
#[derive(Debug)]
pub(crate) struct Trouble {
    pub(crate) unavailable_title: &'static str,
    pub(crate) unavailable_body: &'static str,
    pub(crate) crowded_title: &'static str,
    pub(crate) crowded_body: &'static str,
    pub(crate) timeout_title: &'static str,
    pub(crate) timeout_body: fn(&str) -> String,
    pub(crate) at_once_title: &'static str,
    pub(crate) at_once_body: &'static str,
    pub(crate) spent_title: &'static str,
    pub(crate) spent_body: fn(&str, &str, &str) -> String,
    pub(crate) try_again: &'static str,
    pub(crate) too_many_title: &'static str,
    pub(crate) too_many_body: &'static str,
    pub(crate) forbidden_title: &'static str,
    pub(crate) forbidden_read: &'static str,
    pub(crate) forbidden_auditor: &'static str,
    pub(crate) forbidden_ops: &'static str,
    pub(crate) invalid_title: &'static str,
    pub(crate) unknown_title: &'static str,
    pub(crate) unknown_body: &'static str,
    pub(crate) wrong_token_title: &'static str,
    pub(crate) wrong_token_body: &'static str,
    pub(crate) throttled_title: &'static str,
    pub(crate) throttled_body: fn(&str) -> String,
    pub(crate) no_keys_title: &'static str,
    pub(crate) no_keys_body: &'static str,
    pub(crate) too_long_title: &'static str,
    pub(crate) too_long_body: &'static str,
    pub(crate) not_local_title: &'static str,
    pub(crate) not_local_body: &'static str,
    pub(crate) cross_site_title: &'static str,
    pub(crate) cross_site_body: &'static str,
}

pub(super) const EN: Trouble = Trouble {
    unavailable_title: "The database does not answer",
    unavailable_body: "No event is lost: they wait in the queues meanwhile. Try again in a minute; if it stays so, tell the operators.",
    crowded_title: "Too many large answers at the moment",
    crowded_body: "The answers that are on their way to other readers take all the memory that they may. Try again in a few seconds.",
    timeout_title: "The search took too long",
    timeout_body: |seconds| {
        format!("It was stopped after {seconds} s. Choose a shorter time, or add a resource, actor or trace.")
    },
    at_once_title: "Too many of your requests at the same time",
    at_once_body: "Wait until some of them have ended, then try again.",
    spent_title: "You have read as many events as you may today",
    spent_body: |rows, left, at| {
        format!(
            "You may be given {rows} rows a day; {left} are left, which is too few for this answer. The next day begins at {at}. Ask the operators if you need more."
        )
    },
    try_again: "Try again",
    too_many_title: "There is too much to count",
    too_many_body: "Choose a shorter range.",
    forbidden_title: "You may not see this page",
    forbidden_read: "It needs the role “support” or “auditor”. Ask the operators if you should have it.",
    forbidden_auditor: "It needs the role “auditor”. Ask the operators if you should have it.",
    forbidden_ops: "It needs the role “ops” or “auditor”. Ask the operators if you should have it.",
    invalid_title: "The address is not right",
    unknown_title: "You are not signed in",
    unknown_body: "Open the audit log through the gateway of the platform.",
    wrong_token_title: "That token was not accepted",
    wrong_token_body: "It may be mistyped, expired or withdrawn. Try again, or ask the operators for a new one.",
    throttled_title: "Too many wrong tokens came from your address",
    throttled_body: |seconds| format!("Try again in {seconds} s."),
    no_keys_title: "Tokens can’t be checked at the moment",
    no_keys_body: "Try again in a minute; if it stays so, tell the operators.",
    too_long_title: "That token is too long to sign in with",
    too_long_body: "It can be sent to the API. To sign in here, ask the operators for an access token.",
    not_local_title: "Only this machine is served",
    not_local_body: "Without sign-in, the audit log answers only under the name localhost.",
    cross_site_title: "The form was sent by another site",
    cross_site_body: "Please send it again from this page.",
};

pub(super) const KO: Trouble = Trouble {
    unavailable_title: "데이터베이스가 응답하지 않습니다",
    unavailable_body: "유실된 이벤트는 없으며, 그동안 대기열에 보관됩니다. 잠시 후 다시 시도해 주십시오. 문제가 계속되면 운영 담당자에게 알려 주십시오.",
    crowded_title: "지금은 큰 응답이 너무 많습니다",
    crowded_body: "다른 조회자에게 전송 중인 응답이 허용된 메모리를 모두 사용하고 있습니다. 몇 초 후 다시 시도해 주십시오.",
    timeout_title: "검색 시간이 초과되었습니다",
    timeout_body: |seconds| {
        format!(
            "{seconds}초 후 검색이 중단되었습니다. 기간을 줄이거나 대상, 행위자, 추적 ID를 추가해 주십시오."
        )
    },
    at_once_title: "동시에 보낸 요청이 너무 많습니다",
    at_once_body: "진행 중인 요청이 끝난 뒤 다시 시도해 주십시오.",
    spent_title: "오늘 열람할 수 있는 이벤트를 모두 사용했습니다",
    spent_body: |rows, left, at| {
        format!(
            "하루에 {rows}행까지 열람할 수 있습니다. 남은 {left}행으로는 이 결과를 표시할 수 없습니다. 다음 날은 {at}에 시작됩니다. 더 필요하면 운영 담당자에게 문의해 주십시오."
        )
    },
    try_again: "다시 시도",
    too_many_title: "집계할 항목이 너무 많습니다",
    too_many_body: "더 짧은 기간을 선택해 주십시오.",
    forbidden_title: "이 페이지를 열람할 권한이 없습니다",
    forbidden_read: "고객 지원 또는 감사 역할이 필요합니다. 권한이 필요하면 운영 담당자에게 문의해 주십시오.",
    forbidden_auditor: "감사 역할이 필요합니다. 권한이 필요하면 운영 담당자에게 문의해 주십시오.",
    forbidden_ops: "운영 또는 감사 역할이 필요합니다. 권한이 필요하면 운영 담당자에게 문의해 주십시오.",
    invalid_title: "주소가 올바르지 않습니다",
    unknown_title: "로그인되어 있지 않습니다",
    unknown_body: "플랫폼 게이트웨이를 통해 감사 로그에 접속해 주십시오.",
    wrong_token_title: "토큰을 확인할 수 없습니다",
    wrong_token_body: "토큰이 잘못 입력되었거나 만료 또는 폐기되었을 수 있습니다. 다시 시도하거나 운영 담당자에게 새 토큰을 요청해 주십시오.",
    throttled_title: "현재 주소에서 잘못된 토큰이 너무 많이 전송되었습니다",
    throttled_body: |seconds| format!("{seconds}초 후에 다시 시도해 주십시오."),
    no_keys_title: "현재 토큰을 확인할 수 없습니다",
    no_keys_body: "잠시 후 다시 시도해 주십시오. 문제가 계속되면 운영 담당자에게 알려 주십시오.",
    too_long_title: "토큰이 너무 길어 로그인에 사용할 수 없습니다",
    too_long_body: "API 요청에는 사용할 수 있습니다. 이 화면에 로그인하려면 운영 담당자에게 접근 토큰을 요청해 주십시오.",
    not_local_title: "이 컴퓨터에서만 접속할 수 있습니다",
    not_local_body: "로그인이 설정되지 않은 감사 로그는 localhost로만 접속할 수 있습니다.",
    cross_site_title: "다른 사이트에서 보낸 요청입니다",
    cross_site_body: "이 페이지에서 다시 시도해 주십시오.",
};
