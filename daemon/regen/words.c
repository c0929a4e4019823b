/* What the verdicts of the gate are called, for those who ask. */
#include "regen/regen.h"

const char *gate_name(enum gate_verdict verdict)
{
	static const char *const names[GATE_VERDICTS] = {
		[GATE_OPEN] = "open",
		[GATE_SESSION] = "redis",
		[GATE_DRAIN] = "drain",
		[GATE_PAUSE] = "pause",
		[GATE_ALONE] = "alone",
		[GATE_TROUBLE] = "processor",
		[GATE_PLACE] = "place",
		[GATE_RATE] = "rate",
		[GATE_BURST] = "burst",
		[GATE_REPORT] = "report",
		[GATE_TURN] = "turn",
		[GATE_NO_PHASE] = "no-phase",
		[GATE_DATE] = "date",
		[GATE_ASKED] = "begin",
		[GATE_RUNS] = "run",
		[GATE_BACK_OFF] = "back-off",
		[GATE_SETTLE] = "settle",
		[GATE_BUSY] = "busy",
		[GATE_MUST_ALONE] = "must-alone",
		[GATE_MEMORY] = "memory",
		[GATE_ORDER] = "order",
		[GATE_GIVEN_UP] = "given-up",
		[GATE_NOTHING] = "nothing",
	};
	return verdict < GATE_VERDICTS ? names[verdict] : "";
}
