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
    /// Whether the body may be left out, which changes nothing then.
    pub may_be_bodiless: bool,
    /// Everything it answers.
    pub answers: Vec<Answer>,
}

/// A parameter of a query, or a header.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// `query`, `header` or `path`.
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

/// A parameter of a query that need not be given.
#[must_use]
pub fn in_query(name: &'static str, description: &'static str, schema: Value) -> Parameter {
    Parameter { place: "query", required: false, name, description, schema }
}

/// A segment of a path.
#[must_use]
pub fn in_path(name: &'static str, description: &'static str, schema: Value) -> Parameter {
    Parameter { place: "path", required: true, name, description, schema }
}

/// The schema of a body that is read: what need not be given is not required, though an answer would always have it.
#[must_use]
pub fn taken<T: JsonSchema>(schemas: &mut SchemaGenerator) -> Value {
    let mut read = schemas.settings().clone().for_deserialize().into_generator();
    let schema = read.subschema_for::<T>().to_value();
    schemas.definitions_mut().extend(read.take_definitions(false));
    schema
}

/// The header by which a repeat is known.
#[must_use]
pub fn idempotency_key() -> Parameter {
    Parameter {
        place: "header",
        required: false,
        name: "Idempotency-Key",
        description: "By this word a repeat of the request is known for 30 days, and answered without being done again",
        schema: json!({ "type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$", "maxLength": 255 }),
    }
}

/// An answer of one status.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    description: &'static str,
    content: Option<(&'static str, Value)>,
    headers: Vec<(&'static str, &'static str)>,
    example: Option<Value>,
}

impl Answer {
    /// An answer without a body.
    #[must_use]
    pub fn empty(status: u16, description: &'static str) -> Self {
        Self { status, description, content: None, headers: Vec::new(), example: None }
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

    /// The same with an example of its body.
    #[must_use]
    pub fn with_example(mut self, example: Value) -> Self {
        self.example = Some(example);
        self
    }

    fn described(&self) -> Value {
        let mut answer = Map::from_iter([("description".to_owned(), json!(self.description))]);
        if let Some((media_type, schema)) = &self.content {
            let mut content = json!({ "schema": schema });
            if let Some(example) = &self.example {
                content["example"] = example.clone();
            }
            answer.insert("content".to_owned(), json!({ *media_type: content }));
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

/// What any operation behind an API key may answer beside what it does: `E` is the dialect's envelope.
fn failures<E: JsonSchema>(also: &[(u16, &'static str)], schemas: &mut SchemaGenerator) -> Vec<Answer> {
    let always = [
        (401, "The API key is missing, unknown, expired or revoked"),
        (403, "The API key does not allow this, or does not act for the agency that is named"),
        (408, "The request's body did not arrive within ten seconds"),
        (413, "The request's body is larger than 64 KiB"),
        (415, "The request's body is compressed"),
        (500, "It failed; the log says why"),
        (503, "The database is busy"),
    ];
    let own = |status| also.iter().any(|(other, _)| *other == status);
    let answers = always.into_iter().filter(|(status, _)| !own(*status)).chain(also.iter().copied());
    let mut answers: Vec<_> =
        answers.map(|(status, description)| Answer::json::<E>(status, description, schemas)).collect();
    let limited = Answer::json::<E>(429, "The API key has asked too often", schemas);
    answers.push(limited.with_header("retry-after", "In how many seconds it may ask again"));
    answers.sort_by_key(|answer| answer.status);
    answers
}

impl Operation {
    /// An operation behind an API key: what it answers when it is done, and its failures, in the envelope `E`.
    #[must_use]
    pub fn behind_key<E: JsonSchema>(
        id: &'static str,
        summary: &'static str,
        done: Answer,
        also: &[(u16, &'static str)],
        schemas: &mut SchemaGenerator,
    ) -> Self {
        let mut answers = vec![done];
        answers.extend(failures::<E>(also, schemas));
        Self { id, summary, signed_in: true, parameters: Vec::new(), body: None, may_be_bodiless: false, answers }
    }

    /// The same with parameters.
    #[must_use]
    pub fn with(self, parameters: Vec<Parameter>) -> Self {
        Self { parameters, ..self }
    }

    /// The same with a body, of which there is an example.
    #[must_use]
    pub fn taking<T: JsonSchema>(self, example: &Value, schemas: &mut SchemaGenerator) -> Self {
        let mut schema = taken::<T>(schemas);
        schema["examples"] = json!([example]);
        Self { body: Some(schema), ..self }
    }

    /// The same with a body that says what is to change: without one, nothing is.
    #[must_use]
    pub fn changing<T: JsonSchema>(self, example: &Value, schemas: &mut SchemaGenerator) -> Self {
        Self { may_be_bodiless: true, ..self.taking::<T>(example, schemas) }
    }

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
                json!({ "required": !self.may_be_bodiless, "content": { "application/json": { "schema": schema } } });
        }
        if self.signed_in {
            operation["security"] = json!([{ tag: [] }]);
        }
        operation
    }
}
