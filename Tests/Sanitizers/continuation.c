// Tells the thread sanitizer what orders memory where a task goes on that waited for a continuation.
//
// The concurrency library tells it when a task is resumed by way of its executor. A task whose continuation is resumed
// before it waits goes on at once, and the sanitizer does not learn of it. So the resuming thread releases the task,
// and the task acquires itself when it first gives memory back, which is before it looks at what it was resumed with.
#define _GNU_SOURCE
#include <dlfcn.h>

// Missing in the programs that are not instrumented.
__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))

// Missing in the programs that do not use the concurrency library.
SWIFT __attribute__((weak)) void *swift_task_getCurrent(void);

// What the library itself has under a name; the address is looked up once for each function.
#define NEXT(name) \
    ({ \
        static void *_Atomic address; \
        void *known = address; \
        if (!known) address = known = dlsym(RTLD_NEXT, name); \
        known; \
    })

SWIFT void swift_continuation_resume(void *task) {
    if (__tsan_release) __tsan_release(task);
    ((SWIFT void (*)(void *))NEXT("swift_continuation_resume"))(task);
}

SWIFT void swift_continuation_throwingResume(void *task) {
    if (__tsan_release) __tsan_release(task);
    ((SWIFT void (*)(void *))NEXT("swift_continuation_throwingResume"))(task);
}

SWIFT void swift_continuation_throwingResumeWithError(void *task, void *error) {
    if (__tsan_release) __tsan_release(task);
    ((SWIFT void (*)(void *, void *))NEXT("swift_continuation_throwingResumeWithError"))(task, error);
}

SWIFT void swift_task_dealloc(void *memory) {
    ((SWIFT void (*)(void *))NEXT("swift_task_dealloc"))(memory);
    void *task = swift_task_getCurrent ? swift_task_getCurrent() : 0;
    if (task && __tsan_acquire) __tsan_acquire(task);
}
