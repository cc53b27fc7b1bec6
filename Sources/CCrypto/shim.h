#ifndef KAFKA_TO_S3_CCRYPTO_SHIM_H
#define KAFKA_TO_S3_CCRYPTO_SHIM_H

// OpenSSL 3 calls the plain functions for one algorithm deprecated and points to EVP_Digest, whose first call sets up
// providers and the names of all algorithms there are. That takes longer than all else that a start does.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#endif
