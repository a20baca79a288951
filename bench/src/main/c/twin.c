/* SPDX-License-Identifier: Apache-2.0 */
/* twin mmio|pread|ioctl COUNT: what the bench's loops do, in C. Prints nanoseconds a turn. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { SIZE = 4096 };

/* As vfio.core.Mapping: a word that says whether the memory may be touched, the bounds, the memory. */
struct mapping {
    int state;
    uint64_t size;
    char *memory;
};

static inline uint32_t read32(struct mapping *mapping, uint64_t offset) {
    if (offset > mapping->size - 4 || (offset & 3))
        abort();
    if (__atomic_load_n(&mapping->state, __ATOMIC_RELAXED))
        return ~0u;
    return *(volatile uint32_t *)(mapping->memory + offset);
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int count, char **words) {
    if (count != 3)
        return 2;
    long turns = atol(words[2]);
    int file = memfd_create("twin", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, SIZE))
        fail("memfd");
    char *memory = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    struct mapping *mapping = malloc(sizeof *mapping);
    *mapping = (struct mapping){0, SIZE, memory};
    __asm__ volatile("" : "+r"(mapping)); /* nothing is known of what is in it */
    uint32_t at = 0;
    for (uint32_t i = 0; i < SIZE; i += 4) /* each place holds the next one's, in steps that touch all of them */
        *(uint32_t *)(memory + i) = (i + 4 * 251) % SIZE;
    double begin = now();
    if (!strcmp(words[1], "mmio")) {
        for (long i = 0; i < turns; i++)
            at = read32(mapping, at);
    } else if (!strcmp(words[1], "pread")) {
        for (long i = 0; i < turns; i++)
            if (pread(file, &at, 4, i & (SIZE - 4)) != 4)
                fail("pread");
    } else if (!strcmp(words[1], "ioctl")) {
        for (long i = 0; i < turns; i++)
            if (ioctl(file, FIONBIO, &(int){0}))
                fail("ioctl");
    } else {
        return 2;
    }
    double end = now();
    fprintf(stderr, "%x\n", at); /* so that the chain is not left out */
    printf("%.3f\n", (end - begin) / turns);
    return 0;
}
