/// Lengths of time.
#[derive(Debug)]
pub(crate) struct Units {
    pub(crate) days: fn(&str) -> String,
    pub(crate) hours: fn(&str) -> String,
    pub(crate) minutes: fn(&str) -> String,
    pub(crate) seconds: fn(&str) -> String,
    pub(crate) millis: fn(&str) -> String,
}

pub(super) const EN: Units = Units {
    days: |n| format!("{n} d"),
    hours: |n| format!("{n} h"),
    minutes: |n| format!("{n} min"),
    seconds: |n| format!("{n} s"),
    millis: |n| format!("{n} ms"),
};

pub(super) const KO: Units = Units {
    days: |n| format!("{n}일"),
    hours: |n| format!("{n}시간"),
    minutes: |n| format!("{n}분"),
    seconds: |n| format!("{n}초"),
    millis: |n| format!("{n}밀리초"),
};
