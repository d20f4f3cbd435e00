/* A JACK client whose outputs say, in every sample, which frame and which channel it is.

   usage: siggen CHANNELS [CLIENT_NAME]

   sample(channel, frame) = int24(frame + 65537 * channel) / 2^23, exact in float32. `frame` counts the frames
   that this client made, so a jump in a recording is what the recorder lost, and nothing else. Prints "ready"
   when its ports exist, and at the end "frames N xruns N". */

#include <jack/jack.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 256 };

static jack_port_t *port[MOST];
static int channels;
static atomic_ullong made, xruns;
static volatile sig_atomic_t stopping;

static int process(jack_nframes_t count, void *nothing)
{
    (void)nothing;
    uint32_t frame = (uint32_t)atomic_load(&made);
    for (int channel = 0; channel < channels; channel++) {
        float *out = jack_port_get_buffer(port[channel], count);
        uint32_t value = frame + 65537u * (uint32_t)channel;
        for (jack_nframes_t i = 0; i < count; i++, value++) {
            int32_t wrapped = (int32_t)(value << 8) >> 8;
            out[i] = (float)wrapped * (1.0f / 8388608.0f);
        }
    }
    atomic_fetch_add(&made, count);
    return 0;
}

static int on_xrun(void *nothing)
{
    (void)nothing;
    atomic_fetch_add(&xruns, 1);
    return 0;
}

static void on_signal(int number)
{
    (void)number;
    stopping = 1;
}

int main(int count, char **words)
{
    channels = count > 1 ? atoi(words[1]) : 0;
    if (channels < 1 || channels > MOST) {
        fprintf(stderr, "usage: siggen CHANNELS [CLIENT_NAME]\n");
        return 2;
    }
    jack_client_t *client = jack_client_open(count > 2 ? words[2] : "siggen", JackNoStartServer, NULL);
    if (!client) {
        fprintf(stderr, "no JACK server\n");
        return 1;
    }
    jack_set_process_callback(client, process, NULL);
    jack_set_xrun_callback(client, on_xrun, NULL);
    for (int channel = 0; channel < channels; channel++) {
        char name[16];
        snprintf(name, sizeof name, "out_%03d", channel + 1);
        port[channel] = jack_port_register(client, name, JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
        if (!port[channel]) {
            fprintf(stderr, "port %d was refused\n", channel + 1);
            return 1;
        }
    }
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    if (jack_activate(client))
        return 1;
    printf("ready\n");
    fflush(stdout);
    while (!stopping)
        usleep(20000);
    printf("frames %llu xruns %llu\n", atomic_load(&made), atomic_load(&xruns));
    jack_client_close(client);
    return 0;
}
