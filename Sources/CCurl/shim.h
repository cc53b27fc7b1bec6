// libcurl sets options through variadic functions, which Swift does not import.
// One typed function for each kind of argument keeps the compiler's eye on them.
#ifndef KAFKA_TO_S3_CCURL_SHIM_H
#define KAFKA_TO_S3_CCURL_SHIM_H

#include <curl/curl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

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

/// Closes a socket, and throws away what the kernel has not got rid of: it would go on sending a request that has been
/// given up, after the function has said that it failed, or when a frozen sandbox thaws, and S3 would carry it out late.
/// The reset also tells the peer not to wait for the rest. Nothing is left to send where a request has been answered, so
/// that such a connection ends as usual, but for TLS's good-bye, which libcurl has just written: `goodbye` points at the
/// size of that.
static inline int ccurl_close_socket(void *goodbye, curl_socket_t socket) {
    int queued = 0;
    if (ioctl(socket, TIOCOUTQ, &queued) == 0 && queued > *(const int *)goodbye) {
        struct linger now = {.l_onoff = 1, .l_linger = 0};
        setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    }
    return close(socket);
}

/// Has connections that this request opens closed so. Each keeps what it was opened with.
static inline void ccurl_discard_unsent(CURL *easy, int is_secure) {
    // A close_notify of TLS 1.3; those of TLS 1.2 are longer, and their connections are reset.
    static const int none = 0, alert = 24;
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, ccurl_close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, is_secure ? &alert : &none);
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

/// The finished transfer that `message` is about, or NULL where it says something else.
static inline CURL *ccurl_finished(const CURLMsg *message, CURLcode *result) {
    if (message->msg != CURLMSG_DONE) return NULL;
    *result = message->data.result;
    return message->easy_handle;
}

#endif
