#include <stddef.h>

#include "admin/areas.h"
#include "admin/context.h"
#include "admin/request.h"
#include "base/str.h"
#include "metrics/metrics.h"

static void metrics_text(struct admin_request *r, struct admin_context *c)
{
	struct str text = {0};
	metrics_print(c->metrics, &text);
	admin_reply(r, text.failed ? NULL : json_pack("{s:s}", "text", text.data));
	str_done(&text);
}

const struct admin_command admin_metrics_commands[] = {
	{.name = "metrics", .role = ADMIN_ROLE_VIEW, .handler = metrics_text, .help = "all figures as Prometheus text"},
	{.name = NULL},
};
