/* A disk that fails at fsync: loaded into Postgres by tests alone. While FLAG.wal is there, what is
 * in pg_wal cannot be made safe; while FLAG.data is there, nothing else can. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int fails(int file)
{
    char link[64], path[PATH_MAX];
    int wal = access(FLAG ".wal", F_OK) == 0, data = access(FLAG ".data", F_OK) == 0;
    if (!wal && !data)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return 0;
    path[length] = 0;
    return strstr(path, "/pg_wal") ? wal : data;
}

static int made_safe(const char *name, int file)
{
    int (*as_ever)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
    if (fails(file)) {
        errno = EIO;
        return -1;
    }
    return as_ever(file);
}

int fsync(int file) { return made_safe("fsync", file); }
int fdatasync(int file) { return made_safe("fdatasync", file); }
