/* Inside the model: fingerprints of a stage's inputs, taken piece by piece. */
#ifndef MODEL_FINGERPRINT_H
#define MODEL_FINGERPRINT_H

#include "base/hash.h"
#include "model/model.h"

/* Goes up with every change of what the model computes from equal inputs. */
#define MODEL_VERSION 3

static inline struct fingerprint fingerprint_mix(struct fingerprint f, const void *data, size_t length)
{
	return fingerprint_join(f, fingerprint_of(data, length));
}

static inline struct fingerprint fingerprint_start(enum stage stage)
{
	const uint64_t head[2] = {MODEL_VERSION, (uint64_t)stage};

	return fingerprint_of(head, sizeof(head));
}

/* NANs have many bit patterns; in a fingerprint "unknown" has one. */
static inline float plain_nan(float value)
{
	return value == value ? value : 1e9f;
}

#endif
