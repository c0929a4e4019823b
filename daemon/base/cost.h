/*
 * What work costs where it is billed by the second: instance-seconds x (vCPU x price + GiB x price) + requests x
 * price. Dollars. The defaults are for whoever has no prices of his own: `propsctl analyze`, and the history's
 * estimate.
 */
#ifndef BASE_COST_H
#define BASE_COST_H

/* Google Cloud Run, billed by request in a region of tier 1, November 2026; propsctl(1) has them, too. */
#define COST_VCPU 1.0 /* of an instance */
#define COST_VCPU_PRICE 0.000024 /* of a second */
#define COST_GIB_PRICE 0.0000025 /* of a second */
#define COST_REQUEST_PRICE 0.0000004
#define COST_GIB_UNKNOWN 1.0 /* where it is not known how much memory an instance takes */

struct cost_terms {
	double vcpu, gib; /* of an instance */
	double vcpu_price, gib_price, request_price;
};

static inline double cost_by_the_second(const struct cost_terms *terms, double instance_seconds, double requests)
{
	return instance_seconds * (terms->vcpu * terms->vcpu_price + terms->gib * terms->gib_price) +
	       requests * terms->request_price;
}

/* What a measured peak is rounded up to: memory is bought in halves of a GiB. 0 or less: not known. */
double cost_gib(double peak_bytes);

#endif
