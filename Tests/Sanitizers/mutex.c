// Tells the thread sanitizer what orders memory in Swift's `Mutex` on Linux, which it cannot see by itself.
//
// A lock that nobody waits for is taken and given back by atomic operations in instrumented code. One that somebody
// waits for is taken and given back inside libswiftSynchronization, which is not instrumented: by spinning, then by the
// kernel. These functions stand before that library's own, call them, and do nothing else.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

// Missing in the programs that are not instrumented.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *mutex
#define HANDLE "$s15Synchronization12_MutexHandleV"
#define NAMED(name) __asm__(HANDLE name)

// What the library itself has under a name; the address is looked up once for each function.
#define NEXT(name) \
    ({ \
        static void *_Atomic address; \
        void *known = address; \
        if (!known) address = known = dlsym(RTLD_NEXT, HANDLE name); \
        known; \
    })

// _lockSlow(_: UInt32), from Swift 6.2 on.
SWIFT void lock_slow(uint32_t thread, SELF) NAMED("9_lockSlowyys6UInt32VF");
SWIFT void lock_slow(uint32_t thread, SELF) {
    ((SWIFT void (*)(uint32_t, SELF))NEXT("9_lockSlowyys6UInt32VF"))(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

// _lockSlow(), before.
SWIFT void lock_slow_before(SELF) NAMED("9_lockSlowyyF");
SWIFT void lock_slow_before(SELF) {
    ((SWIFT void (*)(SELF))NEXT("9_lockSlowyyF"))(mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

// _tryLockSlow() -> Bool
SWIFT bool try_lock_slow(SELF) NAMED("12_tryLockSlowSbyF");
SWIFT bool try_lock_slow(SELF) {
    bool is_locked = ((SWIFT bool (*)(SELF))NEXT("12_tryLockSlowSbyF"))(mutex);
    if (is_locked && __tsan_acquire) __tsan_acquire(mutex);
    return is_locked;
}

// _unlockSlow()
SWIFT void unlock_slow(SELF) NAMED("11_unlockSlowyyF");
SWIFT void unlock_slow(SELF) {
    if (__tsan_release) __tsan_release(mutex);
    ((SWIFT void (*)(SELF))NEXT("11_unlockSlowyyF"))(mutex);
}
