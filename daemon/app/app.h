/* The daemon put together: modules made and wired in order, the loop, and the same order backwards. */
#ifndef APP_APP_H
#define APP_APP_H

#include "base/err.h"

struct app;

/* `config_path` NULL: defaults. The error, which is logged, says what a person must mend; its code is for exit_code()
 * of base/exit_code.h. */
int app_new(const char *config_path, struct app **ret_app, struct err *err);
int app_run(struct app *app); /* until told to stop; the exit code */
void app_free(struct app *app);

#endif
