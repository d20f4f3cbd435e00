/* A wall clock that is stepped, and a machine that slept: preloaded into one process, it adds what the file
   TAKECHAIN_TEST_CLOCK holds (int64 of nanoseconds, read at every look) to the clocks that people set, and where there
   is a second one, that to the clock that counts sleep. With four, that clock also runs as many times faster as the
   third says from the moment on that the fourth says (0: it does not). The machine's own clocks stay as they are. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *step, *slept, *fast;

__attribute__((constructor)) static void open_step(void)
{
    const char *name = getenv("TAKECHAIN_TEST_CLOCK");
    int file = name ? open(name, O_RDONLY) : -1;
    if (file < 0)
        return;
    void *at = mmap(0, 4 * sizeof *step, PROT_READ, MAP_SHARED, file, 0);
    off_t size = lseek(file, 0, SEEK_END);
    close(file);
    if (at == MAP_FAILED)
        return;
    step = at;
    if (size >= (off_t)(2 * sizeof *step))
        slept = step + 1;
    if (size >= (off_t)(4 * sizeof *step))
        fast = step + 2;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);
    int64_t more = 0;
    if (step && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        more = *step + (slept ? *slept : 0);
    else if (slept && clock == CLOCK_BOOTTIME)
        more = *slept;
    if (fast && fast[1] && clock == CLOCK_BOOTTIME)
        more += (now->tv_sec * INT64_C(1000000000) + now->tv_nsec - fast[1]) * (fast[0] - 1);
    if (!failed && more) {
        int64_t at = now->tv_sec * INT64_C(1000000000) + now->tv_nsec + more;
        now->tv_sec = at / INT64_C(1000000000);
        now->tv_nsec = at % INT64_C(1000000000);
    }
    return failed;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec at;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &at);
    now->tv_sec = at.tv_sec;
    now->tv_usec = at.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *out)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    if (out)
        *out = at.tv_sec;
    return at.tv_sec;
}
