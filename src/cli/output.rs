//! What commands say: results on stdout, trouble on stderr.

use std::fmt::Display;
use std::io::{ErrorKind, Write, stderr, stdout};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Prints one line of a result. A reader that has gone away is no trouble; a disk that is full is.
pub fn line(text: impl Display) {
    let written = writeln!(stdout(), "{text}").and_then(|()| stdout().flush());
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        complain(format_args!("the result could not be written: {error}"));
        std::process::exit(1);
    }
}

/// Prints a row of a list: its fields between tabs. A tab inside a field would make two of it.
pub fn row<const N: usize>(fields: [&dyn Display; N]) {
    line(fields.map(|field| field.to_string().replace(['\t', '\n', '\r'], " ")).join("\t"));
}

/// Waits, and says whether there is still somebody to read what will be printed: whoever has nothing to print would else
/// wait for ever behind a pipe that is closed.
pub fn is_read_after(wait: Duration) -> bool {
    let (stdout, timeout) = (stdout(), Timespec::try_from(wait).ok());
    let mut watched = [PollFd::new(&stdout, PollFlags::empty())];
    if let Ok(gone) = poll(&mut watched, timeout.as_ref()) {
        return gone == 0;
    }
    std::thread::sleep(wait);
    true
}

/// Says something beside the result.
pub fn remark(text: impl Display) {
    let _ = writeln!(stderr(), "{text}");
}

/// Says why the command failed.
pub fn complain(text: impl Display) {
    remark(format_args!("linekeeper: {text}"));
}
