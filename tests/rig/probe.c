/* A JACK client that reads one output of siggen and counts what the rig itself loses.

   usage: probe [PORT]          (default siggen:out_001)

   Prints "ready", then at the end "frames N lost N repeated N xruns N": frames seen, frames missing between
   callbacks, frames that came twice, and xruns of the server while it ran. */

#include <jack/jack.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static jack_port_t *port;
static volatile long frames, lost, repeated, xruns;
static uint32_t expected;
static int begun;
static volatile sig_atomic_t stopping;

static int process(jack_nframes_t count, void *nothing)
{
    (void)nothing;
    const float *in = jack_port_get_buffer(port, count);
    if (!begun && in[0] == 0.0f && in[count - 1] == 0.0f)
        return 0; /* not connected yet */
    uint32_t first = (uint32_t)(int32_t)(in[0] * 8388608.0f) & 0xffffff;
    if (begun) {
        int32_t jump = (int32_t)((first - expected) << 8) >> 8;
        if (jump > 0)
            lost += jump;
        else
            repeated -= jump;
    }
    begun = 1;
    expected = (first + count) & 0xffffff;
    frames += count;
    return 0;
}

static int on_xrun(void *nothing)
{
    (void)nothing;
    xruns++;
    return 0;
}

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

int main(int count, char **words)
{
    jack_client_t *client = jack_client_open("probe", JackNoStartServer, NULL);
    if (!client) {
        fprintf(stderr, "no JACK server\n");
        return 1;
    }
    port = jack_port_register(client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
    jack_set_process_callback(client, process, NULL);
    jack_set_xrun_callback(client, on_xrun, NULL);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    if (!port || jack_activate(client) || jack_connect(client, count > 1 ? words[1] : "siggen:out_001", "probe:in")) {
        fprintf(stderr, "the probe could not be connected\n");
        return 1;
    }
    printf("ready\n");
    fflush(stdout);
    while (!stopping)
        usleep(20000);
    printf("frames %ld lost %ld repeated %ld xruns %ld\n", frames, lost, repeated, xruns);
    jack_client_close(client);
    return 0;
}
