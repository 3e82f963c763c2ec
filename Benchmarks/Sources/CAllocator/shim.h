#pragma once
#include <stdlib.h>

#if defined(__GLIBC__)
#include <malloc.h>
#include <stdio.h>

// The state of all arenas as XML, which the caller frees; mallinfo2 reports only the first one.
static inline char *allocator_state(void) {
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    if (stream == NULL) return NULL;
    malloc_info(0, stream);
    fclose(stream);
    return text;
}

// Gives freed pages back to the system.
static inline void allocator_trim(void) { malloc_trim(0); }
#else
// Other allocators are not asked.
static inline char *allocator_state(void) { return NULL; }
static inline void allocator_trim(void) {}
#endif
