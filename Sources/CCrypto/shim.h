#ifndef KAFKA_TO_S3_CCRYPTO_SHIM_H
#define KAFKA_TO_S3_CCRYPTO_SHIM_H

#include <openssl/evp.h>
#include <openssl/hmac.h>

#endif
