#ifndef KAFKA_TO_S3_CHEAP_SHIM_H
#define KAFKA_TO_S3_CHEAP_SHIM_H

// mallopt, which Swift's Glibc leaves out.
#ifdef __linux__
#include <malloc.h>
#endif

#endif
