// SPDX-License-Identifier: Apache-2.0
// kmodlookup FOLDER [PASSES]: asks libkmod for the modules of each key on stdin, over the indexes that depmod wrote to
// FOLDER and with no configuration. Prints a line of module names a key; with PASSES, nanoseconds a lookup instead:
// the mean over so many passes, after one that is not counted.
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void fail(const char *what, int error)
{
    fprintf(stderr, "kmodlookup: %s: %s\n", what, strerror(error < 0 ? -error : error));
    exit(1);
}

static char **readKeys(size_t *count)
{
    char **keys = NULL;
    char *line = NULL;
    size_t room = 0, size = 0;
    ssize_t length;
    *count = 0;
    while ((length = getline(&line, &size, stdin)) > 0) {
        if (line[length - 1] == '\n')
            line[length - 1] = 0;
        if (*count == room) {
            room = room ? room * 2 : 1024;
            keys = realloc(keys, room * sizeof *keys);
        }
        if (!keys || !(keys[(*count)++] = strdup(line)))
            fail("keys", 12);
    }
    free(line);
    return keys;
}

static struct kmod_list *lookup(struct kmod_ctx *context, const char *key)
{
    struct kmod_list *found = NULL;
    int error = kmod_module_new_from_lookup(context, key, &found);
    if (error < 0)
        fail(key, error);
    return found;
}

static void answer(struct kmod_ctx *context, const char *key)
{
    struct kmod_list *found = lookup(context, key), *each;
    kmod_list_foreach(each, found) {
        struct kmod_module *module = kmod_module_get_module(each);
        printf("%s ", kmod_module_get_name(module));
        kmod_module_unref(module);
    }
    putchar('\n');
    kmod_module_unref_list(found);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: kmodlookup FOLDER [PASSES] <keys\n");
        return 2;
    }
    const char *noConfiguration = NULL;
    struct kmod_ctx *context = kmod_new(argv[1], &noConfiguration);
    if (!context)
        fail(argv[1], 12);
    // Without this, libkmod opens and reads the index files again for every lookup.
    int error = kmod_load_resources(context);
    if (error < 0)
        fail(argv[1], error);
    size_t count;
    char **keys = readKeys(&count);
    int passes = argc > 2 ? atoi(argv[2]) : 0;
    double start = 0;
    for (int pass = 0; pass <= passes; pass++) {
        if (pass == 1)
            start = seconds();
        for (size_t i = 0; i < count; i++) {
            if (passes == 0)
                answer(context, keys[i]);
            else
                kmod_module_unref_list(lookup(context, keys[i]));
        }
    }
    if (passes > 0)
        printf("%.1f\n", (seconds() - start) * 1e9 / passes / count);
    kmod_unref(context);
    return 0;
}
