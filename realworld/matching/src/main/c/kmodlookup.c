// SPDX-License-Identifier: Apache-2.0
// kmodlookup FOLDER [SECONDS]: asks libkmod for the modules of each key on stdin, over the indexes that depmod wrote to
// FOLDER and with no configuration. Prints a line of module names a key; with SECONDS, nanoseconds a lookup instead:
// the mean over whole passes that take at least so long, after one that is not counted.
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

static void answer(struct kmod_ctx *context, const char *key, int print)
{
    struct kmod_list *found = lookup(context, key), *each;
    kmod_list_foreach(each, found) {
        struct kmod_module *module = kmod_module_get_module(each);
        if (print)
            printf("%s ", kmod_module_get_name(module));
        kmod_module_unref(module);
    }
    if (print)
        putchar('\n');
    kmod_module_unref_list(found);
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static double measure(struct kmod_ctx *context, char **keys, size_t count, double least)
{
    double start = now(), taken = 0;
    size_t passes = 0;
    for (; passes == 0 || taken < least; passes++) {
        for (size_t i = 0; i < count; i++)
            kmod_module_unref_list(lookup(context, keys[i]));
        taken = now() - start;
    }
    return taken * 1e9 / passes / count;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: kmodlookup FOLDER [SECONDS] <keys\n");
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
    for (size_t i = 0; i < count; i++)
        answer(context, keys[i], argc == 2);
    if (argc > 2)
        printf("%.1f\n", measure(context, keys, count, atof(argv[2])));
    kmod_unref(context);
    return 0;
}
