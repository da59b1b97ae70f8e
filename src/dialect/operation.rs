//! What an endpoint takes and answers, in the words of OpenAPI 3.1 (<https://spec.openapis.org/oas/v3.1.1>), from which
//! `/openapi.json` is put together.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

/// One method of one path.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Its name in generated clients; no other operation has it.
    pub id: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Whether a caller must say who it is, in the dialect's own way.
    pub signed_in: bool,
    /// What its query and headers may hold.
    pub parameters: Vec<Parameter>,
    /// What its body must be, as a JSON Schema; none where it needs no body.
    pub body: Option<Value>,
    /// Everything it answers.
    pub answers: Vec<Answer>,
}

/// A parameter of a query, or a header.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// `query` or `header`.
    pub place: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// Its name.
    pub name: &'static str,
    /// What it does.
    pub description: &'static str,
    /// The values it takes, as a JSON Schema.
    pub schema: Value,
}

/// An answer of one status.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    description: &'static str,
    content: Option<(&'static str, Value)>,
    headers: Vec<(&'static str, &'static str)>,
}

impl Answer {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16, description: &'static str) -> Self {
        Self { status, description, content: None, headers: Vec::new() }
    }

    /// An answer whose body is `T` as JSON.
    #[must_use]
    pub fn json<T: JsonSchema>(status: u16, description: &'static str, schemas: &mut SchemaGenerator) -> Self {
        let schema = schemas.subschema_for::<T>().to_value();
        Self { content: Some(("application/json", schema)), ..Self::empty(status, description) }
    }

    /// An answer whose body is text of this media type.
    #[must_use]
    pub fn text(status: u16, description: &'static str, media_type: &'static str) -> Self {
        Self { content: Some((media_type, json!({ "type": "string" }))), ..Self::empty(status, description) }
    }

    /// The same with a header, which is always there.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, description: &'static str) -> Self {
        self.headers.push((name, description));
        self
    }

    fn described(&self) -> Value {
        let mut answer = Map::from_iter([("description".to_owned(), json!(self.description))]);
        if let Some((media_type, schema)) = &self.content {
            answer.insert("content".to_owned(), json!({ *media_type: { "schema": schema } }));
        }
        if !self.headers.is_empty() {
            let header = |(name, description): &(&str, &str)| {
                (
                    (*name).to_owned(),
                    json!({ "description": description, "required": true, "schema": { "type": "string" } }),
                )
            };
            answer.insert("headers".to_owned(), self.headers.iter().map(header).collect());
        }
        answer.into()
    }
}

impl Operation {
    /// The operation object. `tag` groups it, and names how its callers say who they are.
    #[must_use]
    pub fn described(&self, tag: &str) -> Value {
        let parameter = |parameter: &Parameter| {
            json!({
                "name": parameter.name,
                "in": parameter.place,
                "required": parameter.required,
                "description": parameter.description,
                "schema": parameter.schema,
            })
        };
        let answer = |answer: &Answer| (answer.status.to_string(), answer.described());
        let mut operation = json!({
            "operationId": self.id,
            "summary": self.summary,
            "tags": [tag],
            "responses": self.answers.iter().map(answer).collect::<Map<_, _>>(),
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.iter().map(parameter).collect();
        }
        if let Some(schema) = &self.body {
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
        }
        if self.signed_in {
            operation["security"] = json!([{ tag: [] }]);
        }
        operation
    }
}
