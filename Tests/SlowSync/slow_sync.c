// A slow disk. These functions stand before the C library's own, for SQLite and whatever else is in the program.
#define _GNU_SOURCE
#include "slow_sync.h"

#ifdef __linux__
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static atomic_uint sync_delay, read_delay, slowed_reads;

void set_sync_delay(unsigned milliseconds) { atomic_store(&sync_delay, milliseconds); }
void set_read_delay(unsigned milliseconds) { atomic_store(&read_delay, milliseconds); }
unsigned slow_reads(void) { return atomic_load(&slowed_reads); }

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t release = PTHREAD_COND_INITIALIZER;
static int are_syncs_held;
static unsigned held;

void set_syncs_held(int are_held) {
    pthread_mutex_lock(&lock);
    are_syncs_held = are_held;
    pthread_cond_broadcast(&release);
    pthread_mutex_unlock(&lock);
}

unsigned held_syncs(void) {
    pthread_mutex_lock(&lock);
    unsigned count = held;
    pthread_mutex_unlock(&lock);
    return count;
}

static void wait_for_release(void) {
    pthread_mutex_lock(&lock);
    held++;
    while (are_syncs_held) pthread_cond_wait(&release, &lock);
    held--;
    pthread_mutex_unlock(&lock);
}

static void wait_for_disk(atomic_uint *delay) {
    unsigned milliseconds = atomic_load(delay);
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};
    if (milliseconds) nanosleep(&time, 0);
}

int fsync(int file) {
    wait_for_disk(&sync_delay);
    wait_for_release();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    wait_for_disk(&sync_delay);
    wait_for_release();
    return (int)syscall(SYS_fdatasync, file);
}

#ifdef __LP64__
ssize_t pread(int file, void *bytes, size_t count, off_t offset) {
    if (atomic_load(&read_delay)) atomic_fetch_add(&slowed_reads, 1);
    wait_for_disk(&read_delay);
    return syscall(SYS_pread64, file, bytes, count, offset);
}

#ifdef __GLIBC__
// SQLite is built with the one or the other.
ssize_t pread64(int file, void *bytes, size_t count, off64_t offset) { return pread(file, bytes, count, offset); }
#endif
#endif
#else
void set_sync_delay(unsigned milliseconds) { (void)milliseconds; }
void set_read_delay(unsigned milliseconds) { (void)milliseconds; }
unsigned slow_reads(void) { return 0; }
void set_syncs_held(int are_held) { (void)are_held; }
unsigned held_syncs(void) { return 0; }
#endif
