/*
 * The doctor: the daemon's checks, and those that need none. A daemon that does not answer is a line among the others,
 * and what can be seen from here is then all there is.
 */
#include "cmd_doctor.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts.h"
#include "output.h"
#include "propsd/version.h"
#include "show.h"
#include "table.h"
#include "text.h"

#define CONFIG "/etc/propsd/propsd.conf"
#define STATE "/var/lib/propsd"

enum { NO_COMMAND = 127, DISK_LOW_MB = 500 };

/* `remedy` NULL: the line is fine, or says what to do itself. */
static void add(json_t *checks, const char *level, const char *check, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
static void add(json_t *checks, const char *level, const char *check, const char *remedy, const char *format, ...)
{
	char text[512];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_t *line = json_pack("{s:s, s:s, s:s}", "check", check, "level", level, "text", text);
	if (!line) /* what a program said is not UTF-8 */
		line = json_pack("{s:s, s:s, s:s}", "check", check, "level", level, "text", "said what is not UTF-8");
	if (remedy)
		json_object_set_new(line, "remedy", json_string(remedy));
	json_array_append_new(checks, line);
}

/* --- the daemon's ------------------------------------------------------------------------------------------------ */

static void add_daemon(json_t *checks, const json_t *data)
{
	const char *version = text_of(data, "version");
	if (strcmp(version, PROPSD_VERSION) == 0)
		add(checks, "ok", "propsd", NULL, "answers, version %s, instance %s", version,
			text_of(data, "instance"));
	else
		add(checks, "warning", "propsd", "restart propsd, so that both are of one version",
			"runs version %s, propsctl is %s", version, PROPSD_VERSION);
	json_array_extend(checks, json_object_get(data, "checks"));
}

/* False: it does not answer. */
static bool ask_daemon(struct ctl *ctl, const struct ctl_command *command, json_t *args, json_t *checks)
{
	struct err err;
	json_t *line;
	int r = ctl_try(ctl, command, args, &line, &err);
	if (r == -EACCES) {
		add(checks, "error", "propsd", "run this as root or as a member of propsd-admin", "%s", err.text);
		return false;
	}
	if (r < 0) {
		add(checks, "error", "propsd",
			"systemctl start propsd; if it ends, journalctl -u propsd says why. Elsewhere: --socket", "%s",
			err.text);
		return false;
	}
	if (json_is_true(json_object_get(line, "ok")))
		add_daemon(checks, json_object_get(line, "data"));
	else
		add(checks, "error", "propsd", "restart propsd, so that it and propsctl are of one version", "%s",
			text_of(line, "error"));
	json_decref(line);
	return true;
}

/* --- from here --------------------------------------------------------------------------------------------------- */

/* What a command says, up to the buffer's size; its exit code, -1 where it did not run to its end. */
static int run(const char *command, char *said, size_t size)
{
	FILE *pipe = popen(command, "re");
	size_t length = pipe ? fread(said, 1, size - 1, pipe) : 0;
	said[length] = '\0';
	while (pipe && !feof(pipe) && !ferror(pipe) && fgetc(pipe) != EOF)
		;
	int status = pipe ? pclose(pipe) : -1;
	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A property of `systemctl show`, in the buffer; "" where it is not among them. */
static const char *property(const char *shown, const char *name, char buffer[64])
{
	size_t length = strlen(name);
	buffer[0] = '\0';
	for (const char *line = shown; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, name, length) == 0 && line[length] == '=') {
			snprintf(buffer, 64, "%.*s", (int)strcspn(line + length + 1, "\n"), line + length + 1);
			break;
		}
	}
	return buffer;
}

/* What may be wrong with the unit, first come first told. */
static const struct unit_fault {
	const char *property, *value;
	bool unless; /* any value but this one, and none */
	const char *level, *text, *remedy;
} unit_faults[] = {
	{"LoadState", "not-found", false, "warning", "propsd.service is not installed: nothing starts propsd",
		"cmake --install, then systemctl daemon-reload"},
	{"LoadState", "loaded", true, "error", "systemd cannot read propsd.service",
		"systemctl status propsd; systemd-analyze verify propsd.service"},
	{"ActiveState", "failed", false, "error", "propsd.service has failed",
		"journalctl -u propsd says why; systemctl start propsd when it is mended"},
	{"NeedDaemonReload", "yes", false, "warning", "systemd has not read the unit files anew since they changed",
		"systemctl daemon-reload, then systemctl restart propsd"},
	{"PrivateUsers", "yes", false, "warning",
		"PrivateUsers= hides from propsd who is at the other end of its sockets",
		"systemctl revert propsd, or take that line out of the drop-in"},
	{"ProcSubset", "pid", false, "warning",
		"ProcSubset=pid hides the boot id by which propsd tells whether its name is in use",
		"systemctl revert propsd, or take that line out of the drop-in"},
	{"UnitFileState", "enabled", true, "warning",
		"propsd.service is not enabled: it does not start with the machine", "systemctl enable propsd"},
	{"ActiveState", "active", true, "warning", "propsd.service is not running", "systemctl start propsd"},
};

static void check_units(json_t *checks)
{
	char shown[8192], value[64];
	int code = run("systemctl show --property=LoadState,ActiveState,UnitFileState,NeedDaemonReload,PrivateUsers,"
		       "ProcSubset propsd.service 2>/dev/null",
		shown, sizeof(shown));
	if (code != 0) {
		add(checks, "ok", "units", NULL, "skipped: %s",
			code == NO_COMMAND ? "there is no systemctl" : "systemd does not answer here");
		return;
	}
	for (size_t i = 0; i < sizeof(unit_faults) / sizeof(unit_faults[0]); i++) {
		const struct unit_fault *f = &unit_faults[i];
		property(shown, f->property, value);
		const bool is = strcmp(value, f->value) == 0;
		if (f->unless ? value[0] && !is : is) {
			add(checks, f->level, "units", f->remedy, "%s", f->text);
			return;
		}
	}
	add(checks, "ok", "units", NULL, "propsd.service is installed, enabled and running");
}

static void check_config(json_t *checks)
{
	char said[1024];
	if (access(CONFIG, R_OK) < 0) {
		add(checks, "ok", "configuration", NULL, "skipped: %s: %s", CONFIG, strerror(errno));
		return;
	}
	int code = run(
		"PATH=\"$PATH:/usr/sbin:/sbin\" propsd --config " CONFIG " --check-config 2>&1", said, sizeof(said));
	said[strcspn(said, "\n")] = '\0';
	if (code == 0)
		add(checks, "ok", "configuration", NULL, "%s", said);
	else if (code == NO_COMMAND)
		add(checks, "ok", "configuration", NULL, "skipped: there is no propsd to check it with");
	else
		add(checks, "error", "configuration", "correct it: propsd.conf(5)", "%s", said);
}

static void check_disk(json_t *checks)
{
	struct statvfs fs;
	if (statvfs(STATE, &fs) < 0) {
		add(checks, "ok", "disk", NULL, "skipped: %s: %s", STATE, strerror(errno));
		return;
	}
	const unsigned long long free_mb = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
	if (free_mb < DISK_LOW_MB)
		add(checks, "warning", "disk", "make room there", "%llu MB free in %s", free_mb, STATE);
	else
		add(checks, "ok", "disk", NULL, "%llu MB free in %s", free_mb, STATE);
}

/* --- the command -------------------------------------------------------------------------------------------------- */

static unsigned count_level(const json_t *checks, const char *level)
{
	unsigned count = 0;
	size_t i;
	json_t *line;
	json_array_foreach (checks, i, line)
		count += strcmp(text_of(line, "level"), level) == 0;
	return count;
}

void show_doctor(struct ctl *ctl, json_t *data)
{
	static const struct table_column columns[] = {{"CHECK", 0}, {"IS", 0}, {"WHAT, AND WHAT TO DO", TABLE_WRAP}};
	const json_t *checks = json_object_get(data, "checks");
	struct table *table = table_new(ctl, columns, sizeof(columns) / sizeof(columns[0]));
	size_t i;
	json_t *line;
	json_array_foreach ((json_t *)checks, i, line) {
		const char *level = text_of(line, "level"), *remedy = text_of(line, "remedy");
		table_row(table);
		table_cell(table, 0, "%s", text_of(line, "check"));
		table_cell(table, 1, "%s", level);
		table_cell(table, 2, "%s%s%s", text_of(line, "text"), remedy[0] ? ". To do: " : "", remedy);
		table_color(table, 1, strcmp(level, "ok") == 0 ? TABLE_GOOD : TABLE_BAD);
	}
	table_print(table);
	const unsigned errors = count_level(checks, "error"), warnings = count_level(checks, "warning");
	say(ctl, "%u error%s, %u warning%s.", errors, errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

int cmd_doctor(struct ctl *ctl, const struct ctl_command *command, json_t *args)
{
	json_t *checks = json_array(), *data = json_pack("{s:O}", "checks", checks);
	const bool answers = ask_daemon(ctl, command, args, checks);
	if (!answers) {
		check_config(checks);
		check_disk(checks);
	}
	check_units(checks);
	ctl->output->reply(ctl, command, data, true);
	const unsigned errors = count_level(checks, "error");
	json_decref(checks);
	json_decref(data);
	return errors ? PROPSCTL_FAILED : PROPSCTL_DONE;
}
