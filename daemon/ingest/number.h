/*
 * Numbers as sources spell them. Exact: no floating point. A minus may be one of Unicode's, and a half may be written "½".
 * Internal to ingest.
 */
#ifndef INGEST_NUMBER_H
#define INGEST_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* [+-]DIGITS[.DIGIT[DIGIT]|½] as hundredths; NULL or what is wrong. No exponents, no bare point: one obvious spelling.
 * What is larger than any range comes back as something that is, too. */
const char *number_hundredths(const char *text, size_t length, int64_t *ret_hundredths);

/*
 * A decimal price, 1.01 to 1001, as the American one that is nearest: 100 (d - 1) from 2 on, -100 / (d - 1) below, a
 * half away from zero, and 100 for what would be -100. 1.91 is -110. Decimals behind the sixth count for nothing. False:
 * it is none.
 */
bool number_decimal_price(const char *text, size_t length, int32_t *ret_price);

#endif
