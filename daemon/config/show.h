/* How options and values are shown to people. Internal to config/. */
#ifndef CONFIG_SHOW_H
#define CONFIG_SHOW_H

#include "base/str.h"

/* "pool.aging", "tier.star.players", "instance" */
#define CONFIG_KEY_SIZE 96
const char *show_key(const char *section, const char *title, const char *name, char key[CONFIG_KEY_SIZE]);

/* Appends the value; secrets in it are masked. */
void show_value(const char *name, const char *value, struct str *s);

#endif
