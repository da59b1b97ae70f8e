//! The operation, described.

use schemars::SchemaGenerator;
use serde_json::{Value, json};

use super::error::ErrorBody;
use super::query;
use super::wire::Listed;
use crate::dialect::operation::{Answer, Operation};

/// How a caller says who it is.
pub fn way_in() -> Value {
    json!({ "type": "http", "scheme": "bearer", "description": "An API key of a company, or a partner's (ATS) key." })
}

/// `GET /phone-numbers`
pub fn list(schemas: &mut SchemaGenerator) -> Operation {
    let shown = Answer::json::<Listed<'_>>(200, "A page of the company's active numbers, newest first", schemas);
    let shown = shown.with_example(json!({
        "data": [{
            "id": "123e4567-e89b-12d3-a456-426614174000",
            "number": "+14155552671",
            "companyId": "123e4567-e89b-12d3-a456-426614174001",
            "capabilities": "OUTBOUND",
            "custom": false,
            "provider": "TWILIO",
            "status": "AVAILABLE",
            "numberType": "LOCAL",
            "createdAt": "2025-01-15T10:30:00.000Z",
            "updatedAt": "2025-06-01T08:00:00.000Z",
            "location": "New York, US",
        }],
        "total": 1,
        "page": 1,
        "limit": 20,
        "totalPages": 1,
    }));
    let bad = (400, "A parameter is malformed or out of range, or a partner's key names no company");
    let summary = "List the active phone numbers of a company";
    Operation::behind_key::<ErrorBody<'_>>("instaviewListPhoneNumbers", summary, shown, &[bad], schemas)
        .with(query::parameters())
}
