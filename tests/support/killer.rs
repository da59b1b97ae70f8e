//! A library to preload into a process, which kills it at one of its writes or syncs of the database.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Kills the process that it is preloaded into at one of its writes to the database, its journals included, or at one of
/// its syncs. `KILL_AT` says at which. Of a write, half still reaches the file; a sync is not done. With `KILL_AFTER` it
/// is done first, whole. `KILL_KIND` is `s` where only syncs count, and `f` where only the first write after each does.
/// With `KILL_FROM`, only what comes once that file is there counts. `KILL_LOG` is a file that
/// gets a `w` or an `s` for each that counts.
pub const KILLER: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long done;
static int begun, wrote;

static void note(const char *kind) {
    const char *path = getenv("KILL_LOG");
    int log = path ? open(path, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (log >= 0) {
        if (write(log, kind, 1) < 0) abort();
        close(log);
    }
}

static int is_last(int fd, const char *kind) {
    char link[64], target[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, target, sizeof target - 1);
    if (length < 0) return 0;
    target[length] = 0;
    if (!strstr(target, "linekeeper.db")) return 0;
    const char *from = getenv("KILL_FROM"), *at = getenv("KILL_AT");
    if (from && !begun) {
        if (access(from, F_OK)) return 0;
        begun = 1;
    }
    note(kind);
    if (*kind == 's') wrote = 0;
    else if (!wrote++) kind = "f";
    const char *only = getenv("KILL_KIND");
    if (only && *only != *kind) return 0;
    return __sync_add_and_fetch(&done, 1) == (at ? atol(at) : 0);
}

static void end(void) { kill(getpid(), SIGKILL); pause(); }

#define PWRITE(name) \
    ssize_t name(int fd, const void *bytes, size_t length, off_t at) { \
        ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, #name); \
        if (is_last(fd, "w")) { real(fd, bytes, getenv("KILL_AFTER") ? length : length / 2, at); end(); } \
        return real(fd, bytes, length, at); \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define SYNC(name) \
    int name(int fd) { \
        int (*real)(int) = dlsym(RTLD_NEXT, #name); \
        if (is_last(fd, "s")) { if (getenv("KILL_AFTER")) real(fd); end(); } \
        return real(fd); \
    }
SYNC(fsync)
SYNC(fdatasync)
"#;

/// Compiles a library to preload.
pub fn compile(directory: &Path, text: &str) -> PathBuf {
    let (source, library) = (directory.join("preloaded.c"), directory.join("preloaded.so"));
    std::fs::write(&source, text).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-o"]).args([&library, &source]).arg("-ldl").status();
    assert!(built.unwrap().success(), "a C compiler is needed, as it is for the build");
    library
}
