use super::grouped;

/// The overview.
#[derive(Debug)]
pub(crate) struct Overview {
    pub(crate) title: &'static str,
    pub(crate) range: &'static str,
    pub(crate) range_24h: &'static str,
    pub(crate) range_7d: &'static str,
    pub(crate) range_30d: &'static str,
    pub(crate) updated: fn(&str) -> String,
    pub(crate) total: &'static str,
    pub(crate) totals: &'static str,
    pub(crate) chart: &'static str,
    pub(crate) chart_desc: fn(&str, &str, &str, &str, &str) -> String,
    pub(crate) chart_bar: fn(&str, &str, &str) -> String,
    pub(crate) chart_fail_bar: fn(&str, &str) -> String,
    pub(crate) chart_table: &'static str,
    pub(crate) chart_caption: &'static str,
    pub(crate) col_total: &'static str,
    pub(crate) col_failures: &'static str,
    pub(crate) top: &'static str,
    pub(crate) top_caption: &'static str,
    pub(crate) others: &'static str,
    pub(crate) col_count: &'static str,
    pub(crate) col_share: &'static str,
    pub(crate) failures: &'static str,
    pub(crate) failures_caption: &'static str,
    pub(crate) no_failures: &'static str,
    pub(crate) newest: &'static str,
    pub(crate) newest_caption: &'static str,
    pub(crate) all: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) lag: &'static str,
    pub(crate) lag_hint: fn(u64) -> String,
    pub(crate) lag_caption: &'static str,
    pub(crate) col_median: &'static str,
    pub(crate) col_max: &'static str,
}

pub(super) const EN: Overview = Overview {
    title: "Overview",
    range: "ResolvedRange",
    range_24h: "24 h",
    range_7d: "7 days",
    range_30d: "30 days",
    updated: |time| format!("As of {time}"),
    total: "All domains",
    totals: "Totals per domain",
    chart: "Events over time",
    chart_desc: |total, from, to, peak_at, peak| {
        format!(
            "Stacked bars, one for each stretch of time, one colour per domain, and the failures of each below. {total} events from {from} to {to}; the busiest was {peak_at} with {peak}."
        )
    },
    chart_bar: |when, domain, count| format!("{when} · {domain}: {count}"),
    chart_fail_bar: |when, count| format!("{when} · failures: {count}"),
    chart_table: "Show as a table",
    chart_caption: "Events by time and domain",
    col_total: "Total",
    col_failures: "Failures",
    top: "Top actions",
    top_caption: "Most frequent actions of the range",
    others: "Others",
    col_count: "Events",
    col_share: "Share",
    failures: "Failures",
    failures_caption: "Failed actions of the range",
    no_failures: "No failures in this range.",
    newest: "Newest events",
    newest_caption: "The newest events stored",
    all: "See all in the search",
    nothing: "nothing yet",
    lag: "Lag",
    lag_hint: |count| {
        format!(
            "Seconds from occurred (publisher’s clock) to recorded (database’s clock), of the newest {} events.",
            grouped(count)
        )
    },
    lag_caption: "Lag per domain in seconds",
    col_median: "Median",
    col_max: "Longest",
};

pub(super) const KO: Overview = Overview {
    title: "현황",
    range: "조회 기간",
    range_24h: "24시간",
    range_7d: "7일",
    range_30d: "30일",
    updated: |time| format!("{time} 기준"),
    total: "전체 도메인",
    totals: "도메인별 합계",
    chart: "시간별 이벤트",
    chart_desc: |total, from, to, peak_at, peak| {
        format!(
            "구간마다 도메인별 색상으로 쌓은 막대그래프이며, 아래에 구간별 실패 건수를 표시합니다. {from}부터 {to}까지 총 {total}건이며, 가장 많은 구간은 {peak_at}의 {peak}건입니다."
        )
    },
    chart_bar: |when, domain, count| format!("{when} · {domain}: {count}건"),
    chart_fail_bar: |when, count| format!("{when} · 실패: {count}건"),
    chart_table: "표로 보기",
    chart_caption: "시간별·도메인별 이벤트 수",
    col_total: "합계",
    col_failures: "실패",
    top: "주요 행위",
    top_caption: "조회 기간에 가장 많이 발생한 행위",
    others: "기타",
    col_count: "건수",
    col_share: "비율",
    failures: "실패",
    failures_caption: "조회 기간의 실패한 행위",
    no_failures: "이 기간에 실패가 없습니다.",
    newest: "최신 이벤트",
    newest_caption: "가장 최근에 저장된 이벤트",
    all: "검색에서 모두 보기",
    nothing: "아직 없음",
    lag: "지연",
    lag_hint: |count| {
        format!(
            "최신 이벤트 {}건의 발생 시각(발행 서비스 기준)부터 기록 시각(데이터베이스 기준)까지의 시간(초)입니다.",
            grouped(count)
        )
    },
    lag_caption: "도메인별 지연 시간(초)",
    col_median: "중앙값",
    col_max: "최댓값",
};
