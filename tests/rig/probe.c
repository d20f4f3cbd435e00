/* What the rig itself lost: a minimal C client that reads the first output of siggen.
 *
 * usage: probe SOURCE                prints "ready" when it listens; on SIGTERM one JSON line:
 *                                    frames heard, frames missing between them, frames heard twice, server xruns
 */
#include <jack/jack.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

static jack_port_t *input;
static long heard, lost, twice, xruns;
static uint32_t expected;
static int running;
static volatile sig_atomic_t ending;

static void end(int signal_number)
{
    (void)signal_number;
    ending = 1;
}

static int count_xrun(void *unused)
{
    (void)unused;
    xruns++;
    return 0;
}

static int listen_to(jack_nframes_t frames, void *unused)
{
    (void)unused;
    const float *in = jack_port_get_buffer(input, frames);
    uint32_t first = (uint32_t)(int32_t)(in[0] * 8388608.0f) & 0xffffffu;
    if (!running && first == 0)
        return 0; /* not connected yet */
    if (running) {
        int32_t step = (int32_t)((first - expected) << 8) >> 8;
        if (step > 0)
            lost += step;
        else
            twice -= step;
    }
    running = 1;
    expected = first + frames;
    heard += frames;
    return 0;
}

int main(int count, char **words)
{
    if (count != 2)
        return 2;
    jack_client_t *client = jack_client_open("probe", JackNoStartServer, NULL);
    if (!client)
        return 1;
    input = jack_port_register(client, "in", JACK_DEFAULT_AUDIO_TYPE, JackPortIsInput, 0);
    jack_set_process_callback(client, listen_to, NULL);
    jack_set_xrun_callback(client, count_xrun, NULL);
    signal(SIGTERM, end);
    if (jack_activate(client) || jack_connect(client, words[1], jack_port_name(input)))
        return 1;
    puts("ready");
    fflush(stdout);
    while (!ending)
        usleep(20000);
    printf("{\"frames\":%ld,\"lost\":%ld,\"twice\":%ld,\"xruns\":%ld}\n", heard, lost, twice, xruns);
    jack_client_close(client);
    return 0;
}
