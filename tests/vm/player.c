/* Writes the self-locating signal to standard output for ever, for aplay: sample(channel, frame) is the 24-bit
   integer frame + 65537 * channel, channels counted from 0, in the top bits of an S32_LE sample.
   Usage: player CHANNELS */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define BLOCK 1024

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    uint32_t channels = atoi(argv[1]), frame = 1;
    uint32_t *block = malloc(4 * BLOCK * channels);
    do {
        uint32_t *sample = block;
        for (int i = 0; i < BLOCK; i++, frame++)
            for (uint32_t channel = 0; channel < channels; channel++) *sample++ = (frame + 65537 * channel) << 8;
    } while (fwrite(block, 4 * channels, BLOCK, stdout) == BLOCK);
    return 0;
}
