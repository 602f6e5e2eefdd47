/// What the columns of the log are called.
#[derive(Debug)]
pub(crate) struct Columns {
    pub(crate) id: &'static str,
    pub(crate) seq: &'static str,
    pub(crate) domain: &'static str,
    pub(crate) time: &'static str,
    pub(crate) action: &'static str,
    pub(crate) actor: &'static str,
    pub(crate) actor_id: &'static str,
    pub(crate) actor_type: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) resource_id: &'static str,
    pub(crate) occurred_at: &'static str,
    pub(crate) recorded_at: &'static str,
    pub(crate) trace_id: &'static str,
    pub(crate) details: &'static str,
    pub(crate) open: &'static str,
    pub(crate) domain_type: &'static str,
    pub(crate) user_type: &'static str,
    pub(crate) method: &'static str,
    pub(crate) retry_count: &'static str,
    pub(crate) reservation_number: &'static str,
    pub(crate) seat_number: &'static str,
    pub(crate) receive_method: &'static str,
}

pub(super) const EN: Columns = Columns {
    id: "Event id",
    seq: "Stored as number",
    domain: "Domain",
    time: "Time",
    action: "Action",
    actor: "Actor",
    actor_id: "Actor id",
    actor_type: "Actor type",
    resource: "Resource",
    resource_id: "Resource id",
    occurred_at: "Occurred",
    recorded_at: "Recorded",
    trace_id: "Trace id",
    details: "Details",
    open: "Full event",
    domain_type: "Domain type",
    user_type: "User type",
    method: "Method",
    retry_count: "Retries",
    reservation_number: "Reservation number",
    seat_number: "Seat number",
    receive_method: "Receive method",
};

pub(super) const KO: Columns = Columns {
    id: "이벤트 ID",
    seq: "저장 순번",
    domain: "도메인",
    time: "시각",
    action: "행위",
    actor: "행위자",
    actor_id: "행위자 ID",
    actor_type: "행위자 유형",
    resource: "대상",
    resource_id: "대상 ID",
    occurred_at: "발생 시각",
    recorded_at: "기록 시각",
    trace_id: "추적 ID",
    details: "세부 정보",
    open: "전체 보기",
    domain_type: "공연장 구분",
    user_type: "사용자 유형",
    method: "결제 수단",
    retry_count: "재시도 횟수",
    reservation_number: "예매 번호",
    seat_number: "좌석 번호",
    receive_method: "수령 방법",
};

impl Columns {
    /// What a column is called that only some domains have; one that has no word here goes by its own name.
    pub(crate) fn own(&self, name: &'static str) -> &'static str {
        match name {
            "domain_type" => self.domain_type,
            "user_type" => self.user_type,
            "method" => self.method,
            "retry_count" => self.retry_count,
            "reservation_number" => self.reservation_number,
            "seat_number" => self.seat_number,
            "receive_method" => self.receive_method,
            other => other,
        }
    }
}
