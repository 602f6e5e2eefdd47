/// The page about the API.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) document: &'static str,
    pub(crate) operations: &'static str,
    pub(crate) parameters: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) required: &'static str,
    pub(crate) body: &'static str,
    pub(crate) responses: &'static str,
    pub(crate) status: &'static str,
    pub(crate) schemas: &'static str,
    pub(crate) field: &'static str,
}

pub(super) const EN: Api = Api {
    title: "API",
    lead: "Everything that these pages show, for programs. They send a token as “Authorization: Bearer”.",
    document: "OpenAPI document",
    operations: "Operations",
    parameters: "Parameters",
    name: "Name",
    kind: "Type",
    meaning: "Meaning",
    required: "required",
    body: "Body",
    responses: "Responses",
    status: "Status",
    schemas: "Schemas",
    field: "Field",
};

pub(super) const KO: Api = Api {
    title: "API",
    lead: "이 화면의 모든 내용을 프로그램에서 조회할 수 있습니다. 토큰은 “Authorization: Bearer” 헤더로 보냅니다.",
    document: "OpenAPI 문서",
    operations: "요청",
    parameters: "매개변수",
    name: "이름",
    kind: "형식",
    meaning: "설명",
    required: "필수",
    body: "본문",
    responses: "응답",
    status: "상태",
    schemas: "스키마",
    field: "필드",
};
