/*
 * libconfuse is used for what it is good at: the form, the line numbers, titles that stand there twice. All
 * options are strings to it; types, ranges and defaults are ours (option.c), so that all errors read alike
 * and a later file can override one option of a section that an earlier one has.
 *
 * An included file is read after the one that names it (and its own includes after that): libconfuse's own
 * include stack is ten deep, knows no patterns, and takes names relative to the working directory.
 *
 * It takes the end of a file for the end of any section and comment. So each text gets a call behind it,
 * which must arrive at top level.
 *
 * Its callbacks carry no context: hence the one pointer below, set for the time of parse_files().
 */
#include "config/parse.h"

#include "base/arena.h"
#include "base/str.h"
#include "config/option.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <confuse.h>

#define FILE_MAX (1 << 20)
#define END "end.of.file"
#define END_CALL END "()\n"
#define FILES_MAX 200

struct file {
	const char *path;
	const char *real; /* tells whether a file was read already */
	const char *from; /* the file and line that include it; NULL for the first */
	int from_line;
};

struct reader {
	struct arena *arena;
	struct err *err;
	struct assignment *list;
	size_t count, capacity;
	struct file files[FILES_MAX];
	size_t file_count;
	const struct file *file; /* being read */
	bool ended; /* the call behind its text came */
};

static _Thread_local struct reader *current;

/* what libconfuse calls */

static int fail_at(int line, int code, const char *text)
{
	return err_set(current->err, code, "%s:%d: %s", current->file->path, line, text);
}

static int no_memory(void)
{
	return err_set(current->err, -ENOMEM, "%s: out of memory", current->file->path);
}

static struct assignment *add(void)
{
	struct reader *r = current;
	if (r->count == r->capacity) {
		size_t capacity = r->capacity == 0 ? 64 : r->capacity * 2;
		struct assignment *larger = arena_alloc(r->arena, capacity * sizeof(*larger));
		if (larger == NULL)
			return NULL;
		if (r->count > 0)
			memcpy(larger, r->list, r->count * sizeof(*larger));
		r->list = larger;
		r->capacity = capacity;
	}
	return &r->list[r->count++];
}

static const char *copy(const char *text)
{
	return arena_text(current->arena, text, strlen(text));
}

/* The name of the section that `cfg` is: "" for the file itself. */
static const char *section_of(cfg_t *cfg)
{
	const char *name = cfg_name(cfg);
	return strcmp(name, "root") == 0 ? "" : name;
}

static int too_early(int line)
{
	return fail_at(line, -EINVAL, "the file ends in the middle of something");
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	if (strcmp(value, END) == 0)
		return too_early(cfg->line);
	struct assignment *a = add();
	const char *title = cfg_title(cfg);
	if (a == NULL)
		return no_memory();
	*a = (struct assignment){
		.section = copy(section_of(cfg)),
		.title = copy(title != NULL ? title : ""),
		.name = copy(cfg_opt_name(opt)),
		.value = copy(value),
		.first = cfg_opt_size(opt) == 1,
		.file = current->file->path,
		.line = cfg->line,
	};
	if (a->section == NULL || a->title == NULL || a->name == NULL || a->value == NULL)
		return no_memory();
	*(const char **)result = value;
	return 0;
}

/* The sections, at top level also the options, that may stand in the section. */
static void list_names(struct str *s, const char *section)
{
	size_t count, listed = 0;
	const struct option *table = option_table(&count);
	for (size_t i = 0; i < count; i++) {
		const char *name = NULL;
		if (strcmp(table[i].section, section) == 0)
			name = table[i].name;
		else if (section[0] == '\0' && (i == 0 || strcmp(table[i].section, table[i - 1].section) != 0))
			name = table[i].section;
		if (name != NULL)
			str_printf(s, "%s%s", listed++ > 0 ? ", " : "", name);
	}
	if (section[0] == '\0')
		str_text(s, ", include");
}

static void unknown(cfg_t *cfg, const char *name, struct str *s)
{
	const char *section = section_of(cfg);
	if (strcmp(name, END) == 0) {
		str_printf(s, "the closing brace of section %s is missing", section);
		return;
	}
	str_printf(s, "unknown option \"%s\"%s%s, allowed are ", name, section[0] != '\0' ? " in " : "", section);
	list_names(s, section);
}

static void on_error(cfg_t *cfg, const char *format, va_list args)
{
	if (current->err->code != 0)
		return; /* the first one is the cause */
	struct str s = {0};
	char text[256] = "";
	if (strcmp(format, "no such option '%s'") == 0)
		unknown(cfg, va_arg(args, const char *), &s);
	else
		vsnprintf(text, sizeof(text), format, args);
	if (strstr(text, END) != NULL)
		too_early(cfg->line);
	else
		fail_at(cfg->line, -EINVAL, s.failed ? "out of memory" : s.data != NULL ? s.data : text);
	str_done(&s);
}

static int on_end(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	(void)cfg, (void)opt, (void)argc, (void)argv;
	current->ended = true;
	return 0;
}

/* files */

static int queue_file(const char *path, int line)
{
	struct reader *r = current;
	char real[PATH_MAX];
	if (realpath(path, real) == NULL)
		return err_set(r->err, -errno, "%s:%d: include: %s: %s", r->file->path, line, path, strerror(errno));
	for (size_t i = 0; i < r->file_count; i++)
		if (strcmp(r->files[i].real, real) == 0)
			return err_set(r->err, -EINVAL, "%s:%d: include: %s is read already", r->file->path, line, path);
	if (r->file_count == FILES_MAX)
		return err_set(r->err, -EINVAL, "%s:%d: include: more than %d files", r->file->path, line, FILES_MAX);
	struct file *f = &r->files[r->file_count];
	*f = (struct file){.path = copy(path), .real = copy(real), .from = r->file->path, .from_line = line};
	if (f->path == NULL || f->real == NULL)
		return no_memory();
	r->file_count++;
	return 0;
}

/* The name as it stands there, or below the folder of the file that names it. */
static const char *resolve(const char *name)
{
	const char *slash = strrchr(current->file->path, '/');
	if (name[0] == '/' || slash == NULL)
		return copy(name);
	size_t folder = (size_t)(slash - current->file->path) + 1, length = strlen(name);
	char *path = arena_alloc(current->arena, folder + length + 1);
	if (path == NULL)
		return NULL;
	memcpy(path, current->file->path, folder);
	memcpy(path + folder, name, length + 1);
	return path;
}

/* A folder that is not there has no files; one that may not be read is an error. */
static int on_glob_error(const char *path, int code)
{
	(void)path;
	return code != ENOENT;
}

static int on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	(void)opt;
	if (argc != 1 || argv[0][0] == '\0')
		return fail_at(cfg->line, -EINVAL,
			"include: allowed is one file name or pattern, as in include(\"conf.d/*.conf\")");
	const char *pattern = resolve(argv[0]);
	if (pattern == NULL)
		return no_memory();
	if (strpbrk(pattern, "*?[") == NULL)
		return queue_file(pattern, cfg->line);
	glob_t found = {0};
	int rc = glob(pattern, 0, on_glob_error, &found); /* sorts by name */
	if (rc == GLOB_NOMATCH) {
		rc = 0;
	} else if (rc != 0) {
		rc = rc == GLOB_NOSPACE ? no_memory() : fail_at(cfg->line, -EIO, "include: the folder cannot be read");
	} else {
		for (size_t i = 0; i < found.gl_pathc && rc == 0; i++)
			rc = queue_file(found.gl_pathv[i], cfg->line);
		globfree(&found);
	}
	return rc;
}

static int cannot_read(int code)
{
	const struct file *f = current->file;
	if (f->from != NULL)
		return err_set(
			current->err, code, "%s:%d: include: %s: %s", f->from, f->from_line, f->path, strerror(-code));
	return err_set(current->err, code, "%s: %s", f->path, strerror(-code));
}

/* Whole, into `buffer` of FILE_MAX bytes; returns the length. */
static ssize_t read_file(char *buffer)
{
	int fd = open(current->file->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return cannot_read(-errno);
	ssize_t length = 0, n;
	while ((n = read(fd, buffer + length, (size_t)(FILE_MAX - length))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		length += n;
		if (length == FILE_MAX)
			break;
	}
	int code = n < 0 ? -errno : length == FILE_MAX ? -EFBIG : 0;
	close(fd);
	return code < 0 ? cannot_read(code) : length;
}

/* Text, line by line: libconfuse stops at a NUL and passes the rest on as it is. */
static int check_text(const char *text, size_t length)
{
	int line = 1;
	for (const char *p = text, *end = text + length; p < end; line++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((stop != NULL ? stop : end) - p);
		if (memchr(p, '\0', n) != NULL)
			return fail_at(line, -EINVAL, "a NUL byte; this is no text file");
		if (!utf8_valid(p, n))
			return fail_at(line, -EINVAL, "bytes that are not UTF-8");
		p += n + 1;
	}
	return 0;
}

/* `text` has room for the call behind it. */
static int parse_text(cfg_t *cfg, char *text, size_t length)
{
	if (length > 0 && text[length - 1] != '\n')
		text[length++] = '\n';
	memcpy(text + length, END_CALL, sizeof(END_CALL) - 1);
	free(cfg->filename);
	cfg->filename = strdup(current->file->path);
	FILE *stream = fmemopen(text, length + sizeof(END_CALL) - 1, "r");
	if (cfg->filename == NULL || stream == NULL) {
		if (stream != NULL)
			fclose(stream);
		return no_memory();
	}
	current->ended = false;
	int rc = cfg_parse_fp(cfg, stream);
	fclose(stream);
	if (current->err->code != 0)
		return current->err->code;
	if (rc != CFG_SUCCESS)
		return no_memory(); /* all else it says itself */
	return current->ended ? 0 : too_early(cfg->line);
}

static int parse_file(cfg_t *cfg)
{
	char *text = malloc(FILE_MAX + 1 + sizeof(END_CALL));
	if (text == NULL)
		return no_memory();
	ssize_t length = read_file(text);
	int rc = length < 0 ? (int)length : check_text(text, (size_t)length);
	if (rc == 0)
		rc = parse_text(cfg, text, (size_t)length);
	free(text);
	return rc;
}

/* the options as libconfuse wants them */

#define OPTIONS_MAX 192
#define SECTIONS_MAX 24

static void add_section(cfg_opt_t *top, size_t *top_count, cfg_opt_t *members, const char *name)
{
	assert(*top_count < SECTIONS_MAX);
	int flags = option_is_titled(name) ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;
	top[(*top_count)++] = (cfg_opt_t)CFG_SEC(name, members, flags);
}

static bool is_list(const struct option *o)
{
	return o->type == OPTION_PLAYERS || o->type == OPTION_LIST;
}

/* Sections are neighbours in the table. libconfuse copies what it is given. */
static cfg_t *make_parser(void)
{
	cfg_opt_t top[SECTIONS_MAX + 3], members[OPTIONS_MAX];
	size_t count, top_count = 0, used = 0;
	const struct option *table = option_table(&count);
	for (size_t i = 0; i < count;) {
		const char *section = table[i].section;
		cfg_opt_t *start = section[0] != '\0' ? &members[used] : NULL;
		for (; i < count && strcmp(table[i].section, section) == 0; i++) {
			int flags = CFGF_NODEFAULT | (is_list(&table[i]) ? CFGF_LIST : 0);
			cfg_opt_t option = CFG_STR_CB(table[i].name, NULL, flags, on_value);
			assert(used < OPTIONS_MAX - 1 && top_count < SECTIONS_MAX);
			if (start != NULL)
				members[used++] = option;
			else
				top[top_count++] = option;
		}
		if (start != NULL) {
			members[used++] = (cfg_opt_t)CFG_END();
			add_section(top, &top_count, start, section);
		}
	}
	top[top_count++] = (cfg_opt_t)CFG_FUNC("include", on_include);
	top[top_count++] = (cfg_opt_t)CFG_FUNC(END, on_end);
	top[top_count] = (cfg_opt_t)CFG_END();
	cfg_t *cfg = cfg_init(top, CFGF_NONE);
	if (cfg != NULL)
		cfg_set_error_function(cfg, on_error);
	return cfg;
}

/* Titles too, for a section that sets nothing. */
static int add_titles(cfg_t *cfg)
{
	for (size_t k = 0; k < OPTION_TITLED; k++) {
		for (unsigned i = 0; i < cfg_size(cfg, option_titled[k]); i++) {
			cfg_t *section = cfg_getnsec(cfg, option_titled[k], i);
			struct assignment *a = add();
			if (a == NULL)
				return no_memory();
			*a = (struct assignment){
				.section = option_titled[k],
				.title = copy(cfg_title(section)),
				.name = "",
				.value = "",
				.file = copy(section->filename),
				.line = section->line,
			};
			if (a->title == NULL || a->file == NULL)
				return no_memory();
		}
	}
	return 0;
}

int parse_files(const char *path, struct arena *arena, struct assignment **ret_list, size_t *ret_count, struct err *err)
{
	struct reader r = {.arena = arena, .err = err, .file_count = 1};
	char real[PATH_MAX];
	cfg_t *cfg = NULL;
	r.files[0].path = arena_text(arena, path, strlen(path));
	r.file = &r.files[0];
	err->code = 0;
	current = &r;
	int rc = 0;
	if (r.files[0].path == NULL || (cfg = make_parser()) == NULL) {
		rc = err_set(err, -ENOMEM, "%s: out of memory", path);
		goto out;
	}
	/* A pipe has no real path, and is not included twice either. */
	r.files[0].real = copy(realpath(path, real) != NULL ? real : path);
	if (r.files[0].real == NULL) {
		rc = no_memory();
		goto out;
	}
	for (size_t i = 0; i < r.file_count && rc == 0; i++) {
		r.file = &r.files[i];
		rc = parse_file(cfg);
	}
	if (rc == 0)
		rc = add_titles(cfg);
out:
	if (cfg != NULL)
		cfg_free(cfg);
	current = NULL;
	if (rc < 0)
		return rc;
	*ret_list = r.list;
	*ret_count = r.count;
	return 0;
}
