#ifndef KAFKA_TO_S3_CDEFLATE_SHIM_H
#define KAFKA_TO_S3_CDEFLATE_SHIM_H

#include <libdeflate.h>

#endif
