// libcurl sets options through variadic functions, which Swift does not import.
// With one typed function per kind of argument the compiler checks them.
#ifndef KAFKA_TO_S3_CCURL_SHIM_H
#define KAFKA_TO_S3_CCURL_SHIM_H

#include <curl/curl.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <nss.h>
#endif

typedef size_t (*ccurl_data_callback)(char *data, size_t size, size_t count, void *context);

static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_size(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

static inline CURLcode ccurl_set_callback(CURL *easy, CURLoption option, ccurl_data_callback value) {
    return curl_easy_setopt(easy, option, value);
}

typedef CURLcode (*ccurl_tls_callback)(CURL *easy, void *context, void *data);

/// Has `prepare` called with each new TLS context, an `SSL_CTX`, and `data`, where libcurl does TLS with OpenSSL.
static inline CURLcode ccurl_prepare_tls(CURL *easy, ccurl_tls_callback prepare, void *data) {
    // Where libcurl was built with several TLS libraries, those not chosen are in brackets.
    const char *library = curl_version_info(CURLVERSION_NOW)->ssl_version;
    if (library == NULL || strncmp(library, "OpenSSL/", 8) != 0) return CURLE_NOT_BUILT_IN;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, data);
    return code == CURLE_OK ? curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, prepare) : code;
}

/// Closes a socket and discards what the kernel has not sent yet. Otherwise the kernel would continue to send a request
/// that was given up, after the function has reported its failure or when a frozen sandbox thaws, and S3 would carry it
/// out late. The reset also tells the peer not to wait for the rest. After a complete response nothing is left to send,
/// so its connection closes normally, except for TLS's close_notify, which libcurl has just written: `goodbye` points
/// at the size of that.
static inline int ccurl_close_socket(void *goodbye, curl_socket_t socket) {
    int queued = 0;
    if (ioctl(socket, TIOCOUTQ, &queued) == 0 && queued > *(const int *)goodbye) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    return close(socket);
}

/// Has connections that this request opens closed this way. Each keeps the settings that it was opened with.
static inline void ccurl_discard_unsent(CURL *easy, int is_secure) {
    // A close_notify of TLS 1.3; those of TLS 1.2 are longer, and their connections are reset.
    static const int none = 0, alert = 24;
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, ccurl_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, is_secure ? &alert : &none);
}

/// Whether the environment names a proxy that libcurl uses for http:// (https://curl.se/libcurl/c/libcurl-env.html).
static inline int ccurl_has_proxy_for_http(void) {
    return getenv("http_proxy") != NULL || getenv("all_proxy") != NULL || getenv("ALL_PROXY") != NULL;
}

/// How far a handle's request has come, in milliseconds of the monotonic clock; 0 for what has not happened yet.
typedef struct {
    /// When it began to connect; 0 again once it is connected.
    int64_t connecting;
    /// When the name had been looked up, or an open connection had been found.
    int64_t reaching;
} ccurl_progress;

static inline int64_t ccurl_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Opens the socket of a connection: the name has been looked up by now, and the rest is connecting.
static inline curl_socket_t ccurl_open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    ccurl_progress *progress = context;
    (void)purpose;
    if (progress->connecting == 0) progress->connecting = ccurl_now();
    if (progress->reaching == 0) progress->reaching = progress->connecting;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// The connection is established, TLS included, and the request is about to be sent.
static inline int ccurl_connected(
    void *context, char *remote_address, char *local_address, int remote_port, int local_port) {
    ccurl_progress *progress = context;
    (void)remote_address, (void)local_address, (void)remote_port, (void)local_port;
    progress->connecting = 0;
    if (progress->reaching == 0) progress->reaching = ccurl_now();
    return CURL_PREREQFUNC_OK;
}

/// Has `*progress` kept up to date.
static inline void ccurl_follow_progress(CURL *easy, ccurl_progress *progress) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, ccurl_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, progress);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, ccurl_connected);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, progress);
}

/// Has a statically linked glibc look names up in /etc/hosts and DNS only: it contains these two itself, while every
/// other source that nsswitch.conf may name is a module to load, of another glibc than ours.
static inline void ccurl_look_names_up_alone(void) {
#ifdef __GLIBC__
    // No interpreter, which is the dynamic linker: a static executable.
    if (getauxval(AT_BASE) == 0) __nss_configure_lookup("hosts", "files dns");
#endif
}

/// Whether this machine has an IPv6 address that is neither loopback nor link-local.
static inline int ccurl_has_ipv6(void) {
    struct ifaddrs *all, *each;
    if (getifaddrs(&all) != 0) return 1;
    int found = 0;
    for (each = all; each != NULL && !found; each = each->ifa_next) {
        if (each->ifa_addr == NULL || each->ifa_addr->sa_family != AF_INET6) continue;
        const struct in6_addr *address = &((const struct sockaddr_in6 *)each->ifa_addr)->sin6_addr;
        found = !IN6_IS_ADDR_LOOPBACK(address) && !IN6_IS_ADDR_LINKLOCAL(address);
    }
    freeifaddrs(all);
    return found;
}

static inline CURLcode ccurl_get_long(CURL *easy, CURLINFO info, long *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode ccurl_get_size(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// The transfer that `message` reports as done, or NULL where it reports something else.
static inline CURL *ccurl_finished(const CURLMsg *message, CURLcode *result) {
    if (message->msg != CURLMSG_DONE) return NULL;
    *result = message->data.result;
    return message->easy_handle;
}

#endif
