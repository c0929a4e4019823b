#include "base/cost.h"

#include <math.h>

#define GIB 1073741824.0
#define GIB_STEP 0.5

double cost_gib(double peak_bytes)
{
	return peak_bytes > 0 ? GIB_STEP * ceil(peak_bytes / GIB / GIB_STEP) : COST_GIB_UNKNOWN;
}
