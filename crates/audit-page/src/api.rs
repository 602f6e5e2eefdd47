//! The API, to read: made from its `OpenAPI` document.

use audit_web::RequestError;
use axum::response::Response;
use maud::{Markup, Render, html};
use serde_json::Value as Json;

use crate::{
    components::{
        layout::{head, scroll},
        prose::with_code,
    },
    context::PageContext,
    nav_item::NavItem,
    page::Page,
    view::ViewContext,
};

pub(crate) fn show(context: &PageContext, openapi: &Json) -> Response {
    context.respond(page(context, openapi))
}

fn page(context: &PageContext, openapi: &Json) -> Result<Page, RequestError> {
    context.params.require_only(&["tz"])?;
    let texts = &context.view.texts.api;
    let link = html! { div.actions { a.btn href="/api/v1/openapi.json" { (texts.document) } } };
    let body = html! {
        (head(texts.title, Some(texts.lead), Some(link)))
        (api(openapi, context.view))
    };
    Ok(Page::new(texts.title, body).under(NavItem::Api))
}

/// The content of the document. It is in English, whatever the language of the page.
fn api(document: &Json, view: ViewContext) -> Markup {
    let texts = &view.texts.api;
    let operations = fields(&document["paths"])
        .flat_map(|(path, item)| fields(item).map(move |(method, operation)| (method, path, operation)));
    html! {
        section.panel aria-labelledby="operations" {
            div.bar { h2 #operations { (texts.operations) } }
            @for (method, path, it) in operations { (operation(view, method, path, it)) }
        }
        section.panel aria-labelledby="schemas" {
            div.bar { h2 #schemas { (texts.schemas) } }
            @for (name, it) in fields(&document["components"]["schemas"]) { (schema(view, name, it)) }
        }
    }
}

fn fields(object: &Json) -> impl Iterator<Item = (&str, &Json)> {
    object.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn items(list: &Json) -> impl Iterator<Item = &Json> {
    list.as_array().into_iter().flatten()
}

fn text<'d>(object: &'d Json, name: &str) -> &'d str {
    object[name].as_str().unwrap_or_default()
}

fn operation(view: ViewContext, method: &str, path: &str, it: &Json) -> Markup {
    let texts = &view.texts.api;
    let about = |part: &str| format!("{path}: {part}");
    html! {
        details.fold.operation {
            summary {
                code.method { (method.to_uppercase()) } " " code.path { (path) } " "
                span.muted lang="en" { (text(it, "summary")) }
            }
            div.inset {
                (prose(text(it, "description")))
                @if items(&it["parameters"]).next().is_some() {
                    h3 { (texts.parameters) }
                    (table(view, &about(texts.parameters), [texts.name, texts.kind, texts.meaning], html! {
                        @for parameter in items(&it["parameters"]) { (row(view, parameter)) }
                    }))
                }
                @if it["requestBody"].is_object() {
                    h3 { (texts.body) }
                    (prose(text(&it["requestBody"], "description")))
                    @for (media, content) in fields(&it["requestBody"]["content"]) {
                        p { code { (media) } " " (kind(&content["schema"])) }
                    }
                }
                h3 { (texts.responses) }
                (table(view, &about(texts.responses), [texts.status, texts.kind, texts.meaning], html! {
                    @for (status, response) in fields(&it["responses"]) {
                        tr {
                            th scope="row" { code { (status) } }
                            td {
                                @for (media, content) in fields(&response["content"]) {
                                    div { code { (media) } " " (kind(&content["schema"])) }
                                }
                            }
                            td { (prose(text(response, "description"))) }
                        }
                    }
                }))
            }
        }
    }
}

fn row(view: ViewContext, parameter: &Json) -> Markup {
    html! {
        tr {
            th scope="row" {
                code { (text(parameter, "name")) }
                @if parameter["required"] == true { " " span.muted { (view.texts.api.required) } }
            }
            td { (kind(&parameter["schema"])) }
            td { (prose(text(parameter, "description"))) }
        }
    }
}

fn schema(view: ViewContext, name: &str, it: &Json) -> Markup {
    let is_object = fields(&it["properties"]).next().is_some();
    html! {
        details.fold.operation id={ "schema-" (name) } {
            summary { code.path { (name) } }
            div.inset {
                (prose(text(it, "description")))
                @if is_object { (properties(view, name, it)) }
                @for part in items(&it["allOf"]).filter(|part| part["properties"].is_object()) {
                    (properties(view, name, part))
                }
                @if !is_object { p { (kind(it)) } }
            }
        }
    }
}

fn properties(view: ViewContext, name: &str, it: &Json) -> Markup {
    let texts = &view.texts.api;
    table(
        view,
        name,
        [texts.field, texts.kind, texts.meaning],
        html! {
            @for (name, field) in fields(&it["properties"]) {
                tr {
                    th scope="row" { code { (name) } }
                    td { (kind(field)) }
                    td { (prose(text(field, "description"))) }
                }
            }
        },
    )
}

fn table(view: ViewContext, name: &str, heads: [&str; 3], rows: impl Render) -> Markup {
    scroll(
        view,
        name,
        html! {
            table {
                caption.vh { (name) }
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        },
    )
}

/// A short form of a schema, with links to named ones.
fn kind(schema: &Json) -> Markup {
    if let Some(name) = schema["$ref"].as_str().and_then(|to| to.rsplit('/').next()) {
        return html! { a href={ "#schema-" (name) } { (name) } };
    }
    let any = ["oneOf", "anyOf", "allOf"].into_iter().find(|name| schema[name].is_array());
    if let Some(any) = any {
        let joint = if any == "allOf" { " & " } else { " | " };
        return html! {
            @for (at, part) in items(&schema[any]).enumerate() { @if at > 0 { (joint) } (kind(part)) }
        };
    }
    if schema["enum"].is_array() {
        return html! {
            @for (at, value) in items(&schema["enum"]).enumerate() { @if at > 0 { " | " } code { (plain(value)) } }
        };
    }
    let types: Vec<&str> = match &schema["type"] {
        Json::Array(types) => types.iter().filter_map(Json::as_str).collect(),
        other => other.as_str().into_iter().collect(),
    };
    html! {
        @for (at, name) in types.iter().enumerate() {
            @if at > 0 { " | " }
            (name)
            @if *name == "array" { " of " (kind(&schema["items"])) }
            @if *name == "object" && schema["additionalProperties"].is_object() {
                " of " (kind(&schema["additionalProperties"]))
            }
        }
        @if let Some(format) = schema["format"].as_str() { " (" (format) ")" }
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Paragraphs, with `code` between backticks.
fn prose(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
            p lang="en" { (with_code(paragraph)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_have_a_short_form() {
        for (schema, expected) in [
            (json!({"type": ["string", "null"], "format": "uuid"}), "string | null (uuid)"),
            (
                json!({"type": "array", "items": {"enum": ["a", "b"]}}),
                "array of <code>a</code> | <code>b</code>",
            ),
            (
                json!({"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/Via"}]}),
                "null | <a href=\"#schema-Via\">Via</a>",
            ),
            (json!({"type": "object", "additionalProperties": {"type": "integer"}}), "object of integer"),
            (json!({}), ""),
        ] {
            assert_eq!(kind(&schema).into_string(), expected);
        }
    }

    #[test]
    fn code_in_prose_stays_code() {
        let html = prose("Give `a<b`.\n\nThen more.").into_string();
        assert_eq!(html, "<p lang=\"en\">Give <code>a&lt;b</code>.</p><p lang=\"en\">Then more.</p>");
    }
}
