/* The floor below every server: one send() of the same bytes to each of so many sockets, so many times a second.
 *
 *   send CLIENTS HZ BYTES    prints the port it listens on, serves that many, ends when one of them is gone
 *
 * Each frame is BYTES long and begins with its tick, 8 bytes, little-endian. No protocol, no input, no memory. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static int listen_on_loopback(int clients) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    if (listening < 0 || bind(listening, (struct sockaddr *)&at, sizeof at) || listen(listening, clients)) return -1;
    if (getsockname(listening, (struct sockaddr *)&at, &size)) return -1;
    printf("%d\n", ntohs(at.sin_port));
    fflush(stdout);
    return listening;
}

int main(int count, char **words) {
    if (count != 4) return 2;
    int clients = atoi(words[1]), hz = atoi(words[2]), bytes = atoi(words[3]), on = 1;
    if (clients < 1 || hz < 1 || bytes < 8) return 2;
    int listening = listen_on_loopback(clients), *sockets = calloc(clients, sizeof *sockets);
    char *frame = calloc(1, bytes);
    if (listening < 0 || !sockets || !frame) return 1;
    for (int i = 0; i < clients; i++) {
        if ((sockets[i] = accept(listening, 0, 0)) < 0) return 1;
        setsockopt(sockets[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (uint64_t tick = 1;; tick++) {
        memcpy(frame, &tick, sizeof tick);
        for (int i = 0; i < clients; i++)
            if (send(sockets[i], frame, bytes, MSG_NOSIGNAL) != bytes) return 0;
        next.tv_nsec += 1000000000 / hz;
        if (next.tv_nsec >= 1000000000) next.tv_sec++, next.tv_nsec -= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, 0);
    }
}
