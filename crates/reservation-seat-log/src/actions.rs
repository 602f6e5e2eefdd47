/// The actions that are known. The list is open: events of others are stored as well, and counted.
pub const ACTIONS: &[&str] = &[
    "PREEMPT",
    "RESERVE",
    "CANCEL",
    // From older publishers.
    "좌석선점",
    "예약확정",
    "예약취소",
    "좌석삭제",
];
