/*
 * floor PORT: the least that a fan-out over TCP can cost on this machine.
 *
 * One thread and one epoll. A GET subscribes its connection, a POST is an event that goes to every subscriber with one
 * send() each, already encoded. There are no tenants, no cursors and no bounds: nothing but what the kernel asks for
 * moving the bytes, so that a real server's figures can be read as a multiple of it.
 *
 * It trusts its client (fan.c): a request comes in one piece, several may come together, and none is larger than BUFFER.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 4096, BATCH = 256, BUFFER = 1 << 16, MOST = 1 << 16 };

static const char HELLO[] = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n5\r\n: hi\n\r\n";
static const char TAKEN[] = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";

/* The sockets of the subscribers, and where each of them stands in that list (-1: it does not). */
static int subscribers[MOST];
static int place[MOST];
static int count;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void subscribe(int fd) {
    place[fd] = count;
    subscribers[count++] = fd;
}

static void leave(int fd) {
    if (place[fd] >= 0) {
        int last = subscribers[--count];
        subscribers[place[fd]] = last;
        place[last] = place[fd];
        place[fd] = -1;
    }
    close(fd);
}

static void answer(int fd, const char *text) {
    if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 && errno != EAGAIN) perror("answer");
}

/* Sends one event as one chunk. A subscriber whose buffer is full misses it: the floor keeps nothing. */
static void publish(const char *body, int length) {
    static unsigned long number;
    static char frame[BUFFER + 64], chunk[BUFFER + 128];
    int framed = snprintf(frame, sizeof frame, "id: %lu\ndata: %.*s\n\n", ++number, length, body);
    int size = snprintf(chunk, sizeof chunk, "%x\r\n%s\r\n", framed, frame);
    for (int i = 0; i < count; i++) send(subscribers[i], chunk, size, MSG_NOSIGNAL);
}

/* Serves the requests that stand in `text`, one after another. */
static void serve(int fd, char *text) {
    for (char *head = text; *head;) {
        char *end = strstr(head, "\r\n\r\n");
        if (end == NULL) return;
        char *body = end + 4;
        if (strncmp(head, "GET ", 4) == 0) {
            answer(fd, HELLO);
            subscribe(fd);
            head = body;
            continue;
        }
        char *field = strcasestr(head, "\r\nContent-Length:");
        int length = field != NULL && field < body ? atoi(field + 17) : 0;
        publish(body, length);
        answer(fd, TAKEN);
        head = body + length;
    }
}

static void accept_from(int listener, int epoll) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0 || fd >= MOST) {
        if (fd >= 0) close(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    place[fd] = -1;
    struct epoll_event want = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want);
}

static int listen_on(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("bind");
    if (listen(fd, BACKLOG) < 0) fail("listen");
    return fd;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: floor PORT\n");
        return 2;
    }
    int listener = listen_on(atoi(argv[1])), epoll = epoll_create1(0);
    struct epoll_event want = {.events = EPOLLIN, .data.fd = listener}, ready[BATCH];
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &want);
    static char text[BUFFER];
    for (;;) {
        int n = epoll_wait(epoll, ready, BATCH, -1);
        for (int i = 0; i < n; i++) {
            int fd = ready[i].data.fd;
            if (fd == listener) {
                accept_from(listener, epoll);
                continue;
            }
            ssize_t size = read(fd, text, sizeof text - 1);
            if (size > 0) {
                text[size] = '\0';
                serve(fd, text);
            } else if (size == 0 || errno != EAGAIN) {
                leave(fd);
            }
        }
    }
}
