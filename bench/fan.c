/*
 * fan: a closed-loop client for fan-out servers. Many subscribers, one publisher, one event (or burst) at a time: the
 * next is published when the last subscriber has the one before. `fan --help` lists the options.
 *
 * It is one thread and one epoll and does next to nothing for each event, because it shares the machine with what it
 * measures. It looks for a mark, which every event must carry exactly once, and at nothing else; so it does not care
 * how a server frames its stream (chunked, ended by closing, what fields) as long as no frame is torn inside the mark
 * by the framing itself.
 *
 * What it prints is one line of NAME=VALUE pairs:
 *   clients          connections that subscribe
 *   connect_s        from the first connect() to the last subscriber's first byte; connections are made one by one
 *   user_kib         the server's own memory (RssAnon + RssShmem of all --pid) that each subscriber added
 *   idle_percent     with --hold: CPU of the server in percent of one core, while nothing is published
 *   deliveries       events that reached a subscriber
 *   bytes            bytes that a delivery has on the wire, HTTP's framing included, TCP's not
 *   cpu_us           the server's CPU for a delivery, in microseconds: all threads of all --pid, the publishing included
 *   mean_ms worst_ms from before an event is written to the server until the last subscriber has it
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 512, BUFFER = 1 << 20, MOST_PIDS = 64, MOST_BODIES = 8, PATIENCE_S = 20, SETTLE_MS = 300 };

static struct {
    int port, publish_port, clients, at_once, events, burst, size;
    double hold_s;
    const char *subscribe, *publish, *mark, *bodies[MOST_BODIES];
    char headers[8192];
    int pids[MOST_PIDS], pid_count, body_count;
} option = {.clients = 2000, .events = 200, .burst = 1, .size = 200, .subscribe = "/sub", .publish = "/pub", .mark = "QQ"};

/* A subscriber: its socket, and how much of a mark it had read when its last bytes ended. */
struct subscriber {
    int fd;
    size_t begun;
};

static struct subscriber *subscribers;
static int publisher = -1, epoll = -1;
static char buffer[BUFFER];
static long long bytes_read;

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "fan: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

/* ---- what the server uses ---- */

/* The CPU time of all its threads, in seconds, by the scheduler's own count of nanoseconds. */
static double cpu_s(void) {
    double sum = 0;
    for (int i = 0; i < option.pid_count; i++) {
        char path[300];
        snprintf(path, sizeof path, "/proc/%d/task", option.pids[i]);
        DIR *tasks = opendir(path);
        if (tasks == NULL) fail("there is no process %d", option.pids[i]);
        for (struct dirent *task; (task = readdir(tasks)) != NULL;) {
            if (task->d_name[0] == '.') continue;
            snprintf(path, sizeof path, "/proc/%d/task/%.20s/schedstat", option.pids[i], task->d_name);
            FILE *file = fopen(path, "r");
            unsigned long long nanoseconds;
            if (file == NULL) continue;
            if (fscanf(file, "%llu", &nanoseconds) == 1) sum += nanoseconds * 1e-9;
            fclose(file);
        }
        closedir(tasks);
    }
    return sum;
}

/* Memory of its own: what is not a file's. */
static long memory_kib(void) {
    long sum = 0;
    for (int i = 0; i < option.pid_count; i++) {
        char path[64], line[256];
        snprintf(path, sizeof path, "/proc/%d/status", option.pids[i]);
        FILE *file = fopen(path, "r");
        if (file == NULL) fail("there is no process %d", option.pids[i]);
        for (long kib; fgets(line, sizeof line, file) != NULL;) {
            if (sscanf(line, "RssAnon: %ld", &kib) == 1 || sscanf(line, "RssShmem: %ld", &kib) == 1) sum += kib;
        }
        fclose(file);
    }
    return sum;
}

/* ---- connections ---- */

static int connect_to(int port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0) fail("a socket: %s", strerror(errno));
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) fail("connect: %s", strerror(errno));
    return fd;
}

static void send_all(int fd, const char *text, size_t size) {
    for (size_t sent = 0; sent < size;) {
        ssize_t n = send(fd, text + sent, size - sent, MSG_NOSIGNAL);
        if (n < 0) fail("send: %s", strerror(errno));
        sent += n;
    }
}

static void listen_for(int fd, unsigned index) {
    struct epoll_event want = {.events = EPOLLIN, .data.u32 = index};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &want) < 0) fail("epoll: %s", strerror(errno));
}

static void open_publisher(void) {
    int on = 1;
    publisher = connect_to(option.publish_port);
    setsockopt(publisher, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(publisher, F_SETFL, O_NONBLOCK);
    listen_for(publisher, option.clients);
}

/* Connects subscribers, all or some at a time, and reads the beginning of their answers before the next. */
static double subscribe_all(void) {
    char request[2048];
    int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n\r\n",
                        option.subscribe, option.port);
    double start = now_s();
    int at_once = option.at_once > 0 ? option.at_once : option.clients;
    for (int first = 0; first < option.clients; first += at_once) {
        int end = option.clients - first < at_once ? option.clients : first + at_once;
        for (int i = first; i < end; i++) {
            subscribers[i].fd = connect_to(option.port);
            send_all(subscribers[i].fd, request, size);
        }
        for (int i = first; i < end; i++) {
            struct timeval patience = {.tv_sec = PATIENCE_S};
            setsockopt(subscribers[i].fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
            ssize_t n = read(subscribers[i].fd, buffer, sizeof buffer);
            if (n < 12 || strncmp(buffer, "HTTP/1.1 200", 12) != 0) {
                fail("subscriber %d got no stream: %.*s", i, (int)(n > 0 ? n : 0), buffer);
            }
        }
    }
    double taken = now_s() - start;
    for (int i = 0; i < option.clients; i++) {
        fcntl(subscribers[i].fd, F_SETFL, O_NONBLOCK);
        listen_for(subscribers[i].fd, i);
    }
    return taken;
}

/* ---- reading ---- */

/* How many marks end in these bytes; one that began in the bytes before counts. No two letters of a mark are the same
 * as its beginning unless all are (see check_mark), so a mismatch never hides another beginning. */
static long marks_in(struct subscriber *who, const char *text, size_t size) {
    size_t length = strlen(option.mark);
    long found = 0;
    const char *at = text, *end = text + size;
    while (who->begun > 0 && at < end) {
        if (*at != option.mark[who->begun]) {
            who->begun = 0;
            break;
        }
        at++;
        if (++who->begun == length) {
            found++;
            who->begun = 0;
        }
    }
    for (const char *hit; (hit = memmem(at, end - at, option.mark, length)) != NULL; at = hit + length) found++;
    for (size_t tail = length - 1; tail > 0; tail--) {
        if ((size_t)(end - at) >= tail && memcmp(end - tail, option.mark, tail) == 0) {
            who->begun = tail;
            break;
        }
    }
    return found;
}

static long read_subscriber(struct subscriber *who) {
    ssize_t n = read(who->fd, buffer, sizeof buffer);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n <= 0) fail("the server ended subscriber %d", (int)(who - subscribers));
    bytes_read += n;
    return marks_in(who, buffer, n);
}

/* Counts answers to the publisher; anything but a success ends the measurement. A server may close the connection
 * behind an answer; the next event opens another. */
static int read_publisher(void) {
    static char answers[1 << 16];
    ssize_t n = read(publisher, answers, sizeof answers - 1);
    if (n < 0 && errno == EAGAIN) return 0;
    if (n < 0) fail("the publisher's connection broke: %s", strerror(errno));
    if (n == 0) {
        close(publisher);
        publisher = -1;
    }
    answers[n] = '\0';
    int taken = 0;
    for (const char *at = answers; (at = strstr(at, "HTTP/1.1 ")) != NULL; at += 9) {
        if (at[9] != '2') fail("an event was refused: %s", at);
        taken++;
    }
    return taken;
}

/* Reads until so many marks and answers have come; gives the moment of the last mark. */
static double read_until(long marks, int answers) {
    struct epoll_event ready[BATCH];
    double last = 0;
    while (marks > 0 || answers > 0) {
        int n = epoll_wait(epoll, ready, BATCH, PATIENCE_S * 1000);
        if (n == 0) fail("nothing came for %d s; %ld deliveries and %d answers are missing", PATIENCE_S, marks, answers);
        if (answers > 0 && publisher < 0) fail("the server closed the publisher's connection without an answer");
        for (int i = 0; i < n; i++) {
            unsigned index = ready[i].data.u32;
            if (index == (unsigned)option.clients) {
                answers -= read_publisher();
            } else {
                marks -= read_subscriber(&subscribers[index]);
            }
        }
        if (marks <= 0 && last == 0) last = now_s();
    }
    return last;
}

/* Reads whatever comes, for so long. */
static void read_for(double seconds) {
    struct epoll_event ready[BATCH];
    for (double end = now_s() + seconds, left; (left = end - now_s()) > 0;) {
        int n = epoll_wait(epoll, ready, BATCH, (int)(left * 1000) + 1);
        for (int i = 0; i < n; i++) read_subscriber(&subscribers[ready[i].data.u32]);
    }
}

/* ---- the three measurements ---- */

static void measure_idle(void) {
    double before = cpu_s();
    read_for(option.hold_s);
    printf(" idle_percent=%.2f", (cpu_s() - before) / option.hold_s * 100);
}

static char requests[MOST_BODIES][1 << 17];
static size_t sizes[MOST_BODIES];

static void make_requests(void) {
    static char filler[1 << 16];
    if (option.body_count == 0) {
        memset(filler, 'x', option.size);
        memcpy(filler, option.mark, strlen(option.mark));
        option.bodies[option.body_count++] = filler;
    }
    const char *headers = *option.headers ? option.headers : "Content-Type: text/plain\r\n";
    for (int i = 0; i < option.body_count; i++) {
        int size = snprintf(requests[i], sizeof requests[i],
                            "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%sContent-Length: %zu\r\n\r\n%s", option.publish,
                            option.publish_port, headers, strlen(option.bodies[i]), option.bodies[i]);
        if (size >= (int)sizeof requests[i]) fail("the event is too large");
        sizes[i] = size;
    }
}

static void measure_fan_out(void) {
    make_requests();
    double sum = 0, worst = 0, before = cpu_s();
    int published = 0;
    bytes_read = 0;
    for (int event = 0; event < option.events; event += option.burst) {
        double start = now_s();
        if (publisher < 0) open_publisher();
        for (int i = 0; i < option.burst; i++, published++) {
            int turn = published % option.body_count;
            send_all(publisher, requests[turn], sizes[turn]);
        }
        double taken = read_until((long)option.clients * option.burst, option.burst) - start;
        sum += taken;
        if (taken > worst) worst = taken;
    }
    double cpu = cpu_s() - before;
    long rounds = (option.events + option.burst - 1) / option.burst;
    double deliveries = (double)rounds * option.burst * option.clients;
    printf(" deliveries=%.0f bytes=%.0f cpu_us=%.2f mean_ms=%.2f worst_ms=%.2f", deliveries, bytes_read / deliveries,
           cpu / deliveries * 1e6, sum / rounds * 1e3, worst * 1e3);
}

/* ---- the command line ---- */

static const char HELP[] =
    "fan --port PORT [OPTION..]\n"
    "  --subscribe PATH  where a GET opens a stream (/sub)\n"
    "  --publish PATH    where a POST is an event (/pub)\n"
    "  --publish-port P  the port that takes the POST (PORT)\n"
    "  --header LINE     a header of the POST; may be given several times (Content-Type: text/plain)\n"
    "  --body TEXT       the POST's body (the mark and --size letters); several are taken in turn\n"
    "  --size BYTES      size of that body when --body is not given (200)\n"
    "  --mark TEXT       what each event carries exactly once on the stream (QQ)\n"
    "  --clients N       subscribers (2000)\n"
    "  --at-once N       subscribers that connect before their answers are read (all)\n"
    "  --events N        events to publish (200); 0 publishes none\n"
    "  --burst N         events that are written at once (1)\n"
    "  --hold SECONDS    measures the server's idle CPU for so long before anything is published (0: not at all)\n"
    "  --pid PID         a process of the server; may be given several times\n";

/* Either all letters are one and the same, or the first of them does not come again. */
static void check_mark(void) {
    size_t length = strlen(option.mark);
    bool uniform = length > 0 && strspn(option.mark, (char[]){option.mark[0], '\0'}) == length;
    if (length == 0 || (!uniform && strchr(option.mark + 1, option.mark[0]) != NULL)) {
        fail("the first letter of a mark must not come again in it");
    }
}

static void add_header(const char *line) {
    size_t used = strlen(option.headers);
    if (snprintf(option.headers + used, sizeof option.headers - used, "%s\r\n", line) >= (int)(sizeof option.headers - used)) {
        fail("too many headers");
    }
}

static void read_options(int argc, char **argv) {
    static const struct option known[] = {
        {"port", required_argument, NULL, 'p'},    {"subscribe", required_argument, NULL, 's'},
        {"publish", required_argument, NULL, 'P'}, {"header", required_argument, NULL, 'H'},
        {"body", required_argument, NULL, 'b'},    {"size", required_argument, NULL, 'z'},
        {"mark", required_argument, NULL, 'm'},    {"clients", required_argument, NULL, 'n'},
        {"events", required_argument, NULL, 'e'},  {"burst", required_argument, NULL, 'B'},
        {"hold", required_argument, NULL, 'h'},    {"pid", required_argument, NULL, 'i'},
        {"publish-port", required_argument, NULL, 'q'}, {"at-once", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, '?'},
        {NULL, 0, NULL, 0},
    };
    for (int name; (name = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (name) {
        case 'p': option.port = atoi(optarg); break;
        case 'a': option.at_once = atoi(optarg); break;
        case 'q': option.publish_port = atoi(optarg); break;
        case 's': option.subscribe = optarg; break;
        case 'P': option.publish = optarg; break;
        case 'H': add_header(optarg); break;
        case 'b':
            if (option.body_count == MOST_BODIES) fail("too many bodies");
            option.bodies[option.body_count++] = optarg;
            break;
        case 'z': option.size = atoi(optarg); break;
        case 'm': option.mark = optarg; break;
        case 'n': option.clients = atoi(optarg); break;
        case 'e': option.events = atoi(optarg); break;
        case 'B': option.burst = atoi(optarg); break;
        case 'h': option.hold_s = atof(optarg); break;
        case 'i':
            if (option.pid_count == MOST_PIDS) fail("too many processes");
            option.pids[option.pid_count++] = atoi(optarg);
            break;
        default: fputs(HELP, stderr); exit(2);
        }
    }
    check_mark();
    if (option.publish_port == 0) option.publish_port = option.port;
    if (optind < argc || option.port <= 0 || option.clients <= 0 || option.burst <= 0 || option.events < 0 ||
        option.size < (int)strlen(option.mark) || option.size >= 1 << 16) {
        fputs(HELP, stderr);
        exit(2);
    }
}

int main(int argc, char **argv) {
    read_options(argc, argv);
    struct rlimit files = {0, 0};
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    subscribers = calloc(option.clients, sizeof *subscribers);
    epoll = epoll_create1(0);
    if (subscribers == NULL || epoll < 0) fail("no room");

    long before = memory_kib();
    double connected = subscribe_all();
    read_for(SETTLE_MS / 1e3);
    printf("clients=%d connect_s=%.2f user_kib=%.2f", option.clients, connected,
           (memory_kib() - before) / (double)option.clients);
    if (option.hold_s > 0) measure_idle();
    if (option.events > 0) measure_fan_out();
    printf("\n");
    return 0;
}
