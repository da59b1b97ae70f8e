//! The ceiling: the same bytes from memory, behind the dialect's own middleware and token check, and bare.

use std::path::Path;
use std::sync::OnceLock;

use actix_web::http::header::ContentType;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, rt, web};
use linekeeper::app::AppState;
use linekeeper::carrier::Carriers;
use linekeeper::cli::logging;
use linekeeper::clock::{Clock, Ids};
use linekeeper::config::{Config, Flags};
use linekeeper::dialect::{Dialect, Endpoint, supabase};
use linekeeper::http;
use linekeeper::store::{DataDir, Store};

const FUNCTIONS: &[Endpoint] =
    &[Endpoint::get("/functions/v1/ceiling", || web::to(answer), supabase::DIALECT.endpoints[0].operation)];
const DIALECTS: &[Dialect] = &[Dialect {
    endpoints: FUNCTIONS,
    mount: |state, config| supabase::behind_gateway(state, config, FUNCTIONS),
    ..supabase::DIALECT
}];

/// The bodies, each at the place that the query names.
static BODIES: OnceLock<Vec<web::Bytes>> = OnceLock::new();

async fn answer(request: HttpRequest) -> HttpResponse {
    let bodies = BODIES.get().map(Vec::as_slice).unwrap_or_default();
    let body = request.query_string().parse().ok().and_then(|place: usize| bodies.get(place));
    HttpResponse::Ok().content_type(ContentType::json()).body(body.cloned().unwrap_or_default())
}

/// Answers until it is killed.
pub fn serve(data_dir: &str, bodies: &Path) {
    let _ = BODIES.set(
        (0..).map_while(|place| std::fs::read(bodies.join(place.to_string())).ok()).map(web::Bytes::from).collect(),
    );
    let config = Config::load(&Flags::default(), std::env::vars_os()).expect("the settings are good");
    let store = Store::open(&DataDir::new(data_dir.into()), 2).expect("the store opens");
    logging::start(&config.log);
    http::record_metrics();
    let state = AppState::new(store, config, Carriers::default(), Clock::System, Ids::Fresh);
    rt::System::new().block_on(async {
        let behind = HttpServer::new(move || http::app(&state, DIALECTS)).workers(1).bind("127.0.0.1:0");
        let bare = HttpServer::new(|| App::new().route("/functions/v1/ceiling", web::get().to(answer)));
        let (behind, bare) = (behind.expect("a free port"), bare.workers(1).bind("127.0.0.1:0").expect("a free port"));
        for address in [behind.addrs(), bare.addrs()].concat() {
            println!("listening on http://{address}");
        }
        let (behind, bare) = (rt::spawn(behind.run()), rt::spawn(bare.run()));
        let _ = (behind.await, bare.await);
    });
}
