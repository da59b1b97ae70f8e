//! How the simulator's nouns are written as JSON, in its ledger and over HTTP.

use serde::{Deserialize, Serialize};

use crate::model;

/// Where calls and messages go; what is not set is not written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Route {
    #[serde(skip_serializing_if = "Option::is_none")]
    voice_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sms_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trunk_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sip_uri: Option<String>,
}

impl From<model::Route> for Route {
    fn from(route: model::Route) -> Self {
        let model::Route { voice_url, sms_url, application_id, trunk_id, connection_id, sip_uri } = route;
        Self { voice_url, sms_url, application_id, trunk_id, connection_id, sip_uri }
    }
}

impl From<Route> for model::Route {
    fn from(route: Route) -> Self {
        let Route { voice_url, sms_url, application_id, trunk_id, connection_id, sip_uri } = route;
        Self { voice_url, sms_url, application_id, trunk_id, connection_id, sip_uri }
    }
}
