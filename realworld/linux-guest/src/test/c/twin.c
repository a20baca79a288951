/* SPDX-License-Identifier: Apache-2.0 */
/* twin GROUP FUNCTION TURNS SIGNALS: an edu device by BAR 0, its region and mapped, by an ioctl, and by MSI to a thread in
 * epoll_wait, all in C. Prints a name and nanoseconds a line; of the signals the median. */
#include <fcntl.h>
#include <linux/vfio.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static int epoll, event;
static volatile double came;
static sem_t heard;

static int checked(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
    return result;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

static void *listen_for(void *unused) {
    struct epoll_event ready[64];
    uint64_t count;
    for (;;)
        if (epoll_wait(epoll, ready, 64, -1) > 0 && read(event, &count, 8) == 8) {
            came = now();
            sem_post(&heard);
        }
    return unused;
}

static int opened(const char *group_name, const char *function) {
    char path[64];
    snprintf(path, sizeof path, "/dev/vfio/%s", group_name);
    int container = checked(open("/dev/vfio/vfio", O_RDWR), "container");
    int group = checked(open(path, O_RDWR), path);
    checked(ioctl(group, VFIO_GROUP_SET_CONTAINER, &container), "set container");
    checked(ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "set IOMMU");
    return checked(ioctl(group, VFIO_GROUP_GET_DEVICE_FD, function), function);
}

static void wire(int device) {
    struct { struct vfio_irq_set set; int fd; } irqs = {
        {sizeof irqs, VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER, VFIO_PCI_MSI_IRQ_INDEX, 0, 1}, 0};
    epoll = checked(epoll_create1(0), "epoll");
    event = checked(eventfd(0, EFD_NONBLOCK), "eventfd");
    checked(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &(struct epoll_event){.events = EPOLLIN}), "epoll_ctl");
    irqs.fd = event;
    checked(ioctl(device, VFIO_DEVICE_SET_IRQS, &irqs), "set irqs");
    sem_init(&heard, 0, 0);
    pthread_t thread;
    checked(-pthread_create(&thread, 0, listen_for, 0), "thread");
}

static int order(const void *a, const void *b) {
    double x = *(double *)a, y = *(double *)b;
    return x < y ? -1 : x > y;
}

static double signals(volatile uint32_t *bar, int count) {
    double *took = calloc(count, sizeof *took);
    for (int i = 0; i < count; i++) {
        double begin = now();
        bar[0x60 / 4] = 1;
        sem_wait(&heard);
        took[i] = came - begin;
        bar[0x64 / 4] = 1;
    }
    qsort(took, count, sizeof *took, order);
    return took[count / 2];
}

int main(int count, char **words) {
    if (count != 5)
        return 2;
    int device = opened(words[1], words[2]), turns = atoi(words[3]);
    struct vfio_region_info region = {.argsz = sizeof region};
    struct vfio_region_info config = {.argsz = sizeof config, .index = VFIO_PCI_CONFIG_REGION_INDEX};
    checked(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &region), "region info");
    checked(ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config), "region info");
    uint16_t command = 6;
    checked(pwrite(device, &command, 2, config.offset + 4), "command");
    volatile uint32_t *bar = mmap(0, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, region.offset);
    uint32_t value = 0;
    double begin = now();
    for (int i = 0; i < turns; i++)
        checked(pread(device, &value, 4, region.offset), "pread");
    printf("region.read32 %.0f\n", (now() - begin) / turns);
    begin = now();
    for (int i = 0; i < turns; i++)
        value += bar[0];
    printf("mapped.read32 %.0f\n", (now() - begin) / turns);
    struct vfio_irq_info info = {.argsz = sizeof info, .index = VFIO_PCI_MSI_IRQ_INDEX};
    begin = now();
    for (int i = 0; i < turns; i++)
        checked(ioctl(device, VFIO_DEVICE_GET_IRQ_INFO, &info), "irq info");
    printf("ioctl %.0f\n", (now() - begin) / turns);
    wire(device);
    printf("callback %.0f\n", signals(bar, atoi(words[4])));
    return 0;
}
