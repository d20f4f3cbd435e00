/* A JACK client whose every sample says where it belongs.
 *
 * Output `ch` (from 0) carries, at its frame f, the 24-bit integer (f + 65537 * ch) mod 2^24, read as signed
 * and divided by 2^23: exact in float32. f counts the frames this client produced, so a jump in a recording
 * is a number of frames the recorder lost. PortAudio lists the client as an interface of that many inputs.
 *
 * usage: siggen CHANNELS NAME        prints "ready" when it runs; ends on SIGTERM
 */
#include <jack/jack.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIMIT 256

static jack_port_t *outputs[LIMIT];
static int channels;
static uint32_t produced;
static volatile sig_atomic_t ending;

static void end(int signal_number)
{
    (void)signal_number;
    ending = 1;
}

static int produce(jack_nframes_t frames, void *unused)
{
    (void)unused;
    for (int ch = 0; ch < channels; ch++) {
        float *out = jack_port_get_buffer(outputs[ch], frames);
        uint32_t first = produced + 65537u * (uint32_t)ch;
        for (jack_nframes_t i = 0; i < frames; i++) {
            int32_t value = (int32_t)((first + i) << 8) >> 8; /* sign-extend 24 bits */
            out[i] = (float)value / 8388608.0f;
        }
    }
    produced += frames;
    return 0;
}

int main(int count, char **words)
{
    if (count != 3 || (channels = atoi(words[1])) < 1 || channels > LIMIT)
        return 2;
    jack_client_t *client = jack_client_open(words[2], JackNoStartServer, NULL);
    if (!client)
        return 1;
    for (int ch = 0; ch < channels; ch++) {
        char name[16];
        snprintf(name, sizeof name, "out_%03d", ch + 1);
        outputs[ch] = jack_port_register(client, name, JACK_DEFAULT_AUDIO_TYPE, JackPortIsOutput, 0);
        if (!outputs[ch])
            return 1;
    }
    jack_set_process_callback(client, produce, NULL);
    signal(SIGTERM, end);
    if (jack_activate(client))
        return 1;
    puts("ready");
    fflush(stdout);
    while (!ending)
        usleep(20000);
    jack_client_close(client);
    return 0;
}
