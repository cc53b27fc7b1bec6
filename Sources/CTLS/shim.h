#ifndef KAFKA_TO_S3_CTLS_SHIM_H
#define KAFKA_TO_S3_CTLS_SHIM_H

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#endif
