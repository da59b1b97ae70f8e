//! An acknowledged write has reached the disk.

use crate::support::killer::compile;
use crate::support::{Inventory, Server, linekeeper};

/// Writes down the file behind each fsync and fdatasync of a process that it is preloaded into, and each write to stdout.
const WITNESS: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int witness(const char *name, int fd) {
    char link[64], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    int log = open(getenv("WITNESS_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (length > 0 && log >= 0) {
        target[length] = '\n';
        if (write(log, target, length + 1) < 0) abort();
    }
    if (log >= 0) close(log);
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    if (fd == 1) {
        int log = open(getenv("WITNESS_LOG"), O_WRONLY | O_CREAT | O_APPEND, 0600);
        if (log >= 0) { real(log, "stdout\n", 7); close(log); }
    }
    return real(fd, bytes, length);
}

int fsync(int fd) { return witness("fsync", fd); }
int fdatasync(int fd) { return witness("fdatasync", fd); }
"#;

#[test]
fn every_acknowledged_write_is_synced_before_it_is_acknowledged() {
    let inventory = Inventory::empty();
    let scratch = tempfile::tempdir().unwrap();
    let (witness, log) = (compile(scratch.path(), WITNESS), scratch.path().join("log"));
    // While a server has the database open, a command's exit does not checkpoint it: what is synced, its commit synced.
    let _server = Server::start(&inventory.path());
    // The first write of a journal syncs its header too, whatever the settings.
    inventory.write(|change| crate::support::add_agency(change, 1, "First"));
    for write in 0..5 {
        std::fs::write(&log, "").unwrap();
        let mut command = linekeeper();
        command.args(["agency", "create", "--name", &format!("Agency {write}"), "--data-dir"]).arg(inventory.path());
        command.env("LD_PRELOAD", &witness).env("WITNESS_LOG", &log);
        assert!(command.output().unwrap().status.success());
        let synced = std::fs::read_to_string(&log).unwrap();
        let names = synced.lines().filter_map(|file| file.rsplit('/').next());
        // SQLite also syncs the directory when it has made a file in it.
        let happened: Vec<&str> = names.filter(|name| *name != "data").collect();
        assert_eq!(happened, ["linekeeper.db-wal", "stdout"], "write {write}: synced, then acknowledged");
    }
    // The same count for a command that only reads shows that the witness sees commits and nothing else.
    std::fs::write(&log, "").unwrap();
    let mut command = linekeeper();
    command.args(["agency", "list", "--data-dir"]).arg(inventory.path());
    command.env("LD_PRELOAD", &witness).env("WITNESS_LOG", &log);
    assert_eq!(String::from_utf8(command.output().unwrap().stdout).unwrap().lines().count(), 6);
    assert!(!std::fs::read_to_string(&log).unwrap().contains("wal"));
}

#[test]
fn a_deed_that_fails_leaves_nothing_behind() {
    use linekeeper::model::{Error, Noun};
    let inventory = Inventory::empty();
    let failed: Result<(), Error> = inventory.store.write(|change| {
        crate::support::add_agency(change, 1, "Half done")?;
        assert_eq!(change.agencies()?.len(), 1, "a change sees what it has written");
        Err(Error::NotFound(Noun::Agent))
    });
    assert!(failed.is_err());
    assert_eq!(inventory.store.read(|snapshot| snapshot.agencies()).unwrap(), []);
}
