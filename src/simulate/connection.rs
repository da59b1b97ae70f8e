//! A request's connection, to be closed without an answer.

use std::any::Any;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;

use actix_web::HttpRequest;
use actix_web::dev::Extensions;
use actix_web::rt::net;

/// A hold on the connection, beside the server's own.
struct Connection(TcpStream);

/// Keeps a hold on a connection that was opened.
pub fn keep(opened: &dyn Any, extensions: &mut Extensions) {
    let held = opened.downcast_ref::<net::TcpStream>().and_then(|stream| stream.as_fd().try_clone_to_owned().ok());
    if let Some(held) = held {
        extensions.insert(Connection(held.into()));
    }
}

/// Closes a request's connection. Whatever is answered then, the client reads its end.
pub fn close(request: &HttpRequest) {
    if let Some(Connection(stream)) = request.conn_data() {
        // It fails where the client has closed it before.
        let _ = stream.shutdown(Shutdown::Both);
    }
}
