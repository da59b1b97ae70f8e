//! Simulated carriers in a process of their own: servers that sell what the simulator has in stock, each in the shape of a
//! carrier's own API, and that do wrong what they are told to. They should listen on this machine only.

mod connection;
mod control;
mod endpoints;
mod faults;
mod messages;
mod segments;
mod telnyx;
mod twilio;
mod webhook;

use std::io;
use std::net::TcpListener;

use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::web::{Data, JsonConfig, ServiceConfig};
use actix_web::{App, HttpServer, rt, web};

use crate::carrier::simulator::Simulator;
use crate::dialect::resources;

pub use telnyx::{ApiKey, Messaging as TelnyxMessaging};
pub use twilio::{Account as TwilioAccount, twilio};

/// Its threads that answer requests.
const WORKERS: usize = 2;

/// The carrier of no shape of its own, which takes what [`crate::carrier::simulator::Remote`] sends. There is nothing to
/// sign in with.
///
/// # Errors
/// As of `serve`.
pub fn carrier(listener: TcpListener, simulator: Simulator, ready: &dyn Fn()) -> io::Result<()> {
    let shape = |config: &mut ServiceConfig| {
        config
            .app_data(JsonConfig::default().error_handler(endpoints::not_understood))
            .configure(|config| resources(config, endpoints::ENDPOINTS, "", endpoints::not_allowed))
            .default_service(web::to(|| async { endpoints::not_found() }));
    };
    serve(listener, simulator, shape, ready)
}

/// The carrier in the shape of Telnyx' API v2, which takes what the clients of `https://api.telnyx.com/v2` send, with this key.
///
/// # Errors
/// As of `serve`; what the file system says of the ledger.
pub fn telnyx(
    listener: TcpListener,
    simulator: Simulator,
    key: ApiKey,
    messaging: TelnyxMessaging,
    ready: &dyn Fn(),
) -> io::Result<()> {
    let shape = telnyx::shape(key, messaging, simulator.entries()?);
    serve(listener, simulator, shape, ready)
}

/// Answers until it is told to stop (SIGTERM or SIGINT), and then stops at once: what was answered is on the disk. `ready`
/// is called just before the first answer.
///
/// # Errors
/// What the system says.
fn serve(
    listener: TcpListener,
    simulator: Simulator,
    shape: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
    ready: &dyn Fn(),
) -> io::Result<()> {
    let simulator = Data::new(simulator);
    rt::System::new().block_on(async move {
        let app = move || {
            App::new()
                .app_data(Data::clone(&simulator))
                .configure(|config| resources(config, control::ENDPOINTS, "", endpoints::not_allowed))
                .configure(shape.clone())
        };
        let server = HttpServer::new(app)
            .workers(WORKERS)
            .on_connect(connection::keep)
            .disable_signals()
            .listen(listener)?
            .run();
        for kind in [SignalKind::terminate(), SignalKind::interrupt()] {
            let (mut told, handle) = (signal(kind)?, server.handle());
            rt::spawn(async move {
                told.recv().await;
                handle.stop(false).await;
            });
        }
        ready();
        server.await
    })
}
