//! The simulated carrier in a process of its own: a server that sells what the simulator has in stock, and that does wrong
//! what it is told to. There is nothing to sign in with, so that it should listen on this machine only.

mod connection;
mod endpoints;

use std::io;
use std::net::TcpListener;

use actix_web::rt::signal::unix::{SignalKind, signal};
use actix_web::web::{Data, JsonConfig};
use actix_web::{App, HttpServer, rt, web};

use crate::carrier::simulator::Simulator;
use crate::dialect::resources;

/// Its threads that answer requests.
const WORKERS: usize = 2;

/// Answers until it is told to stop (SIGTERM or SIGINT), and then stops at once: what was answered is on the disk. `ready`
/// is called just before the first answer.
///
/// # Errors
/// What the system says.
pub fn carrier(listener: TcpListener, simulator: Simulator, ready: impl FnOnce()) -> io::Result<()> {
    let simulator = Data::new(simulator);
    rt::System::new().block_on(async move {
        let app = move || {
            App::new()
                .app_data(Data::clone(&simulator))
                .app_data(JsonConfig::default().error_handler(endpoints::not_understood))
                .configure(|config| resources(config, endpoints::ENDPOINTS, "", endpoints::not_allowed))
                .default_service(web::to(|| async { endpoints::not_found() }))
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
