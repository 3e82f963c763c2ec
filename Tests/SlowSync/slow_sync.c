// A slow disk. These functions stand before the C library's own, for SQLite and whatever else is in the program.
#define _GNU_SOURCE
#include "slow_sync.h"

#ifdef __linux__
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_uint delay;

void set_sync_delay(unsigned milliseconds) { atomic_store(&delay, milliseconds); }

static void wait_for_disk(void) {
    unsigned milliseconds = atomic_load(&delay);
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    if (milliseconds) nanosleep(&time, 0);
}

int fsync(int file) {
    wait_for_disk();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    wait_for_disk();
    return (int)syscall(SYS_fdatasync, file);
}
#else
void set_sync_delay(unsigned milliseconds) { (void)milliseconds; }
#endif
