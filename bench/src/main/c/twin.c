/* SPDX-License-Identifier: Apache-2.0 */
/* twin mmio|pread|ioctl: what the bench's loops do, in C. For each number of turns read, tells the nanoseconds of CPU time. */
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

/* As vfio.core.device.Mapping: a word that says whether the memory may be touched, the bounds, the memory. */
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
    uint32_t value = *(volatile uint32_t *)(mapping->memory + offset);
    __asm__ volatile("" : : : "memory"); /* as the kernel's readl: what follows is not done before */
    return value;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* others on the machine count little so */
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static uint32_t mmio(struct mapping *mapping, int file, long turns) {
    uint32_t at = 0;
    (void)file;
    for (long i = 0; i < turns; i++)
        at = read32(mapping, at);
    return at;
}

static uint32_t reads(struct mapping *mapping, int file, long turns) {
    uint32_t word = 0;
    (void)mapping;
    for (long i = 0; i < turns; i++)
        if (pread(file, &word, 4, i & (SIZE - 4)) != 4)
            fail("pread");
    return word;
}

static uint32_t ioctls(struct mapping *mapping, int file, long turns) {
    (void)mapping;
    for (long i = 0; i < turns; i++)
        if (ioctl(file, FIONBIO, &(int){0}))
            fail("ioctl");
    return 0;
}

int main(int count, char **words) {
    if (count != 2)
        return 2;
    uint32_t (*loop)(struct mapping *, int, long) = !strcmp(words[1], "mmio") ? mmio
            : !strcmp(words[1], "pread") ? reads : !strcmp(words[1], "ioctl") ? ioctls : 0;
    if (!loop)
        return 2;
    int file = memfd_create("twin", MFD_CLOEXEC);
    if (file < 0 || ftruncate(file, SIZE))
        fail("memfd");
    char *memory = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (memory == MAP_FAILED)
        fail("mmap");
    struct mapping *mapping = malloc(sizeof *mapping);
    *mapping = (struct mapping){0, SIZE, memory};
    __asm__ volatile("" : "+r"(mapping)); /* nothing is known of what is in it */
    for (uint32_t i = 0; i < SIZE; i += 4) /* each place holds the next one's, in steps that touch all of them */
        *(uint32_t *)(memory + i) = (i + 4 * 251) % SIZE;
    for (long turns; scanf("%ld", &turns) == 1;) {
        double begin = now();
        uint32_t last = loop(mapping, file, turns);
        double end = now();
        __asm__ volatile("" : : "r"(last)); /* so that the chain is not left out */
        printf("%.0f\n", end - begin);
        fflush(stdout);
    }
    return 0;
}
