/// Signing in.
#[derive(Debug)]
pub(crate) struct SignIn {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) token: &'static str,
    pub(crate) token_hint: &'static str,
    pub(crate) submit: &'static str,
    pub(crate) recorded: &'static str,
    pub(crate) signed_out: &'static str,
}

pub(super) const EN: SignIn = SignIn {
    title: "Sign in",
    lead: "The audit log is for staff. Sign in with the access token that the operators gave you.",
    token: "Access token",
    token_hint: "It is kept in a cookie that scripts can’t read, for 8 hours at most.",
    submit: "Sign in",
    recorded: "Sign-ins and what you read are recorded.",
    signed_out: "You are signed out.",
};

pub(super) const KO: SignIn = SignIn {
    title: "로그인",
    lead: "감사 로그는 임직원 전용입니다. 운영 담당자에게 받은 접근 토큰으로 로그인해 주십시오.",
    token: "접근 토큰",
    token_hint: "스크립트가 읽을 수 없는 쿠키에 최대 8시간 동안 보관됩니다.",
    submit: "로그인",
    recorded: "로그인과 열람 내용은 기록됩니다.",
    signed_out: "로그아웃되었습니다.",
};
