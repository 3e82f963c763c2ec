// Tells the thread sanitizer what orders memory in Swift's `Mutex` on Linux, which it cannot see by itself.
//
// A lock that nobody waits for is taken and given back by atomic operations in instrumented code. One that is waited for
// is handed over by the kernel (FUTEX_LOCK_PI, FUTEX_UNLOCK_PI), which libswiftSynchronization asks with `syscall`. This
// stands before the C library's function of that name and does nothing else.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>

// Missing in the programs that are not instrumented.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

typedef long (*system_call)(long, long, long, long, long, long, long);

long syscall(long number, ...) {
    static _Atomic(system_call) next;
    system_call real = next;
    if (!real) next = real = (system_call)dlsym(RTLD_NEXT, "syscall");

    long arguments[6];
    va_list list;
    va_start(list, number);
    for (int index = 0; index < 6; index++) arguments[index] = va_arg(list, long);
    va_end(list);

    int operation = number == SYS_futex ? (int)arguments[1] & FUTEX_CMD_MASK : -1;
    if (operation == FUTEX_UNLOCK_PI && __tsan_release) __tsan_release((void *)arguments[0]);
    long result = real(
        number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    if ((operation == FUTEX_LOCK_PI || operation == FUTEX_TRYLOCK_PI) && result == 0 && __tsan_acquire)
        __tsan_acquire((void *)arguments[0]);
    return result;
}
